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

let api: TestApi;
let before: number;

beforeAll(async () => {
  api = await startTestApi();
  for (const body of GOLDEN_KINDS) await api.send("POST", DEFINITIONS, { body });
  for (const name of ["a", "b"]) {
    const body = gadget(name, { color: "red" });
    expect((await api.send("POST", GADGETS, { body })).status).toBe(201);
  }
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
