import type { KubeObject, ObjectMeta, PolicyRule, RoleRef, Subject } from "#api/object.ts";
import { nameOf, namespaceOf } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import { CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES } from "#api/resources.ts";
import { isMissing } from "#api/status.ts";
import type { Verbs } from "#api/verbs.ts";
import { uncovered } from "../authorization/coverage.ts";
import { AUTOUPDATE, bootstrapPolicy } from "./bootstrap-policy.ts";

interface Role extends KubeObject {
  rules?: PolicyRule[] | null;
  aggregationRule?: { clusterRoleSelectors?: object[] };
}

interface Binding extends KubeObject {
  roleRef: RoleRef;
  subjects?: Subject[];
}

/**
 * Makes sure of the roles and bindings that every cluster has (component-helpers/auth/rbac/
 * reconciliation): what is missing is added, what somebody added stays, and what he marked
 * `autoupdate: "false"` is left alone. Nothing is written where nothing is missing.
 */
export async function reconcileBootstrapPolicy(verbs: Verbs): Promise<void> {
  const policy = bootstrapPolicy();
  await Promise.all([
    ...policy.clusterRoles.map((role) => keepRole(verbs, CLUSTER_ROLES, role)),
    ...policy.roles.map((role) => keepRole(verbs, ROLES, role)),
    ...policy.clusterRoleBindings.map((one) => keepBinding(verbs, CLUSTER_ROLE_BINDINGS, one)),
    ...policy.roleBindings.map((one) => keepBinding(verbs, ROLE_BINDINGS, one)),
  ]);
}

async function keepRole<T extends Role>(
  verbs: Verbs,
  resource: Resource<T>,
  wanted: T,
): Promise<void> {
  const current = await toComplete(verbs, resource, wanted);
  if (current === undefined) return;
  const rules = [...(current.rules ?? [])];
  for (const rule of wanted.rules ?? []) if (uncovered(rules, [rule]).length > 0) rules.push(rule);
  const selectors = [...(current.aggregationRule?.clusterRoleSelectors ?? [])];
  for (const one of wanted.aggregationRule?.clusterRoleSelectors ?? []) {
    if (!selectors.some((known) => Bun.deepEquals(known, one))) selectors.push(one);
  }
  await write(verbs, resource, {
    current,
    next: {
      ...current,
      metadata: completed(current.metadata, wanted.metadata),
      ...(rules.length > 0 && { rules }),
      ...(selectors.length > 0 && { aggregationRule: { clusterRoleSelectors: selectors } }),
    },
  });
}

async function keepBinding<T extends Binding>(
  verbs: Verbs,
  resource: Resource<T>,
  wanted: T,
): Promise<void> {
  const current = await toComplete(verbs, resource, wanted);
  if (current === undefined) return;
  if (!Bun.deepEquals(current.roleRef, wanted.roleRef)) {
    // What a binding binds cannot change.
    const target = { resource, namespace: namespaceOf(wanted), name: nameOf(wanted) };
    await verbs.delete(target);
    await verbs.create(target, wanted);
    return;
  }
  const subjects = [...(current.subjects ?? [])];
  for (const one of wanted.subjects ?? []) {
    if (!subjects.some((known) => isSame(known, one))) subjects.push(one);
  }
  await write(verbs, resource, {
    current,
    next: {
      ...current,
      metadata: completed(current.metadata, wanted.metadata),
      ...(subjects.length > 0 && { subjects }),
    },
  });
}

/** What is to be completed; `undefined` when it was made just now, or somebody wants it left alone. */
async function toComplete<T extends KubeObject>(
  verbs: Verbs,
  resource: Resource<T>,
  wanted: T,
): Promise<T | undefined> {
  const namespace = namespaceOf(wanted);
  try {
    const { value } = await verbs.get({ resource, namespace, name: nameOf(wanted) });
    return isLeftAlone(value) ? undefined : value;
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  await verbs.create({ resource, namespace }, wanted);
  return undefined;
}

async function write<T extends KubeObject>(
  verbs: Verbs,
  resource: Resource<T>,
  { current, next }: { current: T; next: T },
): Promise<void> {
  if (Bun.deepEquals(current, next)) return;
  await verbs.update({ resource, namespace: namespaceOf(next), name: nameOf(next) }, next);
}

function isLeftAlone({ metadata }: KubeObject): boolean {
  return metadata?.annotations?.[AUTOUPDATE] === "false";
}

/** Labels and annotations that somebody set win. */
function completed(current: ObjectMeta = {}, wanted: ObjectMeta = {}): ObjectMeta {
  return {
    ...current,
    labels: { ...wanted.labels, ...current.labels },
    annotations: { ...wanted.annotations, ...current.annotations },
  };
}

function isSame(one: Subject, other: Subject): boolean {
  return one.kind === other.kind && one.name === other.name && one.namespace === other.namespace;
}
