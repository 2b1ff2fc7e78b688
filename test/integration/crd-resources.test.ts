import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { parseJsonPath } from "#api/crd/json-path.ts";
import type { JsonSchemaProps } from "#api/crd/json-schema-props.ts";
import { type Sent, startTestApi, type TestApi } from "#test/kit/test-api.ts";
import { widget, widgetDefinition } from "#test/kit/widgets.ts";

const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const WIDGETS = "/apis/example.com/v1/namespaces/default/widgets";

interface Answer {
  readonly code: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** What a JSONPath leads to in the body. */
  at(path: string): readonly unknown[];
}

let api: TestApi;

beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api[Symbol.dispose]());

async function send(method: string, path: string, sent?: Sent): Promise<Answer> {
  const response = await api.send(method, path, sent);
  const body = (await response.json()) as Answer["body"];
  return { code: response.status, body, at: (place) => parseJsonPath(place)?.(body) ?? [] };
}

const post = (path: string, body: unknown) => send("POST", path, { body });
const patch = (path: string, body: unknown, type = "application/merge-patch+json") =>
  send("PATCH", path, { body, type });

const SPEC = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties";

/** Changes the definition of widgets by a JSON patch. */
async function change(operations: readonly object[]): Promise<void> {
  const path = `${CRDS}/widgets.example.com`;
  expect((await patch(path, operations, "application/json-patch+json")).code).toBe(200);
}

describe("a definition", () => {
  test("is established by the write that brings it, and its kind is served at once", async () => {
    const { code, body } = await post(CRDS, widgetDefinition({ type: "object" }));
    expect(code).toBe(201);
    expect(body).toMatchObject({
      metadata: { generation: 1 },
      spec: {
        names: { singular: "widget", listKind: "WidgetList" },
        conversion: { strategy: "None" },
      },
      status: {
        acceptedNames: { plural: "widgets", kind: "Widget", shortNames: ["wg"] },
        conditions: [
          { type: "NamesAccepted", status: "True", reason: "NoConflicts" },
          { type: "Established", status: "True", reason: "InitialNamesAccepted" },
        ],
        storedVersions: ["v1"],
      },
    });
    expect((await send("GET", "/apis/example.com/v1")).at(".resources[*]")).toMatchObject([
      { name: "widgets", singularName: "widget", shortNames: ["wg"], categories: ["all"] },
      { name: "widgets/status" },
    ]);
    expect((await send("GET", WIDGETS)).body).toMatchObject({ kind: "WidgetList", items: [] });
  });

  test("that is not structural is refused in Kubernetes' words", async () => {
    const { code, at } = await post(
      CRDS,
      widgetDefinition({ properties: { a: { anyOf: [{ type: "string" }] } } }),
    );
    expect(code).toBe(422);
    expect(at(".details.causes[*]")).toMatchObject([
      {
        field: "spec.validation.openAPIV3Schema.properties[spec].properties[a].anyOf[0].type",
        message: "Forbidden: must be empty to be structural",
      },
      {
        field: "spec.validation.openAPIV3Schema.properties[spec].properties[a].type",
        message: "Required value: must not be empty for specified object fields",
      },
      {
        field: "spec.validation.openAPIV3Schema.properties[spec].type",
        message: "Required value: must not be empty for specified object fields",
      },
    ]);
  });

  test("whose names another has waits until they are free", async () => {
    await post(CRDS, widgetDefinition({ type: "object" }));
    const { spec } = widgetDefinition({ type: "object" });
    const { at } = await post(CRDS, {
      ...widgetDefinition({ type: "object" }),
      metadata: { name: "gadgets.example.com" },
      spec: { ...spec, names: { ...spec?.names, plural: "gadgets", kind: "Gadget" } },
    });
    expect(at(".status.conditions[*]")).toMatchObject([
      {
        type: "NamesAccepted",
        status: "False",
        reason: "ShortNamesConflict",
        message: '"wg" is already in use',
      },
      { type: "Established", status: "False", reason: "NotAccepted" },
    ]);
    expect((await api.send("GET", "/apis/example.com/v1/gadgets")).status).toBe(404);
  });
});

