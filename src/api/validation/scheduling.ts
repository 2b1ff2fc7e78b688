import {
  type FieldError,
  forbidden,
  invalid,
  invalidAll,
  notSupported,
  required,
} from "../field-error.ts";
import { held } from "../held/held-json.ts";
import { validateLabelKey } from "../metadata.ts";
import { dns1123Label, dns1123Subdomain, labelValue } from "../names.ts";
import type { PodSpec } from "../object.ts";
import { each, validateLabelSelector, validateSetOperator } from "./common.ts";
import { validateLabelKeys } from "./label-keys.ts";

type Toleration = NonNullable<PodSpec["tolerations"]>[number];
type Affinity = NonNullable<PodSpec["affinity"]>;
type NodeAffinity = NonNullable<Affinity["nodeAffinity"]>;
type NodeSelectorTerm = NonNullable<
  NodeAffinity["requiredDuringSchedulingIgnoredDuringExecution"]
>["nodeSelectorTerms"][number];
type Requirement = NonNullable<NodeSelectorTerm["matchExpressions"]>[number];
type PodAffinity = NonNullable<Affinity["podAffinity"]>;
type PodAffinityTerm = NonNullable<
  PodAffinity["requiredDuringSchedulingIgnoredDuringExecution"]
>[number];

export const TAINT_EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"] as const;

/** Errors of a pod's tolerations. */
export function validateTolerations(
  tolerations: readonly Toleration[] | undefined,
  path: string,
): FieldError[] {
  return each(tolerations, path, (toleration, at) => {
    const { key = "", operator = "", effect = "", tolerationSeconds } = toleration;
    const errors = key === "" ? [] : validateLabelKey(key, `${at}.key`);
    if (key === "" && operator !== "Exists") {
      const detail =
        'operator must be Exists when `key` is empty, which means "match all values and all keys"';
      errors.push(invalid(`${at}.operator`, { value: operator, detail }));
    }
    if (tolerationSeconds !== undefined && effect !== "NoExecute") {
      const detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
      errors.push(invalid(`${at}.effect`, { value: effect, detail }));
    }
    errors.push(...validateTolerationOperator(toleration, `${at}.operator`));
    const supported: readonly string[] = TAINT_EFFECTS;
    if (effect !== "" && !supported.includes(effect)) {
      errors.push(notSupported(`${at}.effect`, { value: effect, supported }));
    }
    return errors;
  });
}

function validateTolerationOperator(toleration: Toleration, path: string): FieldError[] {
  const { operator = "", value = "" } = toleration;
  if (operator === "" || operator === "Equal") {
    const details = labelValue(value);
    return details.length === 0 ? [] : [invalid(path, { value, detail: details.join(";") })];
  }
  if (operator !== "Exists") {
    return [notSupported(path, { value: operator, supported: ["Equal", "Exists"] })];
  }
  const detail = "value must be empty when `operator` is 'Exists'";
  if (value === "") return [];
  return [invalid(path, { value: held("io.k8s.api.core.v1.Toleration", toleration), detail })];
}

function validateRequirement(requirement: Requirement, path: string): FieldError[] {
  const { key, operator, values } = requirement;
  const errors =
    operator === "Gt" || operator === "Lt"
      ? validateBound(values ?? [], path)
      : validateSetOperator(requirement, path);
  return [...errors, ...validateLabelKey(key, `${path}.key`)];
}

function validateBound(values: readonly string[], path: string): FieldError[] {
  if (values.length === 1) return [];
  const detail = "must be specified single value when `operator` is 'Lt' or 'Gt'";
  return [required(`${path}.values`, detail)];
}

function validateFieldRequirement(requirement: Requirement, path: string): FieldError[] {
  const { key, operator, values = [] } = requirement;
  const errors: FieldError[] = [];
  if (operator !== "In" && operator !== "NotIn") {
    const detail = "not a valid selector operator";
    errors.push(invalid(`${path}.operator`, { value: operator, detail }));
  } else if (values.length !== 1) {
    const detail =
      "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
    errors.push(required(`${path}.values`, detail));
  }
  if (key !== "metadata.name") {
    const detail = "not a valid field selector key";
    return [...errors, invalid(`${path}.key`, { value: key, detail })];
  }
  const names = each(values, `${path}.values`, (value, at) =>
    invalidAll(at, { value, details: dns1123Subdomain(value) }),
  );
  return [...errors, ...names];
}

function validateNodeTerm(term: NodeSelectorTerm, path: string): FieldError[] {
  return [
    ...each(term.matchExpressions, `${path}.matchExpressions`, validateRequirement),
    ...each(term.matchFields, `${path}.matchFields`, validateFieldRequirement),
  ];
}

