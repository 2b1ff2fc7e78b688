/** Lists that Go does not leave out of its JSON: whoever leaves them empty reads null, as of Kubernetes. */
import { expect, test } from "bun:test";
import type { EndpointSlice, KubeObject, Role } from "#api/object.ts";
import { startTestApi, type TestApi } from "#test/kit/test-api.ts";

const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const ROLES = `${RBAC}/namespaces/default/roles`;
const SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";
const MERGE = "application/merge-patch+json";
const metadata = { name: "x" };
const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }];

const ways: readonly (readonly [string, object, (list: object) => object])[] = [
  [ROLES, { rules: null }, (list) => list],
  [`${RBAC}/clusterroles`, { rules: null }, (list) => list],
  [SLICES, { endpoints: null, ports: null }, (list) => ({ addressType: "IPv4", ...list })],
  ["/api/v1/namespaces/default/limitranges", { limits: null }, (spec) => ({ spec })],
  ["/apis/storage.k8s.io/v1/csinodes", { drivers: null }, (spec) => ({ spec })],
];

for (const [path, nil, bodyOf] of ways) {
  const empty = Object.fromEntries(Object.keys(nil).map((name) => [name, []] as const));
  test.each([
    ["leaves its lists out", {}],
    ["says null", nil],
    ["says []", empty],
  ])(`a POST to ${path} that %s makes null of them`, async (_, said) => {
    using api = await startTestApi();
    const body = { metadata, ...bodyOf(said) };
    const made = await json(api.send("POST", path, { body }));
    expect(made).toMatchObject(bodyOf(nil));
    expect(await json(api.send("GET", `${path}/x`))).toEqual(made);
    const { items } = await json<KubeObject & { items: KubeObject[] }>(api.send("GET", path));
    expect(items.find((one) => one.metadata?.name === "x")).toMatchObject(bodyOf(nil));
    const put = await json(api.send("PUT", `${path}/x`, { body: { ...made, ...bodyOf(said) } }));
    expect(put).toEqual(made);
  });
}

test("what is within an object may be null too", async () => {
  using api = await startTestApi();
  const volumes = [{ name: "v", projected: {} }];
  const containers = [{ name: "c", image: "i" }];
  const pod = { metadata, spec: { containers, volumes } };
  const made = await json(api.send("POST", "/api/v1/namespaces/default/pods", { body: pod }));
  expect(made).toMatchObject({ spec: { volumes: [{ projected: { sources: null } }, {}] } });
});

test("a patch fills the list and empties it again", async () => {
  using api = await startTestApi();
  await api.send("POST", ROLES, { body: { metadata } });
  const patch = (body: object, type = MERGE) =>
    json<Role>(api.send("PATCH", `${ROLES}/x`, { body, type }));
  expect((await patch({ rules })).rules).toEqual(rules);
  expect((await patch({ rules: [] })).rules).toBeNull();
  const steps = [
    { op: "test", path: "/rules", value: null },
    { op: "replace", path: "/rules", value: rules },
  ];
  expect((await patch(steps, "application/json-patch+json")).rules).toEqual(rules);
  expect((await patch({ rules: null })).rules).toBeNull();
});

test("an applier owns the list that he says, and null is left when he says it no more", async () => {
  using api = await startTestApi();
  const apply = (said: object) => {
    const body = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata, ...said };
    const type = "application/apply-patch+yaml";
    return json<Role>(api.send("PATCH", `${ROLES}/x?fieldManager=a`, { body, type }));
  };
  const owned = ({ metadata: { managedFields = [] } = {} }: Role) =>
    managedFields.map(({ manager, fieldsV1 }) => [manager, fieldsV1] as const);
  expect(owned(await apply({ rules }))).toEqual([["a", { "f:rules": {} }]]);
  const empty = await apply({ rules: [] });
  expect([empty.rules, owned(empty)]).toEqual([null, [["a", { "f:rules": {} }]]]);
  expect((await apply({ rules: [] })).metadata?.resourceVersion).toBe(
    empty.metadata?.resourceVersion ?? "",
  );
  expect((await apply({})).rules).toBeNull();
});

test("who makes an object without its list owns it all the same", async () => {
  using api = await startTestApi();
  const made = await json<Role>(
    api.send("POST", `${ROLES}?fieldManager=m`, { body: { metadata } }),
  );
  expect(made.metadata?.managedFields?.[0]?.fieldsV1).toEqual({ "f:rules": {} });
});

test("tables and watches show what is stored", async () => {
  using api = await startTestApi();
  const body = { metadata, addressType: "IPv4", endpoints: [], ports: [] };
  await api.send("POST", SLICES, { body });
  const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
  const table = await json<KubeObject & { rows: { cells: unknown[] }[] }>(
    api.send("GET", `${SLICES}/x`, { accept }),
  );
  expect(table.rows[0]?.cells.slice(0, 4)).toEqual(["x", "IPv4", "<unset>", "<unset>"]);
  expect(await firstEvent(api, SLICES)).toMatchObject({ endpoints: null, ports: null });
});

async function json<T extends KubeObject>(answer: Promise<Response>): Promise<T> {
  const response = await answer;
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return JSON.parse(text);
}

async function firstEvent(api: TestApi, path: string): Promise<EndpointSlice> {
  using stop = new DisposableStack();
  const abort = stop.adopt(new AbortController(), (one) => one.abort());
  const query = "watch=1&resourceVersion=0&fieldSelector=metadata.name%3Dx";
  const { body } = await api.send("GET", `${path}?${query}`, { signal: abort.signal });
  const reader = body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  return JSON.parse(new TextDecoder().decode(value).split("\n", 1)[0] ?? "").object;
}
