import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import type { CustomResourceDefinition, DefinedVersion } from "#api/crd/definition.ts";
import type { JsonSchemaProps } from "#api/crd/json-schema-props.ts";
import type { KubeObject } from "#api/object.ts";
import { startTestApi, type TestApi } from "#test/kit/test-api.ts";
import { startTlsServer, type TlsServer } from "#test/kit/webhook-server.ts";

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const pathOf = (version: string, name = ""): string =>
  `/apis/example.com/${version}/namespaces/default/gadgets${name === "" ? "" : `/${name}`}`;

type Spec = { readonly size?: string; readonly width?: number; readonly height?: number };
type Gadget = KubeObject & { readonly spec: Spec };
interface Question {
  readonly apiVersion: string;
  readonly request: { uid: string; desiredAPIVersion: string; objects: readonly Gadget[] };
}

/** v1 says `size: 3x4`, v2 says `width: 3, height: 4`. */
function converted(object: Gadget, apiVersion: string): Gadget {
  const { size = "0x0", width = 0, height = 0 } = object.spec;
  const [w = 0, h = 0] = size.split("x").map(Number);
  const spec = apiVersion.endsWith("v2") ? { width: w, height: h } : { size: `${width}x${height}` };
  return { ...object, apiVersion, spec };
}

type Answering = (objects: readonly Gadget[], desired: string) => object;
const honest: Answering = (objects, desired) => ({
  result: { status: "Success" },
  convertedObjects: objects.map((object) => converted(object, desired)),
});

let answering: Answering = honest;
let asked: Question[] = [];
let api: TestApi;
let webhook: TlsServer;

const version = (name: string, properties: JsonSchemaProps["properties"]): DefinedVersion => ({
  name,
  served: true,
  storage: name === "v1",
  schema: {
    openAPIV3Schema: {
      type: "object",
      properties: { spec: { type: "object", properties: properties ?? {} } },
    },
  },
});

function definition(): CustomResourceDefinition {
  return {
    metadata: { name: "gadgets.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural: "gadgets", kind: "Gadget" },
      versions: [
        version("v1", { size: { type: "string" } }),
        version("v2", {
          width: { type: "integer", minimum: 1 },
          height: { type: "integer" },
          unit: { type: "string", default: "cm" },
        }),
      ],
      conversion: {
        strategy: "Webhook",
        webhook: {
          clientConfig: { url: webhook.url("/convert"), caBundle: webhook.caBundle },
          conversionReviewVersions: ["v3", "v1"],
        },
      },
    },
  };
}

async function send(method: string, path: string, body?: unknown) {
  const response = await api.send(method, path, { body });
  const answer = (await response.json()) as Record<string, unknown>;
  return { code: response.status, answer };
}

async function patch(path: string, body: unknown, type = "application/merge-patch+json") {
  const response = await api.send("PATCH", path, { body, type });
  const answer = (await response.json()) as Record<string, unknown>;
  return { code: response.status, answer };
}

const gadget = (name: string, apiVersion: string, spec: Spec): Gadget => ({
  apiVersion,
  kind: "Gadget",
  metadata: { name },
  spec,
});

beforeAll(async () => {
  webhook = startTlsServer(async (request) => {
    const question: Question = JSON.parse(await request.text());
    asked.push(question);
    const { uid, objects, desiredAPIVersion } = question.request;
    const response = { uid, ...answering(objects, desiredAPIVersion) };
    return Response.json({ apiVersion: question.apiVersion, kind: "ConversionReview", response });
  });
});
afterAll(() => webhook[Symbol.dispose]());
beforeEach(async () => {
  answering = honest;
  asked = [];
  api = await startTestApi();
  const { code } = await send("POST", DEFINITIONS, definition());
  expect(code).toBe(201);
});
afterEach(() => api[Symbol.dispose]());

test("an object is kept in the storage version and shown in each", async () => {
  const made = await send(
    "POST",
    pathOf("v2"),
    gadget("a", "example.com/v2", { width: 3, height: 4 }),
  );
  expect(made).toMatchObject({
    code: 201,
    answer: { apiVersion: "example.com/v2", spec: { width: 3, height: 4, unit: "cm" } },
  });
  expect(asked.map(({ apiVersion, request }) => [apiVersion, request.desiredAPIVersion])).toEqual([
    ["apiextensions.k8s.io/v1", "example.com/v1"],
    ["apiextensions.k8s.io/v1", "example.com/v2"],
  ]);
  const { answer } = await send("GET", pathOf("v1", "a"));
  expect(answer).toMatchObject({ apiVersion: "example.com/v1", spec: { size: "3x4" } });
  // It was asked about this version of the object before.
  await send("GET", pathOf("v2", "a"));
  expect(asked).toHaveLength(2);
});

