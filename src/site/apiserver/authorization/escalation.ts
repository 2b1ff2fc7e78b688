import { accessTo } from "#api/access.ts";
import type { ClusterRole, KubeObject, PolicyRule, RoleRef } from "#api/object.ts";
import { nameOf, namespaceOf } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import { CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES } from "#api/resources.ts";
import { forbidden } from "#api/status.ts";
import type { UserInfo } from "#api/verbs.ts";
import { type Authorizer, isSuperuser } from "./authorizer.ts";
import { describeRules, quotedList, uncovered } from "./coverage.ts";
import type { RbacIndex } from "./rbac-index.ts";

const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

/** A role or binding that somebody writes. */
interface Attempt<T extends KubeObject> {
  readonly user: UserInfo;
  readonly object: T;
  /** The version that it replaces. */
  readonly current?: T | undefined;
}

interface Role extends KubeObject {
  rules?: PolicyRule[] | null;
  aggregationRule?: ClusterRole["aggregationRule"];
}

interface Binding extends KubeObject {
  roleRef?: RoleRef;
}

/**
 * Nobody gives away what he does not have (pkg/registry/rbac/…/policybased): whoever writes a role
 * or a binding must hold all that it grants, or may `escalate` or `bind` that role.
 */
export class EscalationGuard {
  readonly #authorizer: Authorizer;
  readonly #roles: RbacIndex;

  constructor({ authorizer, roles }: { authorizer: Authorizer; roles: RbacIndex }) {
    this.#authorizer = authorizer;
    this.#roles = roles;
  }

  /** @throws StatusError 403 */
  checkRole({ user, object, current }: Attempt<Role>): void {
    const resource = namespaceOf(object) === "" ? CLUSTER_ROLES : ROLES;
    if (this.#mayPass({ user, object, current })) return;
    if (this.#may(user, { resource, object, verb: "escalate" })) return;
    this.#confirm({ user, object, resource }, object.rules ?? []);
    if (object.aggregationRule === undefined && current?.aggregationRule === undefined) return;
    const { rules } = this.#roles.of(user, "");
    if (uncovered(rules, EVERYTHING).length === 0) return;
    const why = "must have cluster-admin privileges to use the aggregationRule";
    throw forbidden({ resource, name: nameOf(object) }, { why });
  }

  /** @throws StatusError 403; 404 when a role is bound that is not there. */
  checkBinding({ user, object, current }: Attempt<Binding>): void {
    const namespace = namespaceOf(object);
    const { roleRef } = object;
    // What is wrong with a binding is found out after this.
    if (roleRef === undefined || this.#mayPass({ user, object, current })) return;
    const role = roleRef.kind === "Role" ? ROLES : CLUSTER_ROLES;
    const bound = { metadata: { name: roleRef.name, namespace } };
    if (this.#may(user, { resource: role, object: bound, verb: "bind" })) return;
    const resource = namespace === "" ? CLUSTER_ROLE_BINDINGS : ROLE_BINDINGS;
    this.#confirm({ user, object, resource }, this.#roles.rulesOf(roleRef, namespace));
  }

  #mayPass({ user, object, current }: Attempt<KubeObject>): boolean {
    return isSuperuser(user) || (current !== undefined && onlyForCollection(object, current));
  }

  #may(
    user: UserInfo,
    { resource, object, verb }: { resource: Resource; object: KubeObject; verb: string },
  ): boolean {
    const target = { resource, namespace: namespaceOf(object), name: nameOf(object) };
    return this.#authorizer.decide(user, accessTo(target, verb)).allowed;
  }

  #confirm(
    { user, object, resource }: { user: UserInfo; object: KubeObject; resource: Resource },
    wanted: readonly PolicyRule[],
  ): void {
    const { rules, missing } = this.#roles.of(user, namespaceOf(object));
    const lacking = uncovered(rules, wanted);
    if (lacking.length === 0) return;
    const who = `user ${JSON.stringify(user.name)} (groups=${quotedList(user.groups)})`;
    const unresolved = missing.length > 0 ? `; resolution errors: [${missing.join(" ")}]` : "";
    const why = `${who} is attempting to grant RBAC permissions not currently held:\n${describeRules(lacking).join("\n")}${unresolved}`;
    throw forbidden({ resource, name: nameOf(object) }, { why });
  }
}

/** True for a change of owners and finalizers alone: the garbage collector grants nothing. */
function onlyForCollection(next: KubeObject, current: KubeObject): boolean {
  const rest = ({ metadata, ...others }: KubeObject): object => ({
    ...others,
    metadata: {
      ...metadata,
      ownerReferences: undefined,
      finalizers: undefined,
      managedFields: undefined,
    },
  });
  return Bun.deepEquals(rest(next), rest(current));
}
