import { afterEach, beforeEach, expect, test } from "bun:test";
import type { KubeObject } from "#api/object.ts";
import { startTestApi, type TestApi } from "#test/kit/test-api.ts";

const GROUP = "/apis/admissionregistration.k8s.io/v1";
const CORE = "/api/v1/namespaces/default";

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api[Symbol.dispose]());

async function send(method: string, path: string, body?: object) {
  const answer = await api.send(method, path, {
    ...(body && { body }),
    ...(method === "PATCH" && { type: "application/merge-patch+json" }),
  });
  return { code: answer.status, body: JSON.parse(await answer.text()) };
}

const apply = (expression: string) => ({
  patchType: "ApplyConfiguration",
  applyConfiguration: { expression },
});
const patch = (expression: string) => ({ patchType: "JSONPatch", jsonPatch: { expression } });

const matching = (...resources: string[]) => ({
  resourceRules: [
    { apiGroups: ["*"], apiVersions: ["*"], operations: ["CREATE", "UPDATE"], resources },
  ],
});

/** Puts a policy in charge of ConfigMaps and pods, with its binding. */
async function enforce(name: string, spec: object, binding: object = {}): Promise<void> {
  const policy = await send("POST", `${GROUP}/mutatingadmissionpolicies`, {
    metadata: { name },
    spec: {
      matchConstraints: matching("configmaps", "pods"),
      reinvocationPolicy: "Never",
      ...spec,
    },
  });
  expect([policy.code, policy.body.message]).toEqual([201, undefined]);
  const bound = await send("POST", `${GROUP}/mutatingadmissionpolicybindings`, {
    metadata: { name: `${name}-b` },
    spec: { policyName: name, ...binding },
  });
  expect([bound.code, bound.body.message]).toEqual([201, undefined]);
}

const createMap = (name: string, data: object = {}) =>
  send("POST", `${CORE}/configmaps`, { metadata: { name }, data });

test("lays a configuration over what is created and changed", async () => {
  await enforce("p", {
    variables: [{ name: "team", expression: "object.metadata.namespace + '-team'" }],
    mutations: [
      apply("Object{metadata: Object.metadata{labels: {'team': variables.team}}}"),
      apply("Object{data: {?'seen': optional.of('yes'), ?'none': optional.none()}}"),
    ],
  });
  const { code, body } = await createMap("a", { own: "1" });
  expect([code, body.metadata.labels, body.data]).toEqual([
    201,
    { team: "default-team" },
    { own: "1", seen: "yes" },
  ]);
  const changed = await send("PATCH", `${CORE}/configmaps/a`, { data: { seen: "no" } });
  expect(changed.body.data).toEqual({ own: "1", seen: "yes" });
});

test("merges lists by their keys, and what it brings gets its defaults and limits", async () => {
  await send("POST", `${CORE}/limitranges`, {
    metadata: { name: "l" },
    spec: { limits: [{ type: "Container", default: { cpu: "1" } }] },
  });
  await enforce("sidecar", {
    mutations: [
      apply(
        "Object{spec: Object.spec{containers: [Object.spec.containers{name: 'side', image: 'busybox'}]}}",
      ),
    ],
  });
  const { code, body } = await send("POST", `${CORE}/pods`, {
    metadata: { name: "a" },
    spec: { containers: [{ name: "main", image: "busybox" }] },
  });
  expect(code).toBe(201);
  const containers = body.spec.containers.map((one: KubeObject & Record<string, unknown>) => [
    one["name"],
    one["imagePullPolicy"],
    one["resources"],
  ]);
  const limited = { limits: { cpu: "1" }, requests: { cpu: "1" } };
  expect(containers.toSorted()).toEqual([
    ["main", "Always", limited],
    ["side", "Always", limited],
  ]);
});

test("operations on an object: a test that fails leaves it, a wrong one is refused", async () => {
  await enforce("p", {
    mutations: [
      patch(
        "[JSONPatch{op: 'add', path: '/metadata/annotations', value: {'a/b': '1'}}, JSONPatch{op: 'replace', path: '/metadata/annotations/' + jsonpatch.escapeKey('a/b'), value: string(size(object.data))}]",
      ),
      patch(
        "[JSONPatch{op: 'test', path: '/data/own', value: 'other'}, JSONPatch{op: 'remove', path: '/data'}]",
      ),
    ],
  });
  const { body } = await createMap("a", { own: "1" });
  expect([body.metadata.annotations, body.data]).toEqual([{ "a/b": "1" }, { own: "1" }]);
  await enforce("q", {
    matchConditions: [{ name: "b", expression: "object.metadata.name == 'b'" }],
    mutations: [patch("[JSONPatch{op: 'remove', path: '/nothing/here'}]")],
  });
  const refused = await createMap("b", { own: "1" });
  expect(refused).toMatchObject({ code: 403, body: { reason: "Invalid" } });
  expect(refused.body.message).toStartWith(
    "policy 'q' with binding 'q-b' denied request: JSON Patch: ",
  );
});

