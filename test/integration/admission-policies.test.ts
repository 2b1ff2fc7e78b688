import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Status } from "#api/status.ts";
import { startTestApi, type TestApi } from "#test/kit/test-api.ts";
import { startWebhook } from "#test/kit/webhook-server.ts";

const GROUP = "/apis/admissionregistration.k8s.io/v1";
const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
const RULE = {
  apiGroups: [""],
  apiVersions: ["v1"],
  operations: ["CREATE", "UPDATE"],
  resources: ["configmaps"],
};

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api[Symbol.dispose]());

async function send(method: string, path: string, body?: object) {
  const answer = await api.send(method, path, {
    ...(body && { body }),
    ...(method === "PATCH" && { type: "application/merge-patch+json" }),
  });
  const { status: code, headers } = answer;
  return { code, headers, body: JSON.parse(await answer.text()) };
}

const create = (name: string, data: object = {}) =>
  send("POST", CONFIG_MAPS, { metadata: { name }, data });

/** Puts a policy over ConfigMaps in charge, with its binding. */
async function enforce(spec: object, binding: object = {}): Promise<void> {
  const policy = await send("POST", `${GROUP}/validatingadmissionpolicies`, {
    metadata: { name: "p" },
    spec: { matchConstraints: { resourceRules: [RULE] }, ...spec },
  });
  expect([policy.code, policy.body.message]).toEqual([201, undefined]);
  const bound = await send("POST", `${GROUP}/validatingadmissionpolicybindings`, {
    metadata: { name: "b" },
    spec: { policyName: "p", validationActions: ["Deny"], ...binding },
  });
  expect([bound.code, bound.body.message]).toEqual([201, undefined]);
}

const HEAD = "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: ";
const forbidden = (why: string) => `configmaps "a" is forbidden: ${HEAD}${why}`;

