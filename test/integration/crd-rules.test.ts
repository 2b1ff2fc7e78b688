import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Status } from "#api/status.ts";
import { startTestApi, type TestApi } from "#test/kit/test-api.ts";
import { widget, widgetDefinition } from "#test/kit/widgets.ts";

/** What rules say of objects that are changed, as observed on k8s.io/apiextensions-apiserver 0.36.4. */

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const WIDGETS = "/apis/example.com/v1/namespaces/default/widgets";
const MERGE = "application/merge-patch+json";

let api: TestApi;

beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api[Symbol.dispose]());

type Properties = NonNullable<Parameters<typeof widgetDefinition>[0]["properties"]>;

async function define(properties: Properties): Promise<void> {
  const body = widgetDefinition({ type: "object", properties });
  const { status } = await api.send("POST", DEFINITIONS, { body });
  expect(status).toBe(201);
}

/** Replaces what the definition says of the spec. */
async function redefine(properties: Properties): Promise<void> {
  const path = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties";
  const { status } = await api.send("PATCH", `${DEFINITIONS}/widgets.example.com`, {
    type: "application/json-patch+json",
    body: [{ op: "replace", path, value: properties }],
  });
  expect(status).toBe(200);
}

async function change(body: object, subresource = "") {
  const response = await api.send("PATCH", `${WIDGETS}/a${subresource}`, { type: MERGE, body });
  const { details } = (await response.json()) as Status;
  return {
    code: response.status,
    warning: response.headers.get("warning"),
    causes: (details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`),
  };
}

const create = async (spec: object): Promise<void> => {
  const { status } = await api.send("POST", WIDGETS, { body: widget("a", spec) });
  expect(status).toBe(201);
};

test("a rule that was broken before is a warning where its value is as it was", async () => {
  await define({ n: { type: "integer" }, m: { type: "integer" } });
  await create({ n: 1, m: 1 });
  await redefine({
    n: { type: "integer", "x-kubernetes-validations": [{ rule: "self > 1" }] },
    m: { type: "integer" },
  });
  const warning = '299 - "spec.n: Invalid value: 1: failed rule: self > 1"';
  expect(await change({ spec: { m: 2 } })).toEqual({ code: 200, warning, causes: [] });
  expect(await change({ status: { x: 1 } }, "/status")).toMatchObject({ code: 200, warning });
  expect(await change({ spec: { m: 2 } })).toMatchObject({ code: 200, warning });
  expect(await change({ spec: { n: 0 } })).toMatchObject({
    code: 422,
    causes: ["spec.n: Invalid value: 0: failed rule: self > 1"],
  });
});

test("a rule that cannot be evaluated is held against a value that is as it was", async () => {
  await define({ n: { type: "integer" } });
  await create({ n: 0 });
  await redefine({
    n: { type: "integer", "x-kubernetes-validations": [{ rule: "10 / self > 1" }] },
  });
  const causes = [
    'spec.n: Invalid value: "integer": division by zero evaluating rule: 10 / self > 1',
  ];
  expect(await change({ status: { x: 1 } }, "/status")).toMatchObject({ code: 422, causes });
  expect(await change({ spec: { n: 0 } })).toMatchObject({ code: 422, causes });
});

test("values of a map are named by their keys, and messages see no optional value", async () => {
  await define({
    labels: {
      type: "object",
      maxProperties: 4,
      additionalProperties: {
        type: "string",
        maxLength: 8,
        "x-kubernetes-validations": [
          {
            rule: "oldSelf.orValue('x') == self",
            optionalOldSelf: true,
            messageExpression: "oldSelf.hasValue() ? 'had one' : 'had none'",
          },
        ],
      },
    },
  });
  await create({ labels: { a: "x" } });
  expect(await change({ spec: { labels: { a: "y" } } })).toMatchObject({
    code: 422,
    causes: ["spec.labels[a]: Invalid value: \"y\": failed rule: oldSelf.orValue('x') == self"],
  });
});

test("an element that stands three times in a set is named once", async () => {
  await define({
    tags: { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } },
  });
  await create({});
  expect(await change({ spec: { tags: ["a", "a", "a"] } })).toMatchObject({
    code: 422,
    causes: ['spec.tags[1]: Duplicate value: "a"'],
  });
});

test("the order of a set and of a list that is a map says nothing, and sums of them are unions", async () => {
  const text = { type: "string", maxLength: 8 } as const;
  const list = { type: "array", maxItems: 4 } as const;
  await define({
    tags: {
      ...list,
      "x-kubernetes-list-type": "set",
      items: text,
      "x-kubernetes-validations": [
        { rule: "self == ['a', 'b']" },
        { rule: "self + ['a', 'c'] == ['a', 'b', 'c']" },
        { rule: "['a', 'b'] == self" },
      ],
    },
    ports: {
      ...list,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
      items: { type: "object", required: ["name"], properties: { name: text, value: text } },
      "x-kubernetes-validations": [
        { rule: "self == oldSelf" },
        { rule: "(self + oldSelf).size() == 2" },
      ],
    },
  });
  const [a, b] = [{ name: "a", value: "1" }, { name: "b" }];
  await create({ ports: [a, b] });
  expect(await change({ spec: { ports: [b, a] } })).toMatchObject({ code: 200 });
  expect(await change({ spec: { ports: [a, { ...b, value: "2" }] } })).toMatchObject({
    code: 422,
    causes: ["spec.ports: Invalid value: failed rule: self == oldSelf"],
  });
  expect(await change({ spec: { tags: ["b", "a"] } })).toMatchObject({
    code: 422,
    causes: ["spec.tags: Invalid value: failed rule: ['a', 'b'] == self"],
  });
});
