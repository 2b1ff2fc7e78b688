import { expect, test } from "bun:test";
import { bodyOf, CORE, pod, post } from "#test/kit/api-objects.ts";
import { startTestApi } from "#test/kit/test-api.ts";

const labels = { app: "x" };
const template = { metadata: { labels }, spec: { containers: [{ name: "c", image: "i" }] } };
const workload = { selector: { matchLabels: labels }, template };
const owner = { apiVersion: "v1", kind: "ConfigMap", name: "o", uid: "u" };
const SENT = {
  labels: { a: "b" },
  annotations: { a: "b" },
  finalizers: ["example.com/x"],
  ownerReferences: [owner],
};
const APPS = "/apis/apps/v1/namespaces/default";
const FLOW = "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas";
const limited = { type: "Limited", limited: { limitResponse: { type: "Reject" } } };

test.each<[string, object, readonly string[]]>([
  [`${APPS}/replicasets`, { spec: workload }, []],
  [`${APPS}/deployments`, { spec: workload }, ["labels"]],
  [`${CORE}/pods`, { spec: pod("x").spec }, ["ownerReferences"]],
  ["/api/v1/nodes", {}, []],
  [FLOW, { spec: { priorityLevelConfiguration: { name: "exempt" } } }, Object.keys(SENT)],
  [
    "/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations",
    { spec: limited },
    Object.keys(SENT),
  ],
])("what a change of the status of %s may say of metadata", async (path, object, kept) => {
  using api = await startTestApi();
  await post(api, path, { metadata: { name: "x" }, ...object });
  const send = (type: string, body: object, query = "") =>
    bodyOf(api.send("PATCH", `${path}/x/status${query}`, { type, body }));
  const { metadata, ...rest } = await send("application/merge-patch+json", { metadata: SENT });
  expect(rest).not.toHaveProperty("code");
  const taken = Object.entries(SENT).filter(([field]) => !kept.includes(field));
  const untouched = Object.fromEntries(kept.map((field) => [field, undefined]));
  expect({ ...untouched, ...metadata }).toMatchObject(Object.fromEntries(taken));
  for (const field of kept) expect(metadata).not.toHaveProperty(field);
});

test("what is kept is nobody's who applies it with a status", async () => {
  using api = await startTestApi();
  await post(api, `${APPS}/deployments`, { metadata: { name: "x" }, spec: workload });
  const body = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { labels: { a: "b" }, annotations: { a: "b" } },
    status: { replicas: 1 },
  };
  const sent = { type: "application/apply-patch+yaml", body };
  const path = `${APPS}/deployments/x/status?fieldManager=m`;
  const { metadata } = await bodyOf(api.send("PATCH", path, sent));
  const mine = metadata?.managedFields?.find(({ manager }) => manager === "m");
  expect(mine?.fieldsV1).toEqual({
    "f:metadata": { "f:annotations": { "f:a": {} } },
    "f:status": { "f:replicas": {} },
  });
  expect(metadata?.annotations).toEqual({ a: "b" });
  expect(metadata).not.toHaveProperty("labels");
});
