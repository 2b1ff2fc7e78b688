import { expect, test } from "bun:test";
import { MemoryStore } from "#test/kit/memory-store.ts";
import { startTestApi } from "#test/kit/test-api.ts";

const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
const key = { collection: "/configmaps", namespace: "default", name: "a" };
const message =
  'Internal error occurred: the row of configmaps "a" cannot be read and is in quarantine: its checksum is wrong. Delete the object, or create it anew';

async function startDamagedApi() {
  const api = await startTestApi();
  await api.send("POST", CONFIG_MAPS, { body: { metadata: { name: "b" } } });
  api.store.quarantine(key, "its checksum is wrong");
  return api;
}

async function names(list: Response): Promise<readonly string[]> {
  const { items }: { items: { metadata: { name: string } }[] } = JSON.parse(await list.text());
  return items.map(({ metadata }) => metadata.name);
}

test("an object whose row cannot be read says so, and the others of its kind are served", async () => {
  using api = await startDamagedApi();
  for (const [method, type] of [["GET"], ["PUT"], ["PATCH", "application/merge-patch+json"]]) {
    const sent = method === "GET" ? {} : { body: { metadata: { name: "a" } } };
    const answer = await api.send(method ?? "", `${CONFIG_MAPS}/a`, {
      ...sent,
      ...(type && { type }),
    });
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({ reason: "InternalError", message });
  }
  expect(await names(await api.send("GET", CONFIG_MAPS))).toEqual(["b"]);
  expect((await api.send("GET", `${CONFIG_MAPS}/c`)).status).toBe(404);
});

test("DELETE lets it go, but not dry and not on conditions that nobody can check", async () => {
  using api = await startDamagedApi();
  const dry = await api.send("DELETE", `${CONFIG_MAPS}/a?dryRun=All`);
  expect(dry.status).toBe(200);
  const conditional = await api.send("DELETE", `${CONFIG_MAPS}/a`, {
    body: { preconditions: { uid: "x" } },
  });
  expect(await conditional.json()).toMatchObject({ code: 500, message });
  const gone = await api.send("DELETE", `${CONFIG_MAPS}/a`);
  expect(await gone.json()).toMatchObject({
    status: "Success",
    details: { name: "a", kind: "configmaps" },
  });
  expect((await api.send("GET", `${CONFIG_MAPS}/a`)).status).toBe(404);
  expect((await api.send("DELETE", `${CONFIG_MAPS}/a`)).status).toBe(404);
});

test("an object may be created in its place", async () => {
  using api = await startDamagedApi();
  const made = await api.send("POST", CONFIG_MAPS, { body: { metadata: { name: "a" } } });
  expect(made.status).toBe(201);
  expect(await names(await api.send("GET", CONFIG_MAPS))).toEqual(["a", "b"]);
});

const RBAC = "rbac.authorization.k8s.io";

test.each([
  ["/namespaces", "", "default"],
  [`${RBAC}/clusterroles`, "", "system:kube-dns"],
  [`${RBAC}/clusterrolebindings`, "", "system:kube-dns"],
  ["scheduling.k8s.io/priorityclasses", "", "system-node-critical"],
  ["flowcontrol.apiserver.k8s.io/flowschemas", "", "catch-all"],
  ["apiextensions.k8s.io/customresourcedefinitions", "", "devices.devices.kubeedge.io"],
  ["networking.k8s.io/servicecidrs", "", "kubernetes"],
  ["/services", "default", "kubernetes"],
  ["/endpoints", "default", "kubernetes"],
  ["apiregistration.k8s.io/apiservices", "", "v1."],
])("a start makes anew what every cluster has: %s %s %s", async (collection, namespace, name) => {
  const store = new MemoryStore();
  store.quarantine({ collection, namespace, name }, "its page cannot be read");
  using api = await startTestApi({ store });
  const [group, plural = ""] = collection.split("/");
  const root = group === "" ? "/api/v1" : `/apis/${group}/v1`;
  const within = namespace === "" ? "" : `/namespaces/${namespace}`;
  expect((await api.send("GET", `${root}${within}/${plural}/${name}`)).status).toBe(200);
});
