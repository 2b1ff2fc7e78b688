/** Clients that take nothing but protobuf. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { decodeMessage, openEnvelope } from "#api/codec/protobuf.ts";
import { startTestApi, type TestApi } from "#test/kit/test-api.ts";

const PROTOBUF = "application/vnd.kubernetes.protobuf";
const MAPS = "/api/v1/namespaces/default/configmaps";
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.dispose]());

async function ask(method: string, path: string, body?: object) {
  const response = await api.send(method, path, { accept: PROTOBUF, ...(body && { body }) });
  const { apiVersion, kind, raw } = openEnvelope(new Uint8Array(await response.arrayBuffer()));
  return {
    status: response.status,
    type: response.headers.get("content-type"),
    apiVersion,
    kind,
    raw,
  };
}

const CORE = "io.k8s.api.core.v1";
const META = "io.k8s.apimachinery.pkg.apis.meta.v1";

test("objects, lists and failures come as protobuf", async () => {
  const created = await ask("POST", MAPS, { metadata: { name: "a" }, data: { k: "v" } });
  expect(created).toMatchObject({
    status: 201,
    type: PROTOBUF,
    apiVersion: "v1",
    kind: "ConfigMap",
  });
  expect(decodeMessage(`${CORE}.ConfigMap`, created.raw)).toMatchObject({
    metadata: { name: "a" },
    data: { k: "v" },
  });
  const list = await ask("GET", `${MAPS}?fieldSelector=metadata.name=a`);
  expect(list).toMatchObject({ status: 200, type: PROTOBUF, kind: "ConfigMapList" });
  expect(decodeMessage(`${CORE}.ConfigMapList`, list.raw)).toMatchObject({
    items: [{ metadata: { name: "a" }, data: { k: "v" } }],
  });
  const missing = await ask("GET", `${MAPS}/nope`);
  expect(missing).toMatchObject({ status: 404, type: PROTOBUF, kind: "Status" });
  expect(decodeMessage(`${META}.Status`, missing.raw)).toMatchObject({
    message: 'configmaps "nope" not found',
    code: 404,
  });
  const deleted = await ask("DELETE", `${MAPS}/a`);
  expect(decodeMessage(`${META}.Status`, deleted.raw)).toMatchObject({
    status: "Success",
    details: { name: "a" },
  });
});

test("a watch is frames with their length before them", async () => {
  await ask("POST", MAPS, { metadata: { name: "seen" } });
  const response = await api.send("GET", `${MAPS}?watch=1&timeoutSeconds=1&resourceVersion=0`, {
    accept: PROTOBUF,
  });
  expect(response.headers.get("content-type")).toBe(`${PROTOBUF};stream=watch`);
  const reader = response.body?.getReader();
  const bytes = Buffer.from((await reader?.read())?.value ?? []);
  await reader?.cancel();
  expect(bytes.readUInt32BE()).toBe(bytes.length - 4);
  const { kind, raw } = openEnvelope(bytes.subarray(bytes.indexOf("k8s\0")));
  expect([kind, decodeMessage(`${CORE}.ConfigMap`, raw)]).toMatchObject([
    "ConfigMap",
    { metadata: { name: "seen" } },
  ]);
});

test("metadata alone has a message, a Table has none", async () => {
  const list = await api.send("GET", MAPS, {
    accept: `${PROTOBUF};as=PartialObjectMetadataList;v=v1;g=meta.k8s.io`,
  });
  const { apiVersion, kind } = openEnvelope(new Uint8Array(await list.arrayBuffer()));
  expect([apiVersion, kind]).toEqual(["meta.k8s.io/v1", "PartialObjectMetadataList"]);
  const table = await api.send("GET", MAPS, { accept: `${PROTOBUF};as=Table;v=v1;g=meta.k8s.io` });
  expect(table.status).toBe(406);
});