function validateWeight(weight: number, path: string): FieldError[] {
  if (weight > 0 && weight <= 100) return [];
  return [invalid(`${path}.weight`, { value: weight, detail: "must be in the range 1-100" })];
}

/** Errors of which nodes are meant: by one of some terms. */
export function validateNodeSelector(
  { nodeSelectorTerms: terms }: { readonly nodeSelectorTerms?: readonly NodeSelectorTerm[] },
  path: string,
): FieldError[] {
  const at = `${path}.nodeSelectorTerms`;
  if (terms?.length) return each(terms, at, validateNodeTerm);
  return [required(at, "must have at least one node selector term")];
}

/** No node has a label of a value that labels cannot have: a pod would wait for it for ever. */
export function validateNodeValues(
  { nodeSelectorTerms }: { readonly nodeSelectorTerms?: readonly NodeSelectorTerm[] },
  path: string,
): FieldError[] {
  return each(nodeSelectorTerms, `${path}.nodeSelectorTerms`, ({ matchExpressions }, term) =>
    each(matchExpressions, `${term}.matchExpressions`, ({ values }, at) =>
      each(values, `${at}.values`, (value, where) =>
        invalidAll(where, { value, details: labelValue(value) }),
      ),
    ),
  );
}

function validateNodeAffinity(affinity: NodeAffinity, path: string): FieldError[] {
  const {
    requiredDuringSchedulingIgnoredDuringExecution: must,
    preferredDuringSchedulingIgnoredDuringExecution: wish,
  } = affinity;
  const at = `${path}.requiredDuringSchedulingIgnoredDuringExecution`;
  const errors = must ? [...validateNodeSelector(must, at), ...validateNodeValues(must, at)] : [];
  const wishes = `${path}.preferredDuringSchedulingIgnoredDuringExecution`;
  return [
    ...errors,
    ...each(wish, wishes, ({ weight, preference }, at) => [
      ...validateWeight(weight, at),
      ...validateNodeTerm(preference, `${at}.preference`),
    ]),
  ];
}

function validatePodTerm(term: PodAffinityTerm, path: string): FieldError[] {
  const { labelSelector, namespaceSelector, namespaces, topologyKey } = term;
  const errors = [
    ...validateLabelSelector(labelSelector, `${path}.labelSelector`),
    ...validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`),
  ];
  for (const value of namespaces ?? []) {
    errors.push(...invalidAll(`${path}.namespace`, { value, details: dns1123Label(value) }));
  }
  errors.push(...validateLabelKeys(term, path));
  if (!topologyKey) errors.push(required(`${path}.topologyKey`, "can not be empty"));
  return [...errors, ...validateLabelKey(topologyKey ?? "", `${path}.topologyKey`)];
}

function validatePodAffinity(affinity: PodAffinity, path: string): FieldError[] {
  const {
    requiredDuringSchedulingIgnoredDuringExecution: must,
    preferredDuringSchedulingIgnoredDuringExecution: wish,
  } = affinity;
  const wishes = `${path}.preferredDuringSchedulingIgnoredDuringExecution`;
  return [
    ...each(must, `${path}.requiredDuringSchedulingIgnoredDuringExecution`, validatePodTerm),
    ...each(wish, wishes, ({ weight, podAffinityTerm }, at) => [
      ...validateWeight(weight, at),
      ...validatePodTerm(podAffinityTerm, `${at}.podAffinityTerm`),
    ]),
  ];
}

/** Errors of a pod's affinity to nodes and other pods. */
export function validateAffinity(affinity: Affinity | undefined, path: string): FieldError[] {
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity ?? {};
  return [
    ...(nodeAffinity ? validateNodeAffinity(nodeAffinity, `${path}.nodeAffinity`) : []),
    ...(podAffinity ? validatePodAffinity(podAffinity, `${path}.podAffinity`) : []),
    ...(podAntiAffinity ? validatePodAffinity(podAntiAffinity, `${path}.podAntiAffinity`) : []),
  ];
}

/** A pod may come to tolerate more, and each taint for another time, but never less. */
export function validateTolerationsUpdate(
  next: readonly Toleration[],
  current: readonly Toleration[],
  path: string,
): FieldError[] {
  const bare = ({ tolerationSeconds: _, ...rest }: Toleration) => rest;
  const kept = current.every((old) => next.some((now) => Bun.deepEquals(bare(now), bare(old))));
  if (kept) return [];
  const detail = "existing toleration can not be modified except its tolerationSeconds";
  return [forbidden(path, detail)];
}
