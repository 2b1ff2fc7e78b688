import { type FieldError, invalid, required } from "../field-error.ts";
import { held } from "../held/held-json.ts";
import type { ResourceQuota } from "../object.ts";
import { isQuotaResource, validateAmount, validateQuotaResource } from "./resources.ts";

type Spec = NonNullable<ResourceQuota["spec"]>;
type Requirement = NonNullable<NonNullable<Spec["scopeSelector"]>["matchExpressions"]>[number];

const SCOPES: readonly string[] = [
  "Terminating",
  "NotTerminating",
  "BestEffort",
  "NotBestEffort",
  "PriorityClass",
  "CrossNamespacePodAffinity",
  "VolumeAttributesClass",
];

const OF_PODS: ReadonlySet<string> = new Set([
  "pods",
  "cpu",
  "memory",
  "requests.cpu",
  "requests.memory",
  "limits.cpu",
  "limits.memory",
]);
const OF_CLAIMS: ReadonlySet<string> = new Set(["persistentvolumeclaims", "requests.storage"]);

/** True where a scope says something about a resource: scopes are about pods, or about claims. */
function appliesTo(scope: string, resource: string): boolean {
  switch (scope) {
    case "Terminating":
    case "NotTerminating":
    case "NotBestEffort":
    case "PriorityClass":
    case "CrossNamespacePodAffinity":
      return OF_PODS.has(resource);
    case "BestEffort":
      return resource === "pods";
    case "VolumeAttributesClass":
      return OF_CLAIMS.has(resource);
    default:
      return true;
  }
}

const CONFLICTS = [
  ["BestEffort", "NotBestEffort"],
  ["NotTerminating", "Terminating"],
] as const;

/** Errors of a ResourceQuota after defaulting. */
export function validateResourceQuota({ spec = {} }: ResourceQuota): FieldError[] {
  return [
    ...validateAmounts(spec.hard, "spec.hard"),
    ...validateScopes(spec, "spec.scopes"),
    ...validateSelector(spec, "spec.scopeSelector.matchExpressions"),
  ];
}

function validateAmounts(
  amounts: Readonly<Record<string, string>> | undefined,
  path: string,
): FieldError[] {
  return Object.entries(amounts ?? {}).flatMap(([name, amount]) => [
    ...validateQuotaResource(name, `${path}[${name}]`),
    ...validateAmount(`${path}[${name}]`, { name, amount }),
  ]);
}

const boundedBy = ({ hard = {} }: Spec, scope: string) =>
  Object.keys(hard)
    .sort()
    .filter((resource) => isQuotaResource(resource) && !appliesTo(scope, resource));

function conflicts(scopes: readonly string[]) {
  return CONFLICTS.filter((pair) => pair.every((scope) => scopes.includes(scope)));
}

function validateScopes(spec: Spec, path: string): FieldError[] {
  const { scopes = [] } = spec;
  const broken = (detail: string) => invalid(path, { value: scopes, detail });
  const errors = scopes.flatMap((scope) => [
    ...(SCOPES.includes(scope) ? [] : [broken("unsupported scope")]),
    ...boundedBy(spec, scope).map(() => broken("unsupported scope applied to resource")),
  ]);
  return [...errors, ...conflicts(scopes).map(() => broken("conflicting scopes"))];
}

const EXISTS_ONLY: readonly string[] = [
  "BestEffort",
  "NotBestEffort",
  "Terminating",
  "NotTerminating",
  "CrossNamespacePodAffinity",
];

function validateSelector(spec: Spec, path: string): FieldError[] {
  const { matchExpressions = [] } = spec.scopeSelector ?? {};
  const errors = matchExpressions.flatMap((requirement) => [
    ...validateScope(spec, requirement, path),
    ...validateOperator(requirement, path),
  ]);
  const scopes = matchExpressions.map(({ scopeName }) => scopeName);
  const rule = { value: spec.scopes ?? null, detail: "conflicting scopes" };
  return [...errors, ...conflicts(scopes).map(() => invalid(path, rule))];
}

function validateScope(spec: Spec, { scopeName }: Requirement, path: string): FieldError[] {
  const errors = SCOPES.includes(scopeName)
    ? []
    : [invalid(`${path}.scopeName`, { value: scopeName, detail: "unsupported scope" })];
  const detail = "unsupported scope applied to resource";
  const value = held("io.k8s.api.core.v1.ScopeSelector", spec.scopeSelector ?? {});
  return [...errors, ...boundedBy(spec, scopeName).map(() => invalid(path, { value, detail }))];
}

function validateOperator(requirement: Requirement, path: string): FieldError[] {
  const { scopeName, operator, values = [] } = requirement;
  const errors: FieldError[] = [];
  if (EXISTS_ONLY.includes(scopeName) && operator !== "Exists") {
    const detail =
      "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
    errors.push(invalid(`${path}.operator`, { value: operator, detail }));
  }
  switch (operator) {
    case "In":
    case "NotIn": {
      const detail =
        "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
      return values.length > 0 ? errors : [...errors, required(`${path}.values`, detail)];
    }
    case "Exists":
    case "DoesNotExist": {
      if (values.length === 0) return errors;
      const detail =
        "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
      return [...errors, invalid(`${path}.values`, { value: values, detail })];
    }
    default: {
      const detail = "not a valid selector operator";
      return [...errors, invalid(`${path}.operator`, { value: operator, detail })];
    }
  }
}

/** Errors of a change: what is counted does not change. */
export function validateResourceQuotaUpdate(
  next: ResourceQuota,
  current: ResourceQuota,
): FieldError[] {
  const value = next.spec?.scopes;
  const sorted = (scopes: readonly string[] = []) => [...new Set(scopes)].sort();
  if (Bun.deepEquals(sorted(value), sorted(current.spec?.scopes))) return [];
  return [invalid("spec.scopes", { value: value ?? null, detail: "field is immutable" })];
}

/** Errors of what was counted. */
export function validateResourceQuotaStatus({ status }: ResourceQuota): FieldError[] {
  return [
    ...validateAmounts(status?.hard, "status.hard"),
    ...validateAmounts(status?.used, "status.used"),
  ];
}
