import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { GOLDEN_KINDS, gadget } from "#test/kit/gadgets.ts";
import { startTestApi, type TestApi } from "#test/kit/test-api.ts";

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const GADGETS = "/apis/example.com/v1/namespaces/default/gadgets";

/** A request that changes nothing, and what comes of it: for an error all that Errors do not share. */
interface Row {
  readonly method: string;
  readonly path: string;
  readonly type?: string;
  readonly accept?: string;
  readonly body?: unknown;
  readonly code: number;
  readonly warning?: string;
  readonly answer?: unknown;
}

/**
 * Observed on k8s.io/apiextensions-apiserver 0.36.4, but for the name of a scheme: it is the file in which
 * Kubernetes makes it, as that names itself.
 */
const rows: readonly Row[] = readFileSync(`${import.meta.dir}/golden/refusals.jsonl`, "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line));

const CLASSES = "/apis/networking.k8s.io/v1/ingressclasses";
const VOLUME_CLASSES = "/apis/storage.k8s.io/v1/volumeattributesclasses";

/** What is changed to something that is wrong as a change and by itself. */
const CHANGED: readonly (readonly [string, object])[] = [
  [
    "/api/v1/namespaces/default/configmaps",
    { metadata: { name: "x" }, immutable: true, data: { a: "1" } },
  ],
  ["/api/v1/namespaces/default/secrets", { metadata: { name: "x" }, stringData: { a: "1" } }],
  [CLASSES, { metadata: { name: "x" }, spec: { controller: "example.com/a" } }],
  [
    VOLUME_CLASSES,
    { metadata: { name: "x" }, driverName: "a.example.com", parameters: { a: "1" } },
  ],
];

let api: TestApi;
let before: number;

beforeAll(async () => {
  api = await startTestApi();
  for (const body of GOLDEN_KINDS) await api.send("POST", DEFINITIONS, { body });
  for (const name of ["a", "b"]) {
    const body = gadget(name, { color: "red" });
    expect((await api.send("POST", GADGETS, { body })).status).toBe(201);
  }
  for (const [path, body] of CHANGED) await api.send("POST", path, { body });
  before = api.store.resourceVersion;
});
afterAll(() => {
  expect(api.store.resourceVersion).toBe(before);
  api[Symbol.dispose]();
});

test.each(rows.map((row) => [`${row.method} ${row.path}`, row] as const))(
  "%s",
  async (_, { method, path, code, warning = null, answer, ...sent }) => {
    const response = await api.send(method, path.replace("{gadgets}", GADGETS), sent);
    const text = await response.text();
    expect(response.headers.get("warning")).toBe(warning);
    expect(response.status).toBe(code);
    if (answer === undefined) return;
    const isError = typeof answer === "object";
    const common = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", code };
    expect<unknown>(isError ? JSON.parse(text) : text).toEqual(
      isError ? { ...common, ...answer } : answer,
    );
  },
);

test("a kind of Kubernetes' own looks at metadata twice, and says each thing once", async () => {
  const response = await api.send("PATCH", "/api/v1/namespaces/default", {
    type: "application/merge-patch+json",
    body: { metadata: { labels: { "a b": "c" } } },
  });
  expect(response.status).toBe(422);
  expect(await response.json()).toMatchObject({
    message: expect.stringMatching(
      /^Namespace "default" is invalid: metadata\.labels:(?!.*metadata)/,
    ),
    details: { causes: Array(4).fill({ reason: "FieldValueInvalid", field: "metadata.labels" }) },
  });
});

test("who owns what is forgotten where a status comes with values that are none of their type", async () => {
  const patched = async (spec: object) => {
    const response = await api.send("PATCH", `${GADGETS}/a/status?dryRun=All`, {
      type: "application/merge-patch+json",
      body: { spec },
    });
    expect(response.status).toBe(200);
    return response.json();
  };
  expect(await patched({ color: "green" })).toHaveProperty("metadata.managedFields");
  expect(await patched({ color: 1 })).not.toHaveProperty("metadata.managedFields");
});

test.each([
  ["PATCH", "/apis/example.com/v1"],
  ["OPTIONS", "/apis/example.com/v1"],
  ["PUT", "/apis/example.com"],
  ["DELETE", "/apis/apps"],
  ["POST", "/apis"],
])("%s of %s answers as GET does", async (method, path) => {
  const got = await api.send("GET", path);
  const answer = await api.send(method, path);
  expect(answer.status).toBe(200);
  expect(await answer.text()).toBe(await got.text());
});

test.each([
  ["/api/v1/namespaces/default/configmaps", { data: { "a b": "1" } }, ["data", "data[a b]"]],
  [
    "/api/v1/namespaces/default/secrets",
    { type: "kubernetes.io/tls" },
    ["type", "data[tls.crt]", "data[tls.key]"],
  ],
  [CLASSES, { spec: { controller: "none" } }, ["spec.controller", "spec.controller"]],
  [
    VOLUME_CLASSES,
    { driverName: "a b", parameters: null },
    ["driverName", "parameters", "driverName", "parameters"],
  ],
])("%s tells of a change first, then of what is there", async (path, body, fields) => {
  const type = "application/merge-patch+json";
  const response = await api.send("PATCH", `${path}/x`, { type, body });
  expect(response.status).toBe(422);
  const { details } = (await response.json()) as { details: { causes: { field: string }[] } };
  expect(details.causes.map(({ field }) => field)).toEqual(fields);
});

test("a custom kind's verbs are listed in upstream's order", async () => {
  const list = await (await api.send("GET", "/apis/example.com/v1")).json();
  const verbs = "delete deletecollection get list patch create update watch".split(" ");
  expect<unknown>(list).toMatchObject({
    resources: expect.arrayContaining([expect.objectContaining({ name: "gadgets", verbs })]),
  });
});