describe("a custom resource", () => {
  beforeEach(async () => {
    await post(
      CRDS,
      widgetDefinition(
        {
          type: "object",
          required: ["n"],
          properties: {
            n: { type: "integer", minimum: 1 },
            size: { type: "string", default: "small", enum: ["small", "large"] },
            at: { type: "string", format: "date-time" },
            port: { "x-kubernetes-int-or-string": true },
            maybe: { type: "string", nullable: true },
            free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
            tags: { type: "array", items: { type: "string" }, "x-kubernetes-list-type": "set" },
            replicas: { type: "integer" },
          },
        },
        {
          subresources: {
            status: {},
            scale: {
              specReplicasPath: ".spec.replicas",
              statusReplicasPath: ".status.replicas",
              labelSelectorPath: ".status.selector",
            },
          },
          additionalPrinterColumns: [
            { name: "N", type: "integer", jsonPath: ".spec.n" },
            {
              name: "Ready",
              type: "string",
              jsonPath: `.status.conditions[?(@.type=="Ready")].status`,
            },
            { name: "Size", type: "string", jsonPath: ".spec.size", priority: 1 },
          ],
          selectableFields: [{ jsonPath: ".spec.size" }],
        },
      ),
    );
  });

  test("is pruned, defaulted and given its generation", async () => {
    const { code, body, at } = await post(WIDGETS, {
      ...widget("a", { n: 2, typo: 1, maybe: null, size: null, free: { any: { thing: 1 } } }),
      status: { gone: true },
    });
    expect(code).toBe(201);
    expect(body["spec"]).toEqual({ n: 2, size: "small", maybe: null, free: { any: { thing: 1 } } });
    expect(body["status"]).toBeUndefined();
    expect(at(".metadata.generation")).toEqual([1]);
  });

  test("is checked against its schema, every error with its field", async () => {
    const { code, body, at } = await post(
      WIDGETS,
      widget("a", { n: 0, size: "huge", at: "soon", port: 1.5, tags: ["a", "a"] }),
    );
    expect(code).toBe(422);
    expect(body["details"]).toMatchObject({ name: "a", group: "example.com", kind: "Widget" });
    expect(at(".details.causes[*]")).toEqual([
      {
        reason: "FieldValueInvalid",
        field: "spec.n",
        message: "Invalid value: 0: spec.n in body should be greater than or equal to 1",
      },
      {
        reason: "FieldValueNotSupported",
        field: "spec.size",
        message: `Unsupported value: "huge": supported values: "small", "large"`,
      },
      {
        reason: "FieldValueTypeInvalid",
        field: "spec.at",
        message: `Invalid value: "soon": spec.at in body must be of type date-time: "soon"`,
      },
      {
        reason: "FieldValueTypeInvalid",
        field: "spec.port",
        message: `Invalid value: "number": spec.port in body must be of type integer,string: "number"`,
      },
      {
        reason: "FieldValueDuplicate",
        field: "spec.tags[1]",
        message: `Duplicate value: "a"`,
      },
    ]);
    const wrong = await post(WIDGETS, widget("a", { n: "x" }));
    expect(wrong.body["message"]).toBe(
      'Widget.example.com "a" is invalid: spec.n: Invalid value: "string": spec.n in body must be of type integer: "string"',
    );
  });

  test("unknown fields are an error or a warning where the client asks for it", async () => {
    const path = `${WIDGETS}?fieldValidation=`;
    const body = widget("a", { n: 1, typo: 1 });
    expect((await post(`${path}Strict`, body)).body).toMatchObject({
      code: 400,
      message:
        'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.typo"',
    });
    const warned = await api.send("POST", `${path}Warn`, { body });
    expect(warned.headers.get("warning")).toBe('299 - "unknown field \\"spec.typo\\""');
  });

  test("is never protobuf, and has no strategic merge patch", async () => {
    const protobuf = await send("POST", WIDGETS, {
      body: "",
      type: "application/vnd.kubernetes.protobuf",
    });
    expect(protobuf.code).toBe(415);
    await post(WIDGETS, widget("a", { n: 1 }));
    const smp = await patch(`${WIDGETS}/a`, {}, "application/strategic-merge-patch+json");
    expect(smp.code).toBe(415);
    expect(smp.body["message"]).toBe(
      "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
    );
  });

  test("is patched, and its generation counts only what is not status", async () => {
    await post(WIDGETS, widget("a", { n: 1 }));
    const merged = await patch(`${WIDGETS}/a`, { spec: { n: 5 }, status: { no: 1 } });
    expect(merged.body).toMatchObject({ spec: { n: 5 }, metadata: { generation: 2 } });
    const status = await patch(`${WIDGETS}/a/status`, {
      spec: { n: 9 },
      status: { conditions: [{ type: "Ready", status: "True" }] },
    });
    expect(status.body).toMatchObject({ spec: { n: 5 }, metadata: { generation: 2 } });
    const json = await patch(
      `${WIDGETS}/a`,
      [{ op: "replace", path: "/spec/n", value: 0 }],
      "application/json-patch+json",
    );
    expect(json.code).toBe(422);
  });

  test("an update must say which version it was made from", async () => {
    await post(WIDGETS, widget("a", { n: 1 }));
    const { code, body } = await send("PUT", `${WIDGETS}/a`, { body: widget("a", { n: 2 }) });
    expect(code).toBe(422);
    expect(body["message"]).toBe(
      'widgets.example.com "a" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    );
  });

  test("takes nulls that it does not allow for nothing, but not where they are applied", async () => {
    expect((await post(WIDGETS, widget("a", { n: 1, tags: null }))).code).toBe(201);
    const path = `${WIDGETS}/a?fieldManager=m&force=true`;
    const applied = await patch(path, widget("a", { tags: null }), "application/apply-patch+yaml");
    expect(applied.code).toBe(422);
    expect(applied.at(".message")).toEqual([
      'Widget.example.com "a" is invalid: spec.tags: Invalid value: "null": spec.tags in body must be of type array: "null"',
    ]);
  });

  test("has a scale, columns and selectable fields", async () => {
    await post(WIDGETS, widget("a", { n: 1, replicas: 2 }));
    await post(WIDGETS, widget("b", { n: 2, size: "large" }));
    await patch(`${WIDGETS}/a/status`, {
      status: { replicas: 1, selector: "app=a", conditions: [{ type: "Ready", status: "True" }] },
    });
    expect((await send("GET", `${WIDGETS}/a/scale`)).body).toMatchObject({
      kind: "Scale",
      spec: { replicas: 2 },
      status: { replicas: 1, selector: "app=a" },
    });
    expect((await send("GET", `${WIDGETS}/b/scale`)).code).toBe(500);
    expect((await patch(`${WIDGETS}/b/scale`, { spec: { replicas: 1 } })).at(".spec")).toEqual([
      { replicas: 1 },
    ]);
    await patch(`${WIDGETS}/a/scale`, { spec: { replicas: 4 } });
    expect((await send("GET", `${WIDGETS}/a`)).at(".spec.replicas")).toEqual([4]);
    const table = await send("GET", WIDGETS, {
      accept: "application/json;as=Table;v=v1;g=meta.k8s.io",
    });
    expect(table.at(".columnDefinitions[*]")).toMatchObject([
      { name: "Name", type: "string", priority: 0 },
      { name: "N", type: "integer", priority: 0 },
      { name: "Ready", type: "string", priority: 0 },
      { name: "Size", type: "string", priority: 1 },
    ]);
    expect(table.at(".rows[*].cells")).toEqual([
      ["a", 1, "True", "small"],
      ["b", 2, null, "large"],
    ]);
    const large = await send("GET", `${WIDGETS}?fieldSelector=spec.size%3Dlarge`);
    expect(large.at(".items[*].metadata.name")).toEqual(["b"]);
    const unknown = await send("GET", `${WIDGETS}?fieldSelector=spec.n%3D1`);
    expect(unknown.body).toMatchObject({ code: 400, message: "field label not supported: spec.n" });
  });

  test("a field that was wrong before the update is let be until it is touched", async () => {
    await post(WIDGETS, widget("a", { n: 1, at: "2024-01-01T00:00:00Z" }));
    await change([{ op: "replace", path: `${SPEC}/n/minimum`, value: 10 }]);
    expect((await patch(`${WIDGETS}/a`, { spec: { size: "large" } })).code).toBe(200);
    expect((await patch(`${WIDGETS}/a`, { spec: { n: 2 } })).code).toBe(422);
  });

  test("a default that came later is seen when an old object is read", async () => {
    await post(WIDGETS, widget("a", { n: 1 }));
    await change([
      { op: "add", path: `${SPEC}/colour`, value: { type: "string", default: "red" } },
      { op: "remove", path: `${SPEC}/size` },
      { op: "remove", path: "/spec/versions/0/selectableFields" },
    ]);
    expect((await send("GET", `${WIDGETS}/a`)).body["spec"]).toEqual({ n: 1, colour: "red" });
  });

  test("OpenAPI v2 and v3 and explain's data follow at once", async () => {
    const v3 = await send("GET", "/openapi/v3/apis/example.com/v1");
    expect(v3.at(".components.schemas['com.example.v1.Widget']")).toMatchObject([
      {
        properties: {
          spec: { properties: { n: { type: "integer", minimum: 1 } } },
          metadata: {
            allOf: [
              { $ref: "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" },
            ],
          },
        },
        "x-kubernetes-group-version-kind": [
          { group: "example.com", kind: "Widget", version: "v1" },
        ],
        "x-kubernetes-selectable-fields": [{ fieldPath: "spec.size" }],
      },
    ]);
    const v2 = await send("GET", "/openapi/v2");
    expect(v2.at(".definitions['com.example.v1.WidgetList'].properties.items.items.$ref")).toEqual([
      "#/definitions/com.example.v1.Widget",
    ]);
    const index = await send("GET", "/openapi/v3");
    expect(index.at(".paths['apis/example.com/v1']")).toHaveLength(1);
  });
});

describe("rules", () => {
  const spec = {
    type: "object",
    properties: {
      replicas: { type: "integer" },
      max: { type: "integer" },
      name: { type: "string", "x-kubernetes-validations": [{ rule: "self == oldSelf" }] },
      "with-dash": { type: "string", format: "duration" },
      ports: {
        type: "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["port"],
        items: {
          type: "object",
          required: ["port"],
          properties: { port: { type: "integer" }, weight: { type: "integer" } },
          "x-kubernetes-validations": [
            { rule: "self.weight >= oldSelf.weight", reason: "FieldValueForbidden" },
          ],
        },
      },
    },
    "x-kubernetes-validations": [
      {
        rule: "!has(self.max) || self.replicas <= self.max",
        messageExpression: "'at most %d replicas'.format([self.max])",
        fieldPath: ".replicas",
      },
      { rule: "!has(self.with__dash__dash) || self.with__dash__dash > duration('1s')" },
    ],
  } as const;
  const causes = (answer: Answer): unknown[] =>
    answer.at(".details.causes[*]").map((cause) => Object.values(Object(cause)).slice(1).join(" "));

  test("are compiled against the schema when the definition is made", async () => {
    const rules = [
      { rule: "self.missing > 1" },
      { rule: "self.n + 1" },
      { rule: "self.n > 'a'" },
      { rule: "true", optionalOldSelf: true },
      { rule: "true", message: "two\nlines" },
    ];
    const wrong = (some: readonly object[]) =>
      post(
        CRDS,
        widgetDefinition({
          type: "object",
          properties: { n: { type: "integer" } },
          "x-kubernetes-validations": JSON.parse(JSON.stringify(some)),
        }),
      );
    const path = "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations";
    const answer = await wrong(rules.slice(0, 4));
    expect(answer.at(".details.causes[*].field")).toEqual([
      `${path}[0].rule`,
      `${path}[1].rule`,
      `${path}[2].rule`,
      `${path}[3].optionalOldSelf`,
    ]);
    expect(answer.at(".details.causes[0].message")[0]).toContain(
      "compilation failed: ERROR: <input>:1:5: undefined field 'missing'\n | self.missing > 1\n | ....^",
    );
    expect((await wrong(rules.slice(4))).at(".details.causes[0].message")).toEqual([
      'Invalid value: "two\\nlines": must not contain line breaks',
    ]);
  });

  test("are held against objects, transition rules against what changes", async () => {
    expect((await post(CRDS, widgetDefinition(spec))).code).toBe(201);
    const refused = await post(WIDGETS, widget("a", { replicas: 5, max: 3, "with-dash": "500ms" }));
    expect(causes(refused)).toEqual([
      `Invalid value: at most 3 replicas spec.replicas`,
      `Invalid value: failed rule: !has(self.with__dash__dash) || self.with__dash__dash > duration('1s') spec`,
    ]);
    const good = { replicas: 1, name: "x", ports: [{ port: 80, weight: 2 }] };
    expect((await post(WIDGETS, widget("a", good))).code).toBe(201);
    const changed = await patch(`${WIDGETS}/a`, {
      spec: {
        name: "y",
        ports: [
          { port: 81, weight: 0 },
          { port: 80, weight: 1 },
        ],
      },
    });
    expect(causes(changed)).toEqual([
      `Invalid value: "y": failed rule: self == oldSelf spec.name`,
      "Forbidden: failed rule: self.weight >= oldSelf.weight spec.ports[1]",
    ]);
    const unset = await patch(`${WIDGETS}/a`, { spec: { replicas: null, max: 1 } });
    expect(causes(unset)).toEqual([
      `Invalid value: "object": no such key: replicas evaluating rule: !has(self.max) || self.replicas <= self.max spec`,
    ]);
    const invalid = await patch(`${WIDGETS}/a`, { spec: { replicas: "many" } });
    expect(causes(invalid).at(-1)).toBe(
      "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation <nil>",
    );
  });

  test("cost no more than they may", async () => {
    const rule = "self.l.all(a, self.l.all(b, a + b > 0))";
    const define = (bounds: JsonSchemaProps) =>
      post(
        CRDS,
        widgetDefinition({
          type: "object",
          properties: { l: { type: "array", items: { type: "integer" }, ...bounds } },
          "x-kubernetes-validations": [{ rule }],
        }),
      );
    expect(causes(await define({}))[0]).toContain(
      "estimated rule cost exceeds budget by factor of",
    );
    await define({ maxItems: 1000 });
    const l = Array.from({ length: 1000 }, () => 1);
    expect(causes(await post(WIDGETS, widget("a", { l })))).toEqual([
      `Invalid value: "object": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: ${rule} spec`,
    ]);
  });
});

test("one kind in two versions: each sees the other's objects as its own", async () => {
  const definition = widgetDefinition({ type: "object", properties: { n: { type: "integer" } } });
  const [v1] = definition.spec?.versions ?? [];
  const crd = {
    ...definition,
    spec: {
      ...definition.spec,
      versions: [v1, { ...v1, name: "v1beta1", storage: false, deprecated: true }],
    },
  };
  await post(CRDS, crd);
  const beta = WIDGETS.replace("v1/", "v1beta1/");
  const created = await api.send("POST", beta, {
    body: { apiVersion: "example.com/v1beta1", kind: "Widget", metadata: { name: "a" } },
  });
  expect(created.status).toBe(201);
  expect(created.headers.get("warning")).toBe(
    '299 - "example.com/v1beta1 Widget is deprecated; use example.com/v1 Widget"',
  );
  expect(await created.json()).toMatchObject({ apiVersion: "example.com/v1beta1" });
  expect((await send("GET", `${WIDGETS}/a`)).body["apiVersion"]).toBe("example.com/v1");
  expect((await send("GET", beta)).at(".items[0].apiVersion")).toEqual(["example.com/v1beta1"]);
  expect(api.store.list("example.com/widgets").items[0]?.value.apiVersion).toBe("example.com/v1");
  const group = await send("GET", "/apis/example.com");
  expect(group.at(".preferredVersion.version")).toEqual(["v1"]);
});
