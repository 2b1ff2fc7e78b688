import type { KubeObject, PolicyRule, RoleRef, Subject } from "#api/object.ts";
import { nameOf, namespaceOf } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import { CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES } from "#api/resources.ts";
import { notFound } from "#api/status.ts";
import type { UserInfo } from "#api/verbs.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { collectionOf, eventOf, itemOf } from "../kind.ts";

/** A role that a binding gives to one of its subjects. */
export interface Grant {
  readonly binding: { readonly kind: string; readonly namespace: string; readonly name: string };
  readonly role: RoleRef;
  readonly subject: Subject;
}

/** What a user was given, role by role, and what is wrong with roles that are bound and not there. */
export interface Grants {
  readonly rules: readonly PolicyRule[];
  readonly missing: readonly string[];
}

interface Binding extends KubeObject {
  roleRef: RoleRef;
  subjects?: Subject[];
}

interface Role extends KubeObject {
  rules?: PolicyRule[];
}

/** Namespace (`""`: everywhere) → binding → its grant to one subject. */
type GrantsByNamespace = Map<string, Map<string, Grant>>;

const NO_RULES: readonly PolicyRule[] = [];

/**
 * Who was given which rules. It follows the store's own changes, so that a question costs a few
 * look-ups and no scan: a binding counts from the moment on that its write is answered.
 */
export class RbacIndex {
  readonly #roles = new Map<string, readonly PolicyRule[]>();
  readonly #bySubject = new Map<string, GrantsByNamespace>();

  constructor(store: ObjectStore, signal: AbortSignal) {
    const follow = <T extends KubeObject>(
      resource: Resource<T>,
      put: (object: T) => void,
      remove: (object: T) => void,
    ): void => {
      const collection = collectionOf(resource);
      const { items, resourceVersion } = store.list(collection);
      for (const item of items) put(itemOf(resource, item).value);
      const subscription = store.subscribe(collection, resourceVersion, (event, previous) => {
        if (previous) remove(itemOf(resource, previous).value);
        const { type, item } = eventOf(resource, event);
        if (type !== "DELETED") put(item.value);
      });
      signal.addEventListener("abort", () => subscription.close(), { once: true });
    };
    for (const resource of [ROLES, CLUSTER_ROLES] as const) {
      follow<Role>(resource, this.#putRole, this.#removeRole);
    }
    for (const resource of [ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS] as const) {
      follow<Binding>(resource, this.#putBinding, this.#removeBinding);
    }
  }

  /** The first grant that holds for a user, everywhere or in a namespace, with a rule that passes the test. */
  find(
    { user, namespace }: { readonly user: UserInfo; readonly namespace: string },
    test: (rule: PolicyRule) => boolean,
  ): Grant | undefined {
    for (const grant of this.#grants(user, namespace)) {
      if (this.#roles.get(roleKeyOf(grant))?.some(test)) return grant;
    }
    return undefined;
  }

  /** Everything that a user was given, everywhere or in a namespace. */
  of(user: UserInfo, namespace: string): Grants {
    const rules: PolicyRule[] = [];
    const missing: string[] = [];
    for (const grant of this.#grants(user, namespace)) {
      const found = this.#roles.get(roleKeyOf(grant));
      if (found) rules.push(...found);
      else missing.push(missingText(grant.role));
    }
    return { rules, missing };
  }

  /**
   * The rules of the role that a binding in `namespace` (`""`: of the cluster) refers to.
   * @throws StatusError 404 when there is no such role.
   */
  rulesOf(role: RoleRef, namespace: string): readonly PolicyRule[] {
    const rules = this.#roles.get(roleKeyOf({ role, binding: { namespace } }));
    if (rules !== undefined) return rules;
    throw notFound({ resource: role.kind === "Role" ? ROLES : CLUSTER_ROLES, name: role.name });
  }

  *#grants({ name, groups }: UserInfo, namespace: string): Iterable<Grant> {
    const subjects = [this.#bySubject.get(userKey(name))];
    for (const group of groups) subjects.push(this.#bySubject.get(groupKey(group)));
    for (const grants of subjects) yield* grants?.get("")?.values() ?? [];
    if (namespace === "") return;
    for (const grants of subjects) yield* grants?.get(namespace)?.values() ?? [];
  }

  readonly #putRole = (role: Role): void => {
    this.#roles.set(placeOf(role), role.rules ?? NO_RULES);
  };

  readonly #removeRole = (role: Role): void => {
    this.#roles.delete(placeOf(role));
  };

  readonly #putBinding = (binding: Binding): void => {
    for (const [key, grant] of grantsOf(binding)) {
      const byNamespace: GrantsByNamespace = this.#bySubject.get(key) ?? new Map();
      this.#bySubject.set(key, byNamespace);
      const { namespace, name } = grant.binding;
      const grants = byNamespace.get(namespace) ?? new Map<string, Grant>();
      byNamespace.set(namespace, grants.set(name, grant));
    }
  };

  readonly #removeBinding = (binding: Binding): void => {
    for (const [key, { binding: of }] of grantsOf(binding)) {
      const byNamespace = this.#bySubject.get(key);
      const grants = byNamespace?.get(of.namespace);
      grants?.delete(of.name);
      if (grants?.size === 0) byNamespace?.delete(of.namespace);
      if (byNamespace?.size === 0) this.#bySubject.delete(key);
    }
  };
}

const userKey = (name: string): string => `user ${name}`;
const groupKey = (name: string): string => `group ${name}`;
const placeOf = (role: Role): string => `${namespaceOf(role)}/${nameOf(role)}`;

interface RoleUse {
  readonly role: RoleRef;
  readonly binding: { readonly namespace: string };
}

function roleKeyOf({ role, binding }: RoleUse): string {
  return `${role.kind === "Role" ? binding.namespace : ""}/${role.name}`;
}

/** The kind in lower case, as the authorizer's listers have it. */
function missingText({ kind, name }: RoleRef): string {
  return `${kind.toLowerCase()}.rbac.authorization.k8s.io "${name}" not found`;
}

function* grantsOf(binding: Binding): Iterable<readonly [key: string, grant: Grant]> {
  const namespace = namespaceOf(binding);
  const kind = namespace === "" ? "ClusterRoleBinding" : "RoleBinding";
  const of = { kind, namespace, name: nameOf(binding) };
  for (const subject of binding.subjects ?? []) {
    const key = keyOf(subject, namespace);
    if (key !== undefined) yield [key, { binding: of, role: binding.roleRef, subject }];
  }
}

/** A ServiceAccount is a user with a long name; one without a namespace lies where it is bound. */
function keyOf(subject: Subject, bindingNamespace: string): string | undefined {
  const { kind, name } = subject;
  if (kind === "User") return userKey(name);
  if (kind === "Group") return groupKey(name);
  const namespace = subject.namespace || bindingNamespace;
  if (kind !== "ServiceAccount" || namespace === "") return undefined;
  return userKey(`system:serviceaccount:${namespace}:${name}`);
}
