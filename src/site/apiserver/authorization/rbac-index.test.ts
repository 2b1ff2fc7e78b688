import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Access } from "#api/access.ts";
import type { KubeObject, PolicyRule, Subject } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import { CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES } from "#api/resources.ts";
import { MemoryStore } from "#test/kit/memory-store.ts";
import { keyOf } from "../kind.ts";
import { RbacIndex } from "./rbac-index.ts";
import { allows } from "./rule.ts";

interface Rights extends KubeObject {
  rules?: PolicyRule[];
  roleRef?: { apiGroup: string; kind: string; name: string };
  subjects?: Subject[];
}

const NAMES = ["a", "b", "c"];
const NAMESPACES = ["x", "y"];
const VERBS = ["get", "list"];
const name = fc.constantFrom(...NAMES);
const namespace = fc.constantFrom(...NAMESPACES);
const some = (...values: string[]) => fc.subarray(values, { minLength: 1 });

const rule: fc.Arbitrary<PolicyRule> = fc.record({
  verbs: some(...VERBS, "*"),
  apiGroups: some("", "apps"),
  resources: some("pods", "pods/log", "*/log", "secrets"),
  resourceNames: fc.subarray(["one", "two"]),
});

const subject: fc.Arbitrary<Subject> = fc.oneof(
  fc.record({ kind: fc.constantFrom("User", "Group"), name }),
  fc.record({ kind: fc.constant("ServiceAccount"), name, namespace }),
  fc.record({ kind: fc.constant("ServiceAccount"), name }),
);

interface Step {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
  /** Absent: it is removed. */
  readonly object?: Rights;
}

const ref = (...kinds: string[]) =>
  fc.record({ apiGroup: fc.constant(""), kind: fc.constantFrom(...kinds), name });
const rights = fc.record({ rules: fc.array(rule, { maxLength: 2 }) });
const bound = (...kinds: string[]) =>
  fc.record({ roleRef: ref(...kinds), subjects: fc.array(subject, { maxLength: 3 }) });

const step = (
  resource: Resource,
  places: fc.Arbitrary<string>,
  object: fc.Arbitrary<Rights>,
): fc.Arbitrary<Step> =>
  fc.record(
    { resource: fc.constant(resource), namespace: places, name, object },
    { requiredKeys: ["resource", "namespace", "name"] },
  );

const steps = fc.array(
  fc.oneof(
    step(ROLES, namespace, rights),
    step(CLUSTER_ROLES, fc.constant(""), rights),
    step(ROLE_BINDINGS, namespace, bound("Role", "ClusterRole")),
    step(CLUSTER_ROLE_BINDINGS, fc.constant(""), bound("ClusterRole")),
  ),
  { maxLength: 40 },
);

const user = fc.record({
  name: fc.oneof(
    name,
    fc.tuple(namespace, name).map(([where, who]) => `system:serviceaccount:${where}:${who}`),
  ),
  groups: fc.subarray(NAMES),
});

const access: fc.Arbitrary<Access> = fc.record({
  verb: fc.constantFrom(...VERBS),
  group: fc.constantFrom("", "apps"),
  version: fc.constant("v1"),
  resource: fc.constantFrom("pods", "secrets"),
  subresource: fc.constantFrom("", "log"),
  namespace: fc.constantFrom("", ...NAMESPACES),
  name: fc.constantFrom("", "one", "three"),
});

/** Every binding and role looked at, as the rules are written down. */
function naively(
  objects: ReadonlyMap<string, Step>,
  { name: who, groups }: { name: string; groups: string[] },
  wanted: Access,
): boolean {
  const here = "path" in wanted ? "" : wanted.namespace;
  return [...objects.values()].some(({ resource, namespace: where, object }) => {
    if (resource.kind !== "RoleBinding" && resource.kind !== "ClusterRoleBinding") return false;
    if (where !== "" && where !== here) return false;
    const concerns = (object?.subjects ?? []).some((one) => {
      if (one.kind === "User") return one.name === who;
      if (one.kind === "Group") return groups.includes(one.name);
      const home = one.namespace ?? where;
      return home !== "" && who === `system:serviceaccount:${home}:${one.name}`;
    });
    const { kind = "", name: role = "" } = object?.roleRef ?? {};
    const found = objects.get(`${kind} ${kind === "Role" ? where : ""}/${role}`);
    return concerns && (found?.object?.rules ?? []).some((one) => allows(one, wanted));
  });
}

/** Writes or removes one object. */
async function take(
  one: Step,
  { store, objects }: { store: MemoryStore; objects: Map<string, Step> },
): Promise<void> {
  const { resource, namespace: where, name: called, object } = one;
  const place = `${resource.kind} ${where}/${called}`;
  if (object === undefined && !objects.has(place)) return;
  const metadata = { name: called, ...(where !== "" && { namespace: where }) };
  await store.write(keyOf({ resource, namespace: where }, called), (current) =>
    object === undefined && current
      ? { remove: structuredClone(current.value) }
      : { put: { ...object, metadata } },
  );
  if (object === undefined) objects.delete(place);
  else objects.set(place, one);
}

test("the index answers as if every binding were looked at, whatever is written and removed", async () => {
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.nat({ max: 40 }),
      fc.array(fc.tuple(user, access), { minLength: 10, maxLength: 20 }),
      async (written, beforeIndex, questions) => {
        const store = new MemoryStore();
        const stop = new AbortController();
        const objects = new Map<string, Step>();
        let index: RbacIndex | undefined;
        for (const [at, one] of written.entries()) {
          if (at === beforeIndex) index = new RbacIndex(store, stop.signal);
          await take(one, { store, objects });
        }
        index ??= new RbacIndex(store, stop.signal);
        for (const [who, wanted] of questions) {
          const where = "path" in wanted ? "" : wanted.namespace;
          const grant = index.find({ user: who, namespace: where }, (one) => allows(one, wanted));
          expect(grant !== undefined).toBe(naively(objects, who, wanted));
          const { rules } = index.of(who, where);
          expect(rules.some((one) => allows(one, wanted))).toBe(grant !== undefined);
        }
        stop.abort();
      },
    ),
  );
});
