import type { Access } from "#api/access.ts";
import { AccessRefused } from "#api/access-refused.ts";
import { aggregated } from "#api/aggregate.ts";
import type { StatusError } from "#api/status.ts";
import type { UserInfo } from "#api/verbs.ts";
import type { NodeAuthorizer } from "./node-authorizer.ts";
import { nodeNameOf } from "./node-identity.ts";
import type { Grant, RbacIndex } from "./rbac-index.ts";
import { allows } from "./rule.ts";

/** Members may do everything, whatever roles there are. */
const SUPERUSERS = "system:masters";

/** What an authorizer says, and why; the reason may be `""`. */
export interface AccessDecision {
  readonly allowed: boolean;
  readonly reason: string;
}

/** True for users that no role can stop. */
export function isSuperuser({ groups }: UserInfo): boolean {
  return groups.includes(SUPERUSERS);
}

interface Deciders {
  readonly roles: RbacIndex;
  readonly nodes: NodeAuthorizer;
}

/** Decides who may do what: superusers everything, nodes what is theirs, and all what their roles say. */
export class Authorizer {
  readonly #roles: RbacIndex;
  readonly #nodes: NodeAuthorizer;

  constructor({ roles, nodes }: Deciders) {
    this.#roles = roles;
    this.#nodes = nodes;
  }

  decide(user: UserInfo, access: Access): AccessDecision {
    if (isSuperuser(user)) return ALLOWED;
    const node = nodeNameOf(user);
    const refusal = node === undefined ? "" : this.#nodes.refusal(node, access);
    if (refusal === undefined) return ALLOWED;
    const byRole = this.#byRole(user, access);
    if (byRole.allowed || refusal === "") return byRole;
    return { allowed: false, reason: [refusal, byRole.reason].filter(Boolean).join("\n") };
  }

  #byRole(user: UserInfo, access: Access): AccessDecision {
    const namespace = "path" in access ? "" : access.namespace;
    const grant = this.#roles.find({ user, namespace }, (rule) => allows(rule, access));
    if (grant) return { allowed: true, reason: `RBAC: allowed by ${described(grant)}` };
    const { missing } = this.#roles.of(user, namespace);
    return { allowed: false, reason: missing.length > 0 ? `RBAC: ${aggregated(missing)}` : "" };
  }

  /** Says why the user may do it. @throws StatusError 403 in Kubernetes' words. */
  authorize(user: UserInfo, access: Access): string {
    if (isSuperuser(user)) return "";
    const { allowed, reason } = this.decide(user, access);
    if (!allowed) throw forbiddenAccess({ user, access, reason });
    return reason;
  }
}

const ALLOWED: AccessDecision = { allowed: true, reason: "" };

function described({ binding, role, subject }: Grant): string {
  const { kind, namespace, name } = binding;
  const which = namespace === "" ? name : `${name}/${namespace}`;
  const who =
    subject.kind === "ServiceAccount"
      ? `${subject.name}/${subject.namespace || namespace}`
      : subject.name;
  return `${kind} "${which}" of ${role.kind} "${role.name}" to ${subject.kind} "${who}"`;
}

interface Refusal {
  readonly user: UserInfo;
  readonly access: Access;
  readonly reason: string;
}

/** apiserver `responsewriters.ForbiddenStatusError` */
function forbiddenAccess({ user, access, reason }: Refusal): StatusError {
  const why = reason === "" ? wish(user, access) : `${wish(user, access)}: ${reason}`;
  if ("path" in access) return new AccessRefused(`forbidden: ${why}`, { why: reason, details: {} });
  const { group, resource, name } = access;
  const what = group === "" ? resource : `${resource}.${group}`;
  const which = name === "" ? what : `${what} "${name}"`;
  return new AccessRefused(`${which} is forbidden: ${why}`, {
    why: reason,
    details: { ...(name !== "" && { name }), ...(group !== "" && { group }), kind: resource },
  });
}

function wish({ name }: UserInfo, access: Access): string {
  const start = `User "${name}" cannot ${access.verb}`;
  if ("path" in access) return `${start} path "${access.path}"`;
  const { group, resource, subresource, namespace } = access;
  const path = subresource === "" ? resource : `${resource}/${subresource}`;
  const where = namespace === "" ? "at the cluster scope" : `in the namespace "${namespace}"`;
  return `${start} resource "${path}" in API group "${group}" ${where}`;
}