describe("a ValidatingAdmissionPolicy", () => {
  const small = { expression: "!has(object.data) || size(object.data) <= 1" };

  test("judges an update that changes nothing, too", async () => {
    await create("a", {});
    await enforce({ validations: [{ expression: "false", message: "never" }] });
    const same = await send("PATCH", `${CONFIG_MAPS}/a`, {});
    expect(same).toMatchObject({ code: 422, body: { message: forbidden("never") } });
  });

  test("denies what its expressions do not hold for", async () => {
    await enforce({ validations: [small] });
    expect(await create("a", { x: "1", y: "2" })).toMatchObject({
      code: 422,
      body: {
        reason: "Invalid",
        message: forbidden(`failed expression: ${small.expression}`),
        details: { causes: [{ message: `${HEAD}failed expression: ${small.expression}` }] },
      },
    });
    expect((await create("a", { x: "1" })).code).toBe(201);
    const grown = await send("PATCH", `${CONFIG_MAPS}/a`, { data: { y: "2" } });
    expect(grown.code).toBe(422);
    expect((await send("DELETE", `${CONFIG_MAPS}/a`)).code).toBe(200);
  });

  test.each<[string, object, { code: number; message: string }]>([
    [
      "its message and reason",
      { validations: [{ expression: "false", message: "never", reason: "Forbidden" }] },
      { code: 403, message: forbidden("never") },
    ],
    [
      "what its message expression says, with variables",
      {
        variables: [
          { name: "n", expression: "size(object.metadata.name)" },
          { name: "twice", expression: "variables.n * 2" },
        ],
        validations: [
          {
            expression: "variables.twice > 2",
            messageExpression: "'twice ' + string(variables.n) + ' is ' + string(variables.twice)",
          },
        ],
      },
      { code: 422, message: forbidden("twice 1 is 2") },
    ],
    [
      "what variables are, where they are all that is said",
      {
        variables: [
          { name: "n", expression: "size(object.metadata.name)" },
          { name: "isEven", expression: "variables.n % 2 == 0" },
          { name: "text", expression: "'odd: ' + string(variables.n)" },
        ],
        validations: [{ expression: "variables.isEven", messageExpression: "variables.text" }],
      },
      { code: 422, message: forbidden("odd: 1") },
    ],
    [
      "that an expression has no value",
      { validations: [{ expression: "object.data.missing == 'x'" }] },
      {
        code: 422,
        message: forbidden(
          "expression 'object.data.missing == 'x'' resulted in error: no such key: data",
        ),
      },
    ],
    [
      "who asks and what",
      {
        validations: [
          {
            expression: "false",
            messageExpression:
              "request.userInfo.username + ' ' + request.operation + ' in ' + namespaceObject.metadata.name",
          },
        ],
      },
      { code: 422, message: forbidden("edgesite-admin CREATE in default") },
    ],
  ])("says %s", async (_, spec, expected) => {
    await enforce(spec);
    const { code, body } = await send("POST", CONFIG_MAPS, { metadata: { name: "a" } });
    expect({ code, message: body.message }).toEqual(expected);
  });

  test("lets pass what has no value where it fails open, and what its conditions leave out", async () => {
    await enforce({
      failurePolicy: "Ignore",
      matchConditions: [{ name: "c", expression: "object.metadata.name != 'b'" }],
      validations: [{ expression: "object.data.missing == 'x'" }, { expression: "false" }],
    });
    expect((await create("b")).code).toBe(201);
    expect((await create("a")).body.message).toBe(forbidden("failed expression: false"));
  });

  test("only warns where its binding says so", async () => {
    await enforce(
      { validations: [{ expression: "false", message: "careful" }] },
      { validationActions: ["Warn", "Audit"] },
    );
    const { code, headers } = await create("a");
    expect(code).toBe(201);
    expect(headers.get("warning")).toBe(
      "299 - \"Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': careful\"",
    );
  });

  test("is narrowed down by its binding", async () => {
    await enforce(
      { validations: [{ expression: "false" }] },
      { matchResources: { objectSelector: { matchLabels: { strict: "yes" } } } },
    );
    expect((await create("a")).code).toBe(201);
    const labelled = { metadata: { name: "b", labels: { strict: "yes" } } };
    expect((await send("POST", CONFIG_MAPS, labelled)).code).toBe(422);
  });

  test("is given parameters, each of which must be satisfied", async () => {
    await enforce(
      {
        paramKind: { apiVersion: "v1", kind: "Secret" },
        validations: [{ expression: "size(object.metadata.name) <= int(params.data.max.size())" }],
      },
      { paramRef: { name: "limits", parameterNotFoundAction: "Deny" } },
    );
    expect((await create("a")).body.message).toBe(
      forbidden(
        "failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction",
      ),
    );
    await send("POST", "/api/v1/namespaces/default/secrets", {
      metadata: { name: "limits" },
      stringData: { max: "x" },
    });
    expect((await create("a")).code).toBe(201);
    expect((await create("too-long")).code).toBe(422);
  });

  test("may ask who may do what", async () => {
    await enforce({
      validations: [
        {
          expression:
            "authorizer.group('').resource('pods').namespace('default').check('create').allowed()",
        },
        {
          expression:
            "!authorizer.serviceAccount('default', 'x').group('').resource('pods').check('create').allowed()",
        },
      ],
    });
    expect((await create("a")).code).toBe(201);
  });

  test("may ask about what selectors narrow down, whatever they are", async () => {
    const lists = "authorizer.group('').resource('pods').namespace('default')";
    const selected = ["spec.nodeName=n", "!", ""].map(
      (selector) =>
        `${lists}.fieldSelector('${selector}').labelSelector('${selector}').check('list').allowed()`,
    );
    await enforce({ validations: selected.map((expression) => ({ expression })) });
    expect((await create("a")).code).toBe(201);
  });

  test.each([
    ["request.object.x == 1", "undefined field 'object'"],
    ["namespaceObject.metadata.uid == ''", "undefined field 'uid'"],
    ["object.x.matches('(')", "invalid matches argument"],
    ["object.x", "must evaluate to bool but got dyn"],
    ["int('x') == 1", "Internal error: program instantiation failed: type conversion error"],
  ])("is refused with %s", async (expression, why) => {
    const resourceRules = [RULE];
    const { code, body } = await send("POST", `${GROUP}/validatingadmissionpolicies`, {
      metadata: { name: "p" },
      spec: { matchConstraints: { resourceRules }, validations: [{ expression }] },
    });
    expect([code, body.message]).toEqual([422, expect.stringContaining(why)]);
  });

  test("is refused with an expression that does not compile", async () => {
    const spec = {
      matchConstraints: { resourceRules: [RULE] },
      validations: [{ expression: "object.x +" }],
    };
    const { code, body } = await send("POST", `${GROUP}/validatingadmissionpolicies`, {
      metadata: { name: "p" },
      spec,
    });
    expect(code).toBe(422);
    expect(body.details.causes[0].field).toBe("spec.validations[0].expression");
    expect(body.message).toContain("compilation failed: ERROR");
  });
});

