import { expect, test } from "bun:test";
import type { ConfigMap, Deployment, KubeObject, ManagedFieldsEntry } from "#api/object.ts";
import type { Status } from "#api/status.ts";
import { startTestApi, type TestApi } from "#test/kit/test-api.ts";

const APPLY = "application/apply-patch+yaml";
const MERGE = "application/merge-patch+json";
const MAPS = "/api/v1/namespaces/default/configmaps";
const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";

const map = (data: Readonly<Record<string, string>>, name = "x"): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  data,
});

interface Applying {
  readonly manager?: string;
  readonly query?: string;
  readonly path?: string;
}

function apply(api: TestApi, body: unknown, { manager = "a", query = "", path }: Applying = {}) {
  const url = `${path ?? `${MAPS}/x`}?fieldManager=${manager}${query}`;
  return api.send("PATCH", url, { body, type: APPLY });
}

const objectOf = async <T extends KubeObject>(response: Response): Promise<T> =>
  (await response.json()) as T;
const statusOf = async (response: Response): Promise<Status> => (await response.json()) as Status;

/** The entries without what a clock decides. */
function owners(object: KubeObject): Partial<ManagedFieldsEntry>[] {
  return (object.metadata?.managedFields ?? []).map(
    ({ time: _, fieldsType: _type, ...rest }) => rest,
  );
}

const dataOf = (...keys: string[]) => ({
  "f:data": Object.fromEntries(keys.map((key) => [`f:${key}`, {}])),
});

test("an apply makes the object, answers 201, and owns what it says", async () => {
  using api = await startTestApi();
  const response = await apply(api, map({ a: "1" }));
  expect(response.status).toBe(201);
  const object = await objectOf<ConfigMap>(response);
  expect(object.data).toEqual({ a: "1" });
  expect(owners(object)).toEqual([
    { manager: "a", operation: "Apply", apiVersion: "v1", fieldsV1: dataOf("a") },
  ]);
  const again = await apply(api, map({ a: "1" }));
  expect(again.status).toBe(200);
  expect((await objectOf(again)).metadata?.resourceVersion).toBe(object.metadata?.resourceVersion);
});

test("what an applier does not say any more goes, unless somebody else owns it", async () => {
  using api = await startTestApi();
  await apply(api, map({ a: "1", b: "1", c: "1" }));
  await apply(api, map({ b: "1" }), { manager: "b" });
  await api.send("PATCH", `${MAPS}/x`, { body: { data: { d: "1" } }, type: MERGE });
  const object = await objectOf<ConfigMap>(await apply(api, map({ a: "2" })));
  expect(object.data).toEqual({ a: "2", b: "1", d: "1" });
});

test("a conflict names who owns the field, and force takes it", async () => {
  using api = await startTestApi();
  await apply(api, map({ a: "1", b: "1" }));
  await api.send("PATCH", `${MAPS}/x?fieldManager=edit`, {
    body: { data: { b: "2" } },
    type: MERGE,
  });
  const status = await statusOf(await apply(api, map({ a: "3", b: "3" }), { manager: "c" }));
  expect(status).toEqual({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message:
      'Apply failed with 2 conflicts: conflicts with "a":\n- .data.a\nconflicts with "edit" using v1:\n- .data.b',
    reason: "Conflict",
    details: {
      causes: [
        { reason: "FieldManagerConflict", message: 'conflict with "a"', field: ".data.a" },
        {
          reason: "FieldManagerConflict",
          message: 'conflict with "edit" using v1',
          field: ".data.b",
        },
      ],
    },
    code: 409,
  });
  const forced = await apply(api, map({ a: "3", b: "3" }), { manager: "c", query: "&force=true" });
  expect(owners(await objectOf(forced))).toEqual([
    { manager: "c", operation: "Apply", apiVersion: "v1", fieldsV1: dataOf("a", "b") },
  ]);
});