test("a name that it empties is the server's to give, as one that nobody sent", async () => {
  await enforce("p", {
    mutations: [patch("[JSONPatch{op: 'add', path: '/metadata/name', value: ''}]")],
  });
  const { code, body } = await send("POST", `${CORE}/configmaps`, {
    metadata: { generateName: "a-" },
  });
  expect([code, body.message]).toEqual([201, undefined]);
  expect(body.metadata.name).toMatch(/^a-[a-z0-9]{5}$/);
});

test("each parameter changes it alone; a failure that is ignored changes nothing", async () => {
  for (const [name, value] of [
    ["one", "1"],
    ["two", "2"],
  ])
    await send("POST", `${CORE}/configmaps`, {
      metadata: { name, labels: { params: "yes" } },
      data: { value },
    });
  await enforce(
    "p",
    {
      matchConstraints: matching("secrets"),
      paramKind: { apiVersion: "v1", kind: "ConfigMap" },
      mutations: [
        apply(
          "Object{metadata: Object.metadata{annotations: {params.metadata.name: params.data.value}}}",
        ),
      ],
    },
    {
      paramRef: {
        selector: { matchLabels: { params: "yes" } },
        parameterNotFoundAction: "Deny",
      },
    },
  );
  await enforce("open", {
    matchConstraints: matching("secrets"),
    failurePolicy: "Ignore",
    mutations: [apply("Object{metadata: Object.metadata{labels: {'a': object.nothing}}}")],
  });
  const { code, body } = await send("POST", `${CORE}/secrets`, { metadata: { name: "s" } });
  expect([code, body.metadata.annotations, body.metadata.labels]).toEqual([
    201,
    { one: "1", two: "2" },
    undefined,
  ]);
});

test("one that wants to is called again when a later one changed the object", async () => {
  const counting = {
    mutations: [
      apply(
        "Object{data: {'keys': string(size(object.data)), 'calls': (has(object.data.calls) ? object.data.calls : '') + 'x'}}",
      ),
    ],
  };
  const adding = { mutations: [apply("Object{data: {'late': 'yes'}}")] };
  await enforce("a", { ...counting, reinvocationPolicy: "IfNeeded" });
  await enforce("b", adding);
  expect((await createMap("m", { own: "1" })).body.data).toEqual({
    own: "1",
    late: "yes",
    keys: "4",
    calls: "xx",
  });
});

test.each<readonly [string, object, string]>([
  [
    "another type than its place",
    apply("Object{metadata: Object.spec{labels: {'a': 'b'}}}"),
    'type mismatch: unexpected type name "Object.spec", expected "Object.metadata", which matches field name path from root Object type',
  ],
  [
    "a value that doubles",
    patch(`[JSONPatch{op: "add", path: "/data", value: [[1]]${".map(x, [x, x])".repeat(60)}}]`),
    "the value is made of more than 1000000 values",
  ],
  [
    "what is owned as a whole",
    apply(
      "Object{spec: Object.spec{containers: [Object.spec.containers{name: 'c', command: ['x']}]}}",
    ),
    "error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.containers[0].command",
  ],
  [
    "no value",
    apply("Object{metadata: Object.metadata{labels: {'a': object.spec.nothing}}}"),
    "expression 'Object{metadata: Object.metadata{labels: {'a': object.spec.nothing}}}' resulted in error: no such key: nothing",
  ],
])("a mutation of %s refuses the write", async (_, mutation, why) => {
  await enforce("p", { mutations: [mutation] });
  const { code, body } = await send("POST", `${CORE}/pods`, {
    metadata: { name: "a" },
    spec: { containers: [{ name: "c", image: "busybox" }] },
  });
  const message = `policy 'p' with binding 'p-b' denied request: ${why}`;
  expect([code, body.reason, body.message]).toEqual([403, "Invalid", message]);
});

test("is not taken with expressions of another kind", async () => {
  const { code, body } = await send("POST", `${GROUP}/mutatingadmissionpolicies`, {
    metadata: { name: "p" },
    spec: {
      matchConstraints: matching("configmaps"),
      reinvocationPolicy: "Never",
      mutations: [apply("{'a': 1}"), patch("[JSONPatch{operation: 'add'}]")],
    },
  });
  expect(code).toBe(422);
  const fields = body.details.causes.map(({ field }: { field: string }) => field);
  expect(fields).toEqual([
    "spec.mutations[0].applyConfiguration.expression",
    "spec.mutations[1].jsonPatch.expression",
  ]);
});