describe("the conditions of a webhook", () => {
  async function register(server: { url(): string; caBundle: string }, expression: string) {
    const clientConfig = { url: server.url(), caBundle: server.caBundle };
    const answer = await send("POST", `${GROUP}/validatingwebhookconfigurations`, {
      metadata: { name: "w" },
      webhooks: [
        {
          name: "a.example.com",
          rules: [RULE],
          sideEffects: "None",
          admissionReviewVersions: ["v1"],
          clientConfig,
          matchConditions: [{ name: "c", expression }],
        },
      ],
    });
    expect(answer.code).toBe(201);
  }

  test("decide whether it is asked", async () => {
    using server = startWebhook(() => ({ allowed: false }));
    await register(server, "object.metadata.name == 'b'");
    expect((await create("a")).code).toBe(201);
    expect((await create("b")).code).toBe(400);
    expect(server.asked).toHaveLength(1);
  });

  test("refuse when they have no value", async () => {
    using server = startWebhook(() => ({ allowed: true }));
    await register(server, "object.spec.x == 'b'");
    expect(await create("a")).toMatchObject({
      code: 403,
      body: {
        message:
          "configmaps \"a\" is forbidden: expression 'object.spec.x == 'b'' resulted in error: no such key: spec",
      },
    });
  });
});

test("a policy that names what it does not declare is refused in Kubernetes' words", async () => {
  using api = await startTestApi();
  const refused = async (kind: string, spec: object) => {
    const plural = `${kind.toLowerCase().replace(/y$/, "ies")}`;
    const matchConstraints = {
      resourceRules: [
        { apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], operations: ["CREATE"] },
      ],
    };
    const apiVersion = "admissionregistration.k8s.io/v1";
    const response = await api.send("POST", `/apis/${apiVersion}/${plural}`, {
      body: { apiVersion, kind, metadata: { name: "p" }, spec: { matchConstraints, ...spec } },
    });
    const { details } = (await response.json()) as Status;
    return [
      response.status,
      ...(details?.causes ?? []).map(({ field, message = "" }) => {
        const [first, ...more] = message.split("\n");
        return `${field}: ${first}${more.length > 0 ? " …" : ""}`;
      }),
    ];
  };
  const undeclared = (expression: string, name: string, column = 1) =>
    `Invalid value: "${expression}": compilation failed: ERROR: <input>:1:${column}: undeclared reference to '${name}' (in container '') …`;
  expect(
    await refused("ValidatingAdmissionPolicy", {
      variables: [
        { name: "a", expression: "variables.b" },
        { name: "b", expression: "params.x" },
      ],
      validations: [{ expression: "variables.c == 1", messageExpression: "string(params.y)" }],
      matchConditions: [{ name: "m", expression: "variables.a" }],
    }),
  ).toEqual([
    422,
    `spec.variables[0].expression: Invalid value: "variables.b": compilation failed: ERROR: <input>:1:10: undefined field 'b' …`,
    `spec.variables[1].expression: ${undeclared("params.x", "params")}`,
    `spec.validations[0].expression: Invalid value: "variables.c == 1": compilation failed: ERROR: <input>:1:10: undefined field 'c' …`,
    `spec.validations[0].messageExpression: ${undeclared("string(params.y)", "params", 8)}`,
    `spec.matchConditions[0].expression: ${undeclared("variables.a", "variables")}`,
  ]);
  expect(
    await refused("MutatingAdmissionPolicy", {
      reinvocationPolicy: "Never",
      mutations: [
        {
          patchType: "ApplyConfiguration",
          applyConfiguration: { expression: "Object{metadata: Object.metadata{name: params.n}}" },
        },
      ],
    }),
  ).toEqual([
    422,
    `spec.mutations[0].applyConfiguration.expression: ${undeclared("Object{metadata: Object.metadata{name: params.n}}", "params", 40)}`,
  ]);
});
