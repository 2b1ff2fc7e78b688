import type { Access, ResourceAccess } from "../access.ts";
import type { UserInfo } from "../verbs.ts";

/** How much of a request is kept, from nothing to all (`audit.k8s.io/v1` `Level`). */
export const AUDIT_LEVELS = ["None", "Metadata", "Request", "RequestResponse"] as const;
export type AuditLevel = (typeof AUDIT_LEVELS)[number];

/** When an event is written (`audit.k8s.io/v1` `Stage`). */
export const AUDIT_STAGES = [
  "RequestReceived",
  "ResponseStarted",
  "ResponseComplete",
  "Panic",
] as const;
export type AuditStage = (typeof AUDIT_STAGES)[number];

/** `GroupResources`: of one group all that is named, or everything. */
export interface AuditResources {
  readonly group?: string;
  /** `pods`, `pods/log`, `pods/*`, every scale, `*` */
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** `audit.k8s.io/v1` `PolicyRule`; what is not given fits everything. */
export interface AuditRule {
  readonly level: AuditLevel;
  readonly users?: readonly string[];
  readonly userGroups?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resources?: readonly AuditResources[];
  readonly namespaces?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly omitStages?: readonly AuditStage[];
  readonly omitManagedFields?: boolean;
}

/** `audit.k8s.io/v1` `Policy`: the first rule that fits decides. */
export interface AuditPolicy {
  readonly rules: readonly AuditRule[];
  readonly omitStages?: readonly AuditStage[];
  readonly omitManagedFields?: boolean;
}

/** What a policy says of one request. */
export interface AuditDecision {
  readonly level: AuditLevel;
  readonly omitStages: ReadonlySet<AuditStage>;
  readonly omitManagedFields: boolean;
}

interface Attributes {
  /** Absent where nobody proved to be anybody. */
  readonly user: UserInfo | undefined;
  readonly access: Access;
}

/** What is kept of a request; nothing of one that no rule fits (apiserver `audit/policy`). */
export function auditDecision(policy: AuditPolicy, attributes: Attributes): AuditDecision {
  const rule = policy.rules.find((one) => fits(one, attributes));
  return {
    level: rule?.level ?? "None",
    omitStages: new Set([...(policy.omitStages ?? []), ...(rule?.omitStages ?? [])]),
    omitManagedFields: rule?.omitManagedFields ?? policy.omitManagedFields ?? false,
  };
}

const isEmpty = (list: readonly unknown[] | undefined): boolean => (list ?? []).length === 0;

function fits(rule: AuditRule, { user, access }: Attributes): boolean {
  const { users, userGroups = [], verbs, namespaces, resources, nonResourceURLs } = rule;
  if (!isEmpty(users) && !(user && users?.includes(user.name))) return false;
  if (!isEmpty(userGroups) && !userGroups.some((one) => user?.groups.includes(one))) return false;
  if (!isEmpty(verbs) && !verbs?.includes(access.verb)) return false;
  if (!isEmpty(namespaces) || !isEmpty(resources)) {
    return !("path" in access) && fitsResource(rule, access);
  }
  if (isEmpty(nonResourceURLs)) return true;
  return "path" in access && (nonResourceURLs ?? []).some((url) => fitsPath(url, access.path));
}

function fitsPath(url: string, path: string): boolean {
  return url.endsWith("*") ? path.startsWith(url.slice(0, -1)) : path === url;
}

function fitsResource({ namespaces, resources = [] }: AuditRule, access: ResourceAccess): boolean {
  if (!isEmpty(namespaces) && !namespaces?.includes(access.namespace)) return false;
  return resources.length === 0 || resources.some((one) => fitsGroup(one, access));
}

function fitsGroup(
  { group = "", resources = [], resourceNames = [] }: AuditResources,
  access: ResourceAccess,
): boolean {
  if (group !== access.group) return false;
  if (resources.length === 0) return true;
  if (resourceNames.length > 0 && !resourceNames.includes(access.name)) return false;
  const { resource, subresource } = access;
  const whole = subresource === "" ? resource : `${resource}/${subresource}`;
  return resources.some(
    (one) =>
      one === "*" ||
      one === whole ||
      one === `${resource}/*` ||
      (subresource !== "" && one === `*/${subresource}`),
  );
}
