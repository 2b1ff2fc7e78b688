import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { AuditRule } from "#api/audit/policy.ts";
import { eventually } from "#test/kit/eventually.ts";
import { startTestApi, type TestApi } from "#test/kit/test-api.ts";
import { startWebhook, type TlsServer } from "#test/kit/webhook-server.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";

interface Event {
  readonly stage: string;
  readonly auditID: string;
  readonly requestObject?: { readonly metadata?: object };
  readonly responseObject?: { readonly metadata?: object; readonly items?: readonly object[] };
  readonly responseStatus?: object;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

let api: TestApi;
let events: Event[];
let isFull: boolean;

async function start(rules: readonly AuditRule[], omitManagedFields = false): Promise<void> {
  events = [];
  api = await startTestApi({
    audit: {
      policy: { rules, omitManagedFields },
      sink: {
        write(line) {
          events.push(JSON.parse(line));
          return !isFull;
        },
      },
    },
  });
}

beforeEach(() => {
  isFull = false;
});
afterEach(() => api[Symbol.dispose]());

const stages = (): string[] => events.map(({ stage }) => stage);
const last = (): Event | undefined => events.at(-1);

describe("the audit log", () => {
  test("tells who did what, when, and what came of it", async () => {
    await start([{ level: "Metadata" }]);
    const answer = await api.send("POST", `${MAPS}?fieldManager=me`, {
      body: { metadata: { name: "a" }, data: { secret: "x" } },
      headers: { "audit-id": "my-own-id", "x-forwarded-for": "192.0.2.7, 10.0.0.1" },
    });
    expect(answer.headers.get("audit-id")).toBe("my-own-id");
    const common = {
      kind: "Event",
      apiVersion: "audit.k8s.io/v1",
      level: "Metadata",
      auditID: "my-own-id",
      requestURI: `${MAPS}?fieldManager=me`,
      verb: "create",
      user: { username: "edgesite-admin", groups: ["system:masters", "system:authenticated"] },
      sourceIPs: ["192.0.2.7", "10.0.0.1"],
      userAgent: "test/1.0",
    };
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    const times = { requestReceivedTimestamp: time, stageTimestamp: time };
    const reference = { resource: "configmaps", namespace: "default", apiVersion: "v1" };
    expect(events).toEqual([
      { ...common, stage: "RequestReceived", objectRef: reference, ...times },
      {
        ...common,
        stage: "ResponseComplete",
        objectRef: { ...reference, name: "a" },
        responseStatus: { metadata: {}, code: 201 },
        ...times,
        annotations: {
          "authorization.k8s.io/decision": "allow",
          "authorization.k8s.io/reason": "",
        },
      },
    ]);
  });

  test("keeps bodies at the levels that say so", async () => {
    const omitStages = ["RequestReceived"] as const;
    await start([
      { level: "None", verbs: ["delete"] },
      { level: "Request", verbs: ["create", "patch"], omitStages },
      { level: "RequestResponse", omitStages },
    ]);
    const body = { metadata: { name: "a" }, data: { key: "value" } };
    await api.send("POST", MAPS, { body });
    expect(last()?.requestObject).toMatchObject(body);
    expect(last()?.responseObject).toBeUndefined();
    await api.send("PATCH", `${MAPS}/a`, {
      type: "application/merge-patch+json",
      body: { data: { key: "other" } },
    });
    expect(last()?.requestObject).toEqual({ data: { key: "other" } } as object);
    for (const accept of ["application/json", "application/vnd.kubernetes.protobuf"]) {
      await api.send("GET", `${MAPS}/a`, { accept });
      expect(last()?.responseObject).toMatchObject({ kind: "ConfigMap", data: { key: "other" } });
    }
    await api.send("GET", MAPS);
    expect(last()?.responseObject?.items).toHaveLength(1);
    const before = events.length;
    await api.send("DELETE", `${MAPS}/a`);
    expect(events).toHaveLength(before);
  });

  test("leaves out who manages fields where that is not wanted", async () => {
    await start([{ level: "RequestResponse" }], true);
    await api.send("POST", MAPS, { body: { metadata: { name: "a" } } });
    expect(last()?.responseObject?.metadata).not.toHaveProperty("managedFields");
    await api.send("GET", MAPS);
    expect(JSON.stringify(last()?.responseObject)).not.toContain("managedFields");
  });

  test("tells of refusals: of strangers, of what is forbidden, of what is wrong", async () => {
    await start([{ level: "Metadata", omitStages: ["RequestReceived"] }]);
    await api.send("GET", MAPS, { headers: { authorization: "Bearer wrong" } });
    expect(last()).toMatchObject({ user: {}, responseStatus: { code: 401 } });
    await api.send("GET", MAPS, { headers: { "impersonate-user": "eve" } });
    expect(last()).toMatchObject({
      user: { username: "edgesite-admin" },
      impersonatedUser: { username: "eve" },
      responseStatus: { status: "Failure", reason: "Forbidden", code: 403 },
      annotations: { "authorization.k8s.io/decision": "forbid" },
    });
    await api.send("GET", `${MAPS}/none`);
    expect(last()).toMatchObject({
      objectRef: { resource: "configmaps", namespace: "default", name: "none" },
      responseStatus: { message: 'configmaps "none" not found', reason: "NotFound", code: 404 },
    });
    await api.send("GET", "/metrics");
    expect(last()).toMatchObject({ verb: "get", requestURI: "/metrics" });
    expect(last()).not.toHaveProperty("objectRef");
  });

  test("tells why something is forbidden, as far as authorizers know", async () => {
    await start([{ level: "Metadata", omitStages: ["RequestReceived"] }]);
    const group = "rbac.authorization.k8s.io";
    await api.send("POST", `/apis/${group}/v1/namespaces/default/rolebindings`, {
      body: {
        metadata: { name: "b" },
        roleRef: { apiGroup: group, kind: "ClusterRole", name: "none" },
        subjects: [{ apiGroup: group, kind: "User", name: "eve" }],
      },
    });
    await api.send("GET", MAPS, { headers: { "impersonate-user": "eve" } });
    expect(last()?.annotations).toEqual({
      "authorization.k8s.io/decision": "forbid",
      "authorization.k8s.io/reason": `RBAC: clusterrole.${group} "none" not found`,
    });
  });

  test("tells which token was given, and of kinds that are going", async () => {
    await start([{ level: "Metadata", omitStages: ["RequestReceived"] }]);
    const accounts = "/api/v1/namespaces/default/serviceaccounts";
    await api.send("POST", accounts, { body: { metadata: { name: "robot" } } });
    const answer = await api.send("POST", `${accounts}/robot/token`, { body: { spec: {} } });
    const { token } = JSON.parse(await answer.text()).status;
    const { jti } = JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());
    expect(last()?.annotations).toMatchObject({
      "authentication.kubernetes.io/issued-credential-id": `JTI=${jti}`,
    });
    await api.send("GET", "/api/v1/endpoints");
    expect(last()?.annotations).toMatchObject({ "k8s.io/deprecated": "true" });
    await api.send("GET", MAPS);
    expect(last()?.annotations).not.toHaveProperty(["k8s.io/deprecated"]);
  });

  test("tells what a deletion asked for, and of what everybody may ask", async () => {
    await start([{ level: "Request", omitStages: ["RequestReceived"] }]);
    await api.send("POST", MAPS, { body: { metadata: { name: "a" } } });
    await api.send("DELETE", `${MAPS}/a`, { body: { propagationPolicy: "Background" } });
    expect(last()).toMatchObject({
      verb: "delete",
      requestObject: { propagationPolicy: "Background" },
      responseStatus: { status: "Success", details: { name: "a", kind: "configmaps" }, code: 200 },
    });
    await api.server.fetch(new Request("http://edgesite/livez"), { address: "192.0.2.7" });
    expect(last()).toMatchObject({
      requestURI: "/livez",
      user: { username: "system:anonymous", groups: ["system:unauthenticated"] },
      sourceIPs: ["192.0.2.7"],
    });
    await api.send("GET", "/version");
    expect(last()).toMatchObject({ requestURI: "/version", user: { username: "edgesite-admin" } });
  });

  test("has one event of strangers: that they were answered", async () => {
    await start([{ level: "Metadata" }]);
    await api.send("GET", MAPS, { headers: { authorization: "Bearer wrong" } });
    expect(stages()).toEqual(["ResponseStarted"]);
    expect(last()?.responseStatus).toEqual({
      metadata: {},
      status: "Failure",
      message: "Unauthorized",
      reason: "Unauthorized",
      code: 401,
    });
  });

  test("tells when a watch begins, and when it ends", async () => {
    await start([{ level: "Metadata" }]);
    const stop = new AbortController();
    const { signal } = stop;
    const answer = await api.send("GET", `${MAPS}?watch=1`, { signal });
    expect(stages()).toEqual(["RequestReceived", "ResponseStarted"]);
    await answer.body?.cancel();
    await eventually(() => stages().length === 3);
    expect(last()).toMatchObject({ verb: "watch", stage: "ResponseComplete" });
    stop.abort();
  });

  test("carries what admission has to say", async () => {
    await start([{ level: "Metadata", omitStages: ["RequestReceived"] }]);
    using server = startWebhook(() => ({ allowed: true, auditAnnotations: { why: "it may" } }));
    await api.send(
      "POST",
      "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
      {
        body: {
          metadata: { name: "hooks" },
          webhooks: [
            {
              name: "a.example.com",
              rules: [
                {
                  ...{ apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] },
                  operations: ["CREATE"],
                },
              ],
              sideEffects: "None",
              admissionReviewVersions: ["v1"],
              clientConfig: { url: server.url("/"), caBundle: server.caBundle },
            },
          ],
        },
      },
    );
    await api.send("PATCH", "/api/v1/namespaces/default", {
      type: "application/merge-patch+json",
      body: {
        metadata: { labels: { "pod-security.kubernetes.io/audit": "restricted" } },
      },
    });
    const made = await api.send("POST", "/api/v1/namespaces/default/pods", {
      body: { metadata: { name: "p" }, spec: { containers: [{ name: "c", image: "i" }] } },
    });
    expect(made.status).toBe(201);
    expect(made.headers.get("warning")).toBeNull();
    expect(last()?.annotations).toMatchObject({
      "a.example.com/why": "it may",
      "pod-security.kubernetes.io/enforce-policy": "privileged:latest",
      "pod-security.kubernetes.io/audit-violations": expect.stringContaining(
        'would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false',
      ),
    });
  });