test.each([
  [
    "",
    map({}),
    422,
    'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
  ],
  ["fieldManager=a", { ...map({}), kind: "Secret" }, 400, "invalid object type: /v1, Kind=Secret"],
  ["fieldManager=a", { data: {} }, 400, "invalid object type: /, Kind="],
  [
    "fieldManager=a",
    { apiVersion: "v1", kind: "ConfigMap" },
    400,
    "the name of the object (x based on URL) was undeterminable: name must be provided",
  ],
  [
    "fieldManager=a",
    map({}, "y"),
    400,
    "the name of the object (y) does not match the name on the URL (x)",
  ],
  [
    "fieldManager=a",
    { ...map({}), bogus: 1 },
    500,
    "failed to create typed patch object (/x; /v1, Kind=ConfigMap): .bogus: field not declared in schema",
  ],
  [
    "fieldManager=a",
    { ...map({}), metadata: { name: "x", managedFields: [] } },
    400,
    "metadata.managedFields must be nil",
  ],
  [
    "fieldManager=a",
    { ...map({}), metadata: { name: "x", uid: "u" } },
    409,
    'Operation cannot be fulfilled on configmaps "x": uid mismatch: the provided object specified uid u, and no existing object was found',
  ],
] as const)("an apply with %s of a wrong body is refused", async (...row) => {
  const [query, body, code, message] = row;
  using api = await startTestApi();
  const response = await api.send("PATCH", `${MAPS}/x?${query}`, { body, type: APPLY });
  expect(response.status).toBe(code);
  expect((await statusOf(response)).message).toBe(message);
});

test("an apply into a namespace that is not there is refused like a create", async () => {
  using api = await startTestApi();
  const response = await apply(api, map({}), { path: "/api/v1/namespaces/nope/configmaps/x" });
  expect(response.status).toBe(404);
  expect((await statusOf(response)).message).toBe('namespaces "nope" not found');
});

test("a dry apply shows what would be and leaves no trace", async () => {
  using api = await startTestApi();
  const response = await apply(api, map({ a: "1" }), { query: "&dryRun=All" });
  expect(response.status).toBe(201);
  expect((await api.send("GET", `${MAPS}/x`)).status).toBe(404);
});

test("creates, updates and patches are tracked under the client's name", async () => {
  using api = await startTestApi();
  await api.send("POST", MAPS, { body: map({ a: "1", b: "1" }) });
  const patched = await objectOf(
    await api.send("PATCH", `${MAPS}/x`, {
      body: { data: { b: "2" }, metadata: { labels: { l: "1" } } },
      type: MERGE,
      headers: { "user-agent": "other/2.0" },
    }),
  );
  expect(owners(patched)).toEqual([
    {
      manager: "other",
      operation: "Update",
      apiVersion: "v1",
      fieldsV1: { "f:data": { "f:b": {} }, "f:metadata": { "f:labels": { ".": {}, "f:l": {} } } },
    },
    {
      manager: "test",
      operation: "Update",
      apiVersion: "v1",
      fieldsV1: { "f:data": { ".": {}, "f:a": {} } },
    },
  ]);
});

test.each([[[]], [[{}]]])("managedFields: %j forgets all owners", async (managedFields) => {
  using api = await startTestApi();
  await apply(api, map({ a: "1" }));
  const reset = await api.send("PATCH", `${MAPS}/x`, {
    body: { metadata: { managedFields } },
    type: MERGE,
  });
  expect((await objectOf(reset)).metadata?.managedFields).toBeUndefined();
  const updated = await api.send("PATCH", `${MAPS}/x`, { body: { data: { b: "1" } }, type: MERGE });
  expect((await objectOf(updated)).metadata?.managedFields).toBeUndefined();
  const applied = await objectOf(await apply(api, map({ a: "1" })));
  expect(owners(applied).map(({ manager }) => manager)).toEqual(["a", "before-first-apply"]);
});

test("entries that a client makes up are checked", async () => {
  using api = await startTestApi();
  await apply(api, map({ a: "1" }));
  const entry = {
    operation: "Update",
    apiVersion: "v1",
    fieldsType: "FieldsV1",
    fieldsV1: dataOf("a"),
  };
  const response = await api.send("PATCH", `${MAPS}/x`, {
    body: { metadata: { managedFields: [{ ...entry, manager: "m".repeat(129) }] } },
    type: MERGE,
  });
  expect(response.status).toBe(422);
  expect((await statusOf(response)).message).toBe(
    'ConfigMap "x" is invalid: metadata.managedFields[0].manager: Too long: may not be more than 128 bytes',
  );
  const unreadable = await api.send("PATCH", `${MAPS}/x`, {
    body: { metadata: { managedFields: [{ ...entry, operation: "Guess" }] } },
    type: MERGE,
  });
  expect(owners(await objectOf(unreadable))).toHaveLength(1);
});

const deployment = (spec: object): object => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "default" },
  spec,
});
const TEMPLATE = {
  selector: { matchLabels: { app: "web" } },
  template: {
    metadata: { labels: { app: "web" } },
    spec: { containers: [{ name: "main", image: "busybox", ports: [{ containerPort: 80 }] }] },
  },
};