test("each version is judged by its own schema, and changed as it is seen", async () => {
  await send("POST", pathOf("v1"), gadget("b", "example.com/v1", { size: "5x6" }));
  const refused = await patch(pathOf("v2", "b"), { spec: { width: 0 } });
  expect(refused).toMatchObject({
    code: 422,
    answer: {
      message:
        'Gadget.example.com "b" is invalid: spec.width: Invalid value: 0: spec.width in body should be greater than or equal to 1',
    },
  });
  const patched = await patch(pathOf("v2", "b"), { spec: { width: 7 } });
  expect(patched.answer).toMatchObject({
    metadata: { generation: 2 },
    spec: { width: 7, height: 6 },
  });
  expect((await send("GET", pathOf("v1", "b"))).answer).toMatchObject({ spec: { size: "7x6" } });
  const applied = await patch(
    `${pathOf("v2", "b")}?fieldManager=me`,
    gadget("b", "example.com/v2", { height: 9 }),
    "application/apply-patch+yaml",
  );
  // Whoever wrote the size in v1 does not own it since its width is another's.
  expect(applied).toMatchObject({ code: 200, answer: { spec: { width: 7, height: 9 } } });
  expect((await send("GET", pathOf("v1", "b"))).answer).toMatchObject({ spec: { size: "7x9" } });
});

test("a list is converted in one question, and a watch as things change", async () => {
  await send("POST", pathOf("v1"), gadget("c", "example.com/v1", { size: "1x1" }));
  await send("POST", pathOf("v1"), gadget("d", "example.com/v1", { size: "2x2" }));
  asked = [];
  const { answer } = await send("GET", pathOf("v2"));
  expect(answer).toMatchObject({ kind: "GadgetList", apiVersion: "example.com/v2" });
  const items = answer["items"] as readonly Gadget[];
  expect(items.map(({ spec }) => spec.width)).toEqual([1, 2]);
  expect(asked.map(({ request }) => request.objects.length)).toEqual([2]);

  const stop = new AbortController();
  const watch = await api.send(
    "GET",
    `${pathOf("v2")}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    { signal: stop.signal },
  );
  const reader = watch.body?.pipeThrough(new TextDecoderStream()).getReader();
  await patch(pathOf("v1", "c"), { spec: { size: "8x8" } });
  let text = "";
  while (!text.includes("MODIFIED")) {
    const part = await reader?.read();
    if (part?.value === undefined) throw new Error(`The watch ended after ${text}`);
    text += part.value;
  }
  stop.abort();
  const events = text
    .trim()
    .split("\n")
    .map((line): { type: string; object: Gadget } => JSON.parse(line));
  expect(events.map(({ type, object }) => [type, object.spec?.width])).toEqual([
    ["ADDED", 1],
    ["ADDED", 2],
    ["BOOKMARK", undefined],
    ["MODIFIED", 8],
  ]);
});

test.each<readonly [string, Answering, string]>([
  [
    "says why not",
    () => ({ result: { status: "Failure", message: "not today" } }),
    " failed: not today",
  ],
  ["says nothing", () => ({ result: {} }), " failed: response.result.status was '', not 'Success'"],
  [
    "forgets one",
    () => ({ result: { status: "Success" }, convertedObjects: [] }),
    " returned 0 objects, expected 1",
  ],
  [
    "makes another version",
    (objects) => ({ result: { status: "Success" }, convertedObjects: objects }),
    " returned invalid converted object at index 0: invalid groupVersion (expected example.com/v2, received example.com/v1)",
  ],
  [
    "makes another object",
    (objects, desired) => ({
      result: { status: "Success" },
      convertedObjects: objects.map((object) => ({
        ...converted(object, desired),
        metadata: { ...object.metadata, name: "other" },
      })),
    }),
    " returned invalid converted object at index 0: must have the same name: e != other",
  ],
])("a webhook that %s fails the read, in words", async (_, fails, why) => {
  await send("POST", pathOf("v1"), gadget("e", "example.com/v1", { size: "1x1" }));
  answering = fails;
  expect(await send("GET", pathOf("v2", "e"))).toMatchObject({
    code: 500,
    answer: { message: `conversion webhook for example.com/v1, Kind=Gadget${why}` },
  });
  expect((await send("GET", pathOf("v1", "e"))).code).toBe(200);
});

test("a webhook changes labels and annotations, and no other metadata", async () => {
  await send("POST", pathOf("v1"), gadget("f", "example.com/v1", { size: "1x1" }));
  answering = (objects, desired) => ({
    result: { status: "Success" },
    convertedObjects: objects.map((object) => ({
      ...converted(object, desired),
      metadata: { ...object.metadata, labels: { seen: "yes" }, finalizers: ["example.com/mine"] },
    })),
  });
  const { answer } = await send("GET", pathOf("v2", "f"));
  expect(answer["metadata"]).toMatchObject({ labels: { seen: "yes" } });
  expect(answer["metadata"]).not.toHaveProperty("finalizers");
});

test("another storage version: what lies there is converted, and rewritten when it changes", async () => {
  await send("POST", pathOf("v2"), gadget("a", "example.com/v2", { width: 3, height: 4 }));
  const path = `${DEFINITIONS}/gadgets.example.com`;
  const swap = [
    { op: "replace", path: "/spec/versions/0/storage", value: false },
    { op: "replace", path: "/spec/versions/1/storage", value: true },
  ];
  const { answer } = await patch(path, swap, "application/json-patch+json");
  expect(answer).toMatchObject({ status: { storedVersions: ["v1", "v2"] } });
  expect((await send("GET", pathOf("v2", "a"))).answer).toMatchObject({ spec: { width: 3 } });
  await patch(pathOf("v1", "a"), { spec: { size: "4x4" } });
  asked = [];
  expect((await send("GET", pathOf("v2", "a"))).answer).toMatchObject({ spec: { width: 4 } });
  expect(asked).toEqual([]);
});