  /** Configures webhooks by their paths; those below `/gone` have no server. */
  async function hook(
    sort: "mutating" | "validating",
    paths: readonly string[],
    server: TlsServer,
  ) {
    const rule = { apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"] };
    const webhooks = paths.map((path) => ({
      name: `${path.replaceAll("/", "")}.example.com`,
      rules: [{ ...rule, operations: ["CREATE"] }],
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
      failurePolicy: "Ignore",
      ...(sort === "mutating" && { reinvocationPolicy: "IfNeeded" }),
      clientConfig: {
        url: path.startsWith("/gone") ? "https://127.0.0.1:1/" : server.url(path),
        caBundle: server.caBundle,
      },
    }));
    const kind = `/apis/admissionregistration.k8s.io/v1/${sort}webhookconfigurations`;
    const answer = await api.send("POST", kind, { body: { metadata: { name: sort }, webhooks } });
    expect(answer.status).toBe(201);
  }

  test("tells what each webhook made of an object, and whom nobody could ask", async () => {
    await start([{ level: "Request", resources: [{ group: "", resources: ["configmaps"] }] }]);
    const patch = [{ value: { a: "<" }, path: "/data", op: "add" }];
    using server = startWebhook((_request, path) => ({
      allowed: true,
      ...(path === "/set" && {
        patchType: "JSONPatch",
        patch: Buffer.from(JSON.stringify(patch)).toString("base64"),
      }),
    }));
    await hook("mutating", ["/look", "/set", "/gone"], server);
    await hook("validating", ["/see", "/gone"], server);
    expect((await api.send("POST", MAPS, { body: { metadata: { name: "a" } } })).status).toBe(201);
    const note = (name: string, mutated: boolean) =>
      `{"configuration":"mutating","webhook":"${name}.example.com","mutated":${mutated}}`;
    const [mutation, failed] = ["mutation.webhook.admission.k8s.io", "failed-open"];
    expect(last()?.annotations).toEqual({
      "authorization.k8s.io/decision": "allow",
      "authorization.k8s.io/reason": "",
      [`${mutation}/round_0_index_0`]: note("look", false),
      [`${mutation}/round_0_index_1`]: note("set", true),
      "patch.webhook.admission.k8s.io/round_0_index_1":
        '{"configuration":"mutating","webhook":"set.example.com","patch":[{"op":"add","path":"/data","value":{"a":"\\u003c"}}],"patchType":"JSONPatch"}',
      [`${mutation}/round_0_index_2`]: note("gone", false),
      [`${failed}.${mutation}/round_0_index_2`]: "gone.example.com",
      [`${mutation}/round_1_index_0`]: note("look", false),
      [`${failed}.validating.webhook.admission.k8s.io/round_0_index_1`]: "gone.example.com",
    });
  });

  test("shows no patch where it shows no bodies", async () => {
    await start([{ level: "Metadata", resources: [{ group: "", resources: ["configmaps"] }] }]);
    using server = startWebhook(() => ({
      allowed: true,
      patchType: "JSONPatch",
      patch: Buffer.from('[{"op":"add","path":"/data","value":{}}]').toString("base64"),
    }));
    await hook("mutating", ["/set"], server);
    await api.send("POST", MAPS, { body: { metadata: { name: "a" } } });
    expect(Object.keys(last()?.annotations ?? {}).toSorted()).toEqual([
      "authorization.k8s.io/decision",
      "authorization.k8s.io/reason",
      "mutation.webhook.admission.k8s.io/round_0_index_0",
    ]);
  });

  test("hears out a webhook that refuses, and so does the client", async () => {
    await start([{ level: "Metadata" }]);
    using server = startWebhook(() => ({
      allowed: false,
      warnings: ["ask first"],
      auditAnnotations: { why: "it may not" },
    }));
    await hook("validating", ["/no"], server);
    const answer = await api.send("POST", MAPS, { body: { metadata: { name: "a" } } });
    expect([answer.status, answer.headers.get("warning")]).toEqual([400, '299 - "ask first"']);
    expect(last()?.annotations).toMatchObject({ "no.example.com/why": "it may not" });
  });

  test("counts what it had no room for", async () => {
    await start([{ level: "None", nonResourceURLs: ["/metrics"] }, { level: "Metadata" }]);
    isFull = true;
    await api.send("GET", MAPS);
    const text = await (await api.send("GET", "/metrics")).text();
    expect(text).toContain('apiserver_audit_error_total{plugin="log"} 2\n');
    expect(text).toContain("apiserver_audit_event_total 2\n");
    expect(text).toContain('apiserver_audit_level_total{level="Metadata"} 1\n');
  });

  test("tells what policies found, and what they wanted to be noted", async () => {
    await start([{ level: "Metadata", verbs: ["create"] }]);
    const group = "/apis/admissionregistration.k8s.io/v1";
    const rule = {
      apiGroups: [""],
      apiVersions: ["v1"],
      operations: ["CREATE"],
      resources: ["configmaps"],
    };
    const post = (path: string, body: object) => api.send("POST", path, { body });
    await post(`${group}/validatingadmissionpolicies`, {
      metadata: { name: "p" },
      spec: {
        matchConstraints: { resourceRules: [rule] },
        validations: [
          { expression: "authorizer.requestResource.check('create').allowed()" },
          { expression: "false", message: "careful: a < b & c" },
        ],
        auditAnnotations: [
          { key: "who", valueExpression: "' ' + request.userInfo.username + ' '" },
          { key: "none", valueExpression: "null" },
        ],
      },
    });
    await post(`${group}/validatingadmissionpolicybindings`, {
      metadata: { name: "b" },
      spec: { policyName: "p", validationActions: ["Audit"] },
    });
    expect((await post(MAPS, { metadata: { name: "a" } })).status).toBe(201);
    expect(last()?.annotations).toMatchObject({
      "p/who": "edgesite-admin",
      "validation.policy.admission.k8s.io/validation_failure":
        '[{"message":"careful: a \\u003c b \\u0026 c","policy":"p","binding":"b","expressionIndex":1,"validationActions":["Audit"]}]',
    });
    expect(last()?.annotations).not.toHaveProperty("p/none");
  });
});
