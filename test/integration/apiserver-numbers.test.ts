/** Whole numbers that JavaScript cannot hold, from the request to the row and back. */
import { afterEach, expect, test } from "bun:test";
import { startTestApi, type TestApi } from "#test/kit/test-api.ts";
import { widgetDefinition } from "#test/kit/widgets.ts";

const REVISIONS = "/apis/apps/v1/namespaces/default/controllerrevisions";
const BIG = "9007199254740993";
const LEAST = "-9223372036854775808";
let api: TestApi | undefined;

afterEach(() => {
  api?.[Symbol.dispose]();
  api = undefined;
});

const bodyOf = (name: string): string =>
  `{"metadata":{"name":"${name}"},"revision":${BIG},"data":{"spec":{"big":${BIG},"list":[${LEAST},1],"float":1.5}}}`;

test("they are kept through JSON, YAML, patches, lists, tables and watches", async () => {
  api = await startTestApi();
  const created = await api.send("POST", REVISIONS, {
    body: bodyOf("json"),
    type: "application/json",
  });
  expect([created.status, await created.text()]).toEqual([
    201,
    expect.stringContaining(`"revision":${BIG}`),
  ]);
  const yaml = `metadata:\n  name: yaml\nrevision: ${BIG}\ndata:\n  big: ${LEAST}\n`;
  const fromYaml = await api.send("POST", REVISIONS, {
    body: yaml,
    type: "application/yaml",
    accept: "application/yaml",
  });
  expect(await fromYaml.text()).toContain(`big: ${LEAST}`);
  const patched = await api.send("PATCH", `${REVISIONS}/json`, {
    body: `{"revision":${BIG.replace(/3$/, "5")}}`,
    type: "application/merge-patch+json",
  });
  const text = await patched.text();
  expect(text).toContain('"revision":9007199254740995');
  expect(text).toContain(`"data":{"spec":{"big":${BIG},"list":[${LEAST},1],"float":1.5}}`);
  for (const accept of ["application/json", "application/json;as=Table;v=v1;g=meta.k8s.io"]) {
    const list = await api.send("GET", `${REVISIONS}?includeObject=Object`, { accept });
    expect(await list.text()).toContain(`"big":${BIG}`);
  }
  const watched = await api.send("GET", `${REVISIONS}?watch=1&timeoutSeconds=1&resourceVersion=0`);
  const reader = watched.body?.getReader();
  expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toContain(`"big":${BIG}`);
  await reader?.cancel();
});

test("a field of 32 bits refuses them in Go's words", async () => {
  api = await startTestApi();
  const refused = await api.send("POST", "/apis/apps/v1/namespaces/default/deployments", {
    body: `{"metadata":{"name":"a"},"spec":{"replicas":${BIG}}}`,
    type: "application/json",
  });
  expect(await refused.text()).toContain(
    `json: cannot unmarshal number ${BIG} into Go struct field DeploymentSpec.spec.replicas of type int32`,
  );
});

test("custom resources keep them, whether the schema names the field or not", async () => {
  api = await startTestApi();
  const schema = {
    type: "object",
    "x-kubernetes-preserve-unknown-fields": true,
    properties: {
      count: { type: "integer", format: "int64", minimum: 1 },
      set: { type: "array", items: { type: "integer" }, "x-kubernetes-list-type": "set" },
    },
  };
  const definition = await api.send(
    "POST",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    { body: widgetDefinition(schema) },
  );
  expect(definition.status).toBe(201);
  const widgets = "/apis/example.com/v1/namespaces/default/widgets";
  const spec = `{"count":${BIG},"other":${LEAST},"set":[${BIG},1]}`;
  const body = `{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"big"},"spec":${spec}}`;
  const created = await api.send("POST", widgets, { body, type: "application/json" });
  expect([created.status, await created.text()]).toEqual([201, expect.stringContaining(spec)]);
  const read = await api.send("GET", `${widgets}/big`);
  expect(await read.text()).toContain(spec);
  const refused = await api.send("POST", widgets, {
    body: body.replace(`"count":${BIG}`, `"count":${LEAST}`).replace("big", "small"),
    type: "application/json",
  });
  expect(await refused.text()).toContain(
    `spec.count: Invalid value: ${LEAST}: spec.count in body should be greater than or equal to 1`,
  );
});
