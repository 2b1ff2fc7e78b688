import { type FieldError, invalid, notSupported, required } from "../field-error.ts";
import { held } from "../held/held-json.ts";
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from "../object.ts";
import { each, formatted, validateLabelSelector } from "./common.ts";
import { requiredSegment } from "./references.ts";

type Rule = NonNullable<Role["rules"]>[number];
type Subject = NonNullable<RoleBinding["subjects"]>[number];
type Binding = Pick<RoleBinding, "roleRef" | "subjects">;

const GROUP = "rbac.authorization.k8s.io";

interface Scope {
  readonly namespaced: boolean;
}

export function validateRole({ rules }: Role): FieldError[] {
  return each(rules, "rules", (rule, at) => validateRule(rule, at, { namespaced: true }));
}

export function validateClusterRole({ rules, aggregationRule }: ClusterRole): FieldError[] {
  const errors = each(rules ?? [], "rules", (rule, at) =>
    validateRule(rule, at, { namespaced: false }),
  );
  if (!aggregationRule) return errors;
  const path = "aggregationRule.clusterRoleSelectors";
  const { clusterRoleSelectors: selectors = [] } = aggregationRule;
  if (selectors.length === 0) {
    const why = "at least one clusterRoleSelector required if aggregationRule is non-nil";
    errors.push(required(path, why));
  }
  return [
    ...errors,
    ...each(selectors, path, (selector, at) => {
      const found = validateLabelSelector(selector, at);
      if (found.length === 0) return [];
      return [...found, invalid(at, { value: null, detail: "invalid label selector." })];
    }),
  ];
}

/** Errors of one rule of a role (`ValidatePolicyRule`). */
function validateRule(rule: Rule, path: string, { namespaced }: Scope): FieldError[] {
  const { verbs = [], apiGroups = [], resources = [], resourceNames = [] } = rule;
  const { nonResourceURLs: urls = [] } = rule;
  const errors: FieldError[] = [];
  if (verbs.length === 0) {
    errors.push(required(`${path}.verbs`, "verbs must contain at least one value"));
  }
  if (urls.length > 0) {
    const refuse = (detail: string) =>
      errors.push(invalid(`${path}.nonResourceURLs`, { value: urls, detail }));
    if (namespaced) refuse("namespaced rules cannot apply to non-resource URLs");
    if (apiGroups.length + resources.length + resourceNames.length > 0) {
      refuse("rules cannot apply to both regular resources and non-resource URLs");
    }
    return errors;
  }
  if (apiGroups.length === 0) {
    const why = "resource rules must supply at least one api group";
    errors.push(required(`${path}.apiGroups`, why));
  }
  if (resources.length === 0) {
    errors.push(required(`${path}.resources`, "resource rules must supply at least one resource"));
  }
  return errors;
}

export function validateRoleBinding(binding: RoleBinding): FieldError[] {
  return validateBinding(binding, { namespaced: true });
}

export function validateClusterRoleBinding(binding: ClusterRoleBinding): FieldError[] {
  return validateBinding(binding, { namespaced: false });
}

function validateBinding({ roleRef, subjects }: Binding, scope: Scope): FieldError[] {
  const { apiGroup = "", kind = "", name } = roleRef ?? {};
  const kinds = scope.namespaced ? ["Role", "ClusterRole"] : ["ClusterRole"];
  return [
    ...oneOfOnly("roleRef.apiGroup", { value: apiGroup, supported: [GROUP] }),
    ...oneOfOnly("roleRef.kind", { value: kind, supported: kinds }),
    ...requiredSegment(name, "roleRef.name"),
    ...each(subjects, "subjects", (subject, at) => validateSubject(subject, at, scope)),
  ];
}

function oneOfOnly(
  path: string,
  { value, supported }: { value: string; supported: readonly string[] },
): FieldError[] {
  return supported.includes(value) ? [] : [notSupported(path, { value, supported })];
}

function validateSubject(subject: Subject, path: string, { namespaced }: Scope): FieldError[] {
  const { kind = "", name = "", apiGroup = "", namespace = "" } = subject;
  const at = `${path}.name`;
  const errors = name === "" ? [required(at)] : [];
  switch (kind) {
    case "ServiceAccount":
      errors.push(
        ...formatted(at, { value: name, as: "subdomain" }),
        ...oneOfOnly(`${path}.apiGroup`, { value: apiGroup, supported: [""] }),
      );
      return namespaced || namespace !== "" ? errors : [...errors, required(`${path}.namespace`)];
    case "User":
    case "Group":
      return [...errors, ...oneOfOnly(`${path}.apiGroup`, { value: apiGroup, supported: [GROUP] })];
    default: {
      const supported = ["ServiceAccount", "User", "Group"];
      return [...errors, notSupported(`${path}.kind`, { value: kind, supported })];
    }
  }
}

/** Errors of a change: a binding stays one of the same role. */
export function validateBindingUpdate(next: Binding, current: Binding): FieldError[] {
  const { roleRef } = next;
  if (Bun.deepEquals(roleRef, current.roleRef)) return [];
  const value = held("io.k8s.api.rbac.v1.RoleRef", roleRef ?? {});
  return [invalid("roleRef", { value, detail: "cannot change roleRef" })];
}
