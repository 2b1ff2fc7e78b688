import type { KubeObject, PolicyRule, RoleRef, Subject } from "#api/object.ts";
import { nameOf, namespaceOf } from "#api/object.ts";
import { CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES } from "#api/resources.ts";
import { notFound } from "#api/status.ts";
import type { UserInfo } from "#api/verbs.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { follow } from "../follow.ts";

/** A role that a binding gives to one of its subjects. */
export interface Grant {
  readonly binding: { readonly kind: string; readonly namespace: string; readonly name: string };
  readonly role: RoleRef;
  /** Where the rules of `role` are found. */
  readonly rolePlace: string;
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
  rules?: PolicyRule[] | null;
}

/** Namespace (`""`: everywhere) → binding → its grant to one subject. */
type GrantsByNamespace = Map<string, Map<string, Grant>>;
type GrantsBySubject = Map<string, GrantsByNamespace>;

const NO_RULES: readonly PolicyRule[] = [];

/**
 * Who was given which rules. It follows the store's own changes, so that a question costs a few
 * look-ups and no scan: a binding counts from the moment on that its write is answered.
 */
export class RbacIndex {
  readonly #roles = new Map<string, readonly PolicyRule[]>();
  readonly #users: GrantsBySubject = new Map();
  readonly #groups: GrantsBySubject = new Map();

  constructor(store: ObjectStore, signal: AbortSignal) {
    for (const resource of [ROLES, CLUSTER_ROLES] as const) {
      follow<Role>(store, resource, {
        onChange: (next, previous) => {
          if (previous) this.#removeRole(previous);
          if (next) this.#putRole(next);
        },
        signal,
      });
    }
    for (const resource of [ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS] as const) {
      follow<Binding>(store, resource, {
        onChange: (next, previous) => {
          if (previous) this.#removeBinding(previous);
          if (next) this.#putBinding(next);
        },
        signal,
      });
    }
  }

  /** The first grant that holds for a user, everywhere or in a namespace, with a rule that passes the test. */
  find(
    { user, namespace }: { readonly user: UserInfo; readonly namespace: string },
    test: (rule: PolicyRule) => boolean,
  ): Grant | undefined {
    let found: Grant | undefined;
    this.#visit({ user, namespace }, (grant) => {
      if (this.#roles.get(grant.rolePlace)?.some(test)) found = grant;
      return found === undefined;
    });
    return found;
  }

  /** Everything that a user was given, everywhere or in a namespace. */
  of(user: UserInfo, namespace: string): Grants {
    const rules: PolicyRule[] = [];
    const missing: string[] = [];
    this.#visit({ user, namespace }, ({ role, rolePlace }) => {
      const found = this.#roles.get(rolePlace);
      if (found) rules.push(...found);
      else missing.push(missingText(role));
      return true;
    });
    return { rules, missing };
  }

  /**
   * The rules of the role that a binding in `namespace` (`""`: of the cluster) refers to.
   * @throws StatusError 404 when there is no such role.
   */
  rulesOf(role: RoleRef, namespace: string): readonly PolicyRule[] {
    const rules = this.#roles.get(rolePlaceOf(role, namespace));
    if (rules !== undefined) return rules;
    throw notFound({ resource: role.kind === "Role" ? ROLES : CLUSTER_ROLES, name: role.name });
  }

  /** Shows the grants that hold for a user, those for everywhere first, until `visit` says no. */
  #visit(
    { user, namespace }: { readonly user: UserInfo; readonly namespace: string },
    visit: (grant: Grant) => boolean,
  ): void {
    const subjects = user.groups.map((group) => this.#groups.get(group));
    subjects.push(this.#users.get(user.name));
    for (const place of namespace === "" ? [""] : ["", namespace]) {
      for (const subject of subjects) {
        for (const grant of subject?.get(place)?.values() ?? []) if (!visit(grant)) return;
      }
    }
  }

  #putRole(role: Role): void {
    this.#roles.set(placeOf(role), role.rules ?? NO_RULES);
  }

  #removeRole(role: Role): void {
    this.#roles.delete(placeOf(role));
  }

  #putBinding(binding: Binding): void {
    for (const grant of grantsOf(binding)) {
      const [subjects, name] = this.#placeOf(grant);
      const byNamespace: GrantsByNamespace = subjects.get(name) ?? new Map();
      subjects.set(name, byNamespace);
      const { binding: of } = grant;
      const grants = byNamespace.get(of.namespace) ?? new Map<string, Grant>();
      byNamespace.set(of.namespace, grants.set(of.name, grant));
    }
  }

  #removeBinding(binding: Binding): void {
    for (const grant of grantsOf(binding)) {
      const [subjects, name] = this.#placeOf(grant);
      const byNamespace = subjects.get(name);
      const { binding: of } = grant;
      const grants = byNamespace?.get(of.namespace);
      grants?.delete(of.name);
      if (grants?.size === 0) byNamespace?.delete(of.namespace);
      if (byNamespace?.size === 0) subjects.delete(name);
    }
  }

  /** A ServiceAccount is a user with a long name; one without a namespace lies where it is bound. */
  #placeOf({ subject, binding }: Grant): [subjects: GrantsBySubject, name: string] {
    const { kind, name } = subject;
    const namespace = subject.namespace || binding.namespace;
    if (kind === "Group") return [this.#groups, name];
    return [this.#users, kind === "User" ? name : `system:serviceaccount:${namespace}:${name}`];
  }
}

const placeOf = (role: Role): string => `${namespaceOf(role)}/${nameOf(role)}`;

function rolePlaceOf({ kind, name }: RoleRef, bindingNamespace: string): string {
  return `${kind === "Role" ? bindingNamespace : ""}/${name}`;
}

/** The kind in lower case, as the authorizer's listers have it. */
function missingText({ kind, name }: RoleRef): string {
  return `${kind.toLowerCase()}.rbac.authorization.k8s.io "${name}" not found`;
}

function grantsOf(binding: Binding): Grant[] {
  const namespace = namespaceOf(binding);
  const kind = namespace === "" ? "ClusterRoleBinding" : "RoleBinding";
  const { roleRef: role, subjects = [] } = binding;
  const of = { kind, namespace, name: nameOf(binding) };
  const rolePlace = rolePlaceOf(role, namespace);
  return subjects
    .filter((subject) => isSomebody(subject, namespace))
    .map((subject) => ({
      binding: of,
      role,
      rolePlace,
      subject,
    }));
}

/** A ServiceAccount that no namespace is known of is nobody. */
function isSomebody({ kind, namespace = "" }: Subject, bindingNamespace: string): boolean {
  if (kind === "User" || kind === "Group") return true;
  return kind === "ServiceAccount" && (namespace !== "" || bindingNamespace !== "");
}