test("status and scale have owners of their own", async () => {
  using api = await startTestApi();
  const path = `${DEPLOYMENTS}/web`;
  await apply(api, deployment({ replicas: 1, ...TEMPLATE }), { path });
  const status = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    status: { replicas: 1 },
  };
  await apply(api, { ...status, spec: { replicas: 9 } }, { path: `${path}/status`, manager: "s" });
  const scaled = await api.send("PATCH", `${path}/scale?fieldManager=k`, {
    body: { spec: { replicas: 2 } },
    type: MERGE,
  });
  expect(scaled.status).toBe(200);
  const scale = {
    apiVersion: "autoscaling/v1",
    kind: "Scale",
    metadata: { name: "web" },
    spec: { replicas: 3 },
  };
  const conflict = await apply(api, scale, { path: `${path}/scale`, manager: "h" });
  expect((await statusOf(conflict)).message).toBe(
    'Apply failed with 1 conflict: conflict with "k" with subresource "scale" using autoscaling/v1: .spec.replicas',
  );
  await apply(api, scale, { path: `${path}/scale`, manager: "h", query: "&force=true" });

  const object = await objectOf<Deployment>(await api.send("GET", path));
  expect(object.spec?.replicas).toBe(3);
  expect(object.status?.replicas).toBe(1);
  const entries = owners(object);
  expect(entries.map(({ manager, subresource }) => [manager, subresource])).toEqual([
    // nobody notes when a Scale was written
    ["h", "scale"],
    ["a", undefined],
    ["s", "status"],
  ]);
  expect(object.metadata?.managedFields?.[0]).not.toHaveProperty("time");
  expect(entries[0]).toEqual({
    manager: "h",
    operation: "Apply",
    apiVersion: "apps/v1",
    subresource: "scale",
    fieldsV1: { "f:spec": { "f:replicas": {} } },
  });
  expect(entries[2]?.fieldsV1).toEqual({ "f:status": { "f:replicas": {} } });
});

test("kubectl takes over from its own client-side apply without a conflict", async () => {
  using api = await startTestApi();
  const last = {
    "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify(map({ a: "1" })),
  };
  await api.send("POST", `${MAPS}?fieldManager=kubectl-client-side-apply`, {
    body: { ...map({ a: "1" }), metadata: { name: "x", annotations: last } },
  });
  const refused = await apply(api, map({ a: "2" }), { manager: "other" });
  expect(refused.status).toBe(409);
  const taken = await objectOf<ConfigMap>(
    await apply(api, map({ a: "2" }), { manager: "kubectl" }),
  );
  expect(taken.data).toEqual({ a: "2" });
  expect(taken.metadata?.annotations).toEqual({
    "kubectl.kubernetes.io/last-applied-configuration":
      '{"apiVersion":"v1","data":{"a":"2"},"kind":"ConfigMap","metadata":{"name":"x"}}\n',
  });
});

test("the eleventh updater puts the oldest together", async () => {
  using api = await startTestApi();
  await api.send("POST", MAPS, { body: map({ a: "1" }) });
  for (let n = 0; n < 11; n += 1) {
    api.clock.advance(1000);
    await api.send("PATCH", `${MAPS}/x?fieldManager=m${n}`, {
      body: { data: { [`k${n}`]: "1" } },
      type: MERGE,
    });
  }
  const entries = owners(await objectOf(await api.send("GET", `${MAPS}/x`)));
  expect(entries).toHaveLength(10);
  expect(entries[0]).toEqual({
    manager: "ancient-changes",
    operation: "Update",
    apiVersion: "v1",
    fieldsV1: { "f:data": { ".": {}, "f:a": {}, "f:k0": {}, "f:k1": {} } },
  });
});

test("an object whose list has an element without a key has no owners", async () => {
  using api = await startTestApi();
  const body = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "s" }, secrets: [{}] };
  const path = "/api/v1/namespaces/default/serviceaccounts";
  const made = await api.send("POST", path, { body });
  expect(made.status).toBe(201);
  expect((await objectOf(made)).metadata?.managedFields).toBeUndefined();
});

test("a value that is none of its type is refused, and nobody is told that we failed", async () => {
  using api = await startTestApi();
  const body = { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, data: { a: "5m" } };
  const response = await apply(api, body, { path: "/api/v1/namespaces/default/secrets/s" });
  expect(response.status).toBe(500);
  expect((await statusOf(response)).message).toStartWith(
    "unable to convert unstructured object to /v1, Kind=Secret: illegal base64 data at input byte",
  );
});
