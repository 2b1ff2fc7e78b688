import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { startTestApi, type TestApi } from "#test/kit/test-api.ts";
import {
  type Answering,
  patching,
  startWebhook,
  type WebhookServer,
} from "#test/kit/webhook-server.ts";

const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
const HOOKS = "/apis/admissionregistration.k8s.io/v1";
const NAME = "a.example.com";
const MERGE = "application/merge-patch+json";
const RULE = { apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"], operations: ["*"] };

let api: TestApi;
let servers: WebhookServer[];
beforeEach(async () => {
  api = await startTestApi();
  servers = [];
});
afterEach(() => {
  api[Symbol.dispose]();
  for (const server of servers) server[Symbol.dispose]();
});

function serve(answering: Answering, hosts?: readonly string[]): WebhookServer {
  const server = startWebhook(answering, hosts && { hosts });
  servers.push(server);
  return server;
}

interface Hook {
  readonly name?: string;
  readonly path?: string;
  readonly [field: string]: unknown;
}

/** Registers webhooks that one server answers; each at its own path. */
async function register(
  kind: "mutating" | "validating",
  server: WebhookServer,
  hooks: readonly Hook[] = [{}],
): Promise<void> {
  const webhooks = hooks.map(({ path = "/", ...rest }) => ({
    name: NAME,
    rules: [RULE],
    sideEffects: "None",
    admissionReviewVersions: ["v1"],
    clientConfig: { url: server.url(path), caBundle: server.caBundle },
    ...rest,
  }));
  const answer = await api.send("POST", `${HOOKS}/${kind}webhookconfigurations`, {
    body: { metadata: { name: `${kind}-hooks` }, webhooks },
  });
  expect(answer.status).toBe(201);
}

async function send(method: string, path: string, body?: object) {
  const type = method === "PATCH" && !Array.isArray(body) ? MERGE : "application/json-patch+json";
  const answer = await api.send(method, path, {
    ...(body && { body }),
    ...(method === "PATCH" && { type }),
  });
  const { headers, status: code } = answer;
  return { code, headers, body: JSON.parse(await answer.text()) };
}

const configMap = (name: string, rest: object = {}) => ({ metadata: { name }, ...rest });
const create = (name: string, rest: object = {}) =>
  send("POST", CONFIG_MAPS, configMap(name, rest));
const allow: Answering = () => ({ allowed: true });

describe("a review", () => {
  test("says all about a creation", async () => {
    const server = serve(allow);
    await register("mutating", server);
    const { code } = await send("POST", `${CONFIG_MAPS}?fieldManager=me`, {
      metadata: { generateName: "a-" },
    });
    expect(code).toBe(201);
    const request = server.asked[0]?.request;
    const kind = { group: "", version: "v1", kind: "ConfigMap" };
    const resource = { group: "", version: "v1", resource: "configmaps" };
    expect(request).toMatchObject({
      kind,
      resource,
      requestKind: kind,
      requestResource: resource,
      namespace: "default",
      operation: "CREATE",
      userInfo: { username: "edgesite-admin" },
      object: { kind: "ConfigMap", apiVersion: "v1", metadata: { generateName: "a-" } },
      oldObject: null,
      dryRun: false,
      options: { kind: "CreateOptions", apiVersion: "meta.k8s.io/v1", fieldManager: "me" },
    });
    expect(request?.name).toBeUndefined();
    expect(request?.object?.metadata?.name).toBeUndefined();
    expect(request?.object?.metadata?.uid).toBeUndefined();
  });

  test("tells who judges an object the name that it has got meanwhile", async () => {
    const server = serve(allow);
    await register("validating", server);
    const { body } = await send("POST", CONFIG_MAPS, { metadata: { generateName: "a-" } });
    const request = server.asked[0]?.request;
    expect([request?.name, request?.object?.metadata?.name]).toEqual([
      body.metadata.name,
      body.metadata.name,
    ]);
  });

  test("shows a validating webhook what will be stored, and both versions of a change", async () => {
    const server = serve(allow);
    await register("validating", server);
    await create("a", { data: { k: "1" } });
    expect(server.asked[0]?.request.object?.metadata?.uid).toBeString();
    await send("PATCH", `${CONFIG_MAPS}/a`, { data: { k: "2" } });
    await send("DELETE", `${CONFIG_MAPS}/a`);
    expect(server.asked.slice(1).map(({ request }) => request)).toMatchObject([
      {
        operation: "UPDATE",
        name: "a",
        object: { data: { k: "2" } },
        oldObject: { data: { k: "1" } },
        options: { kind: "PatchOptions" },
      },
      { operation: "DELETE", name: "a", object: null, oldObject: { data: { k: "2" } } },
    ]);
  });

  test("of version v1beta1 is spoken where nothing newer is known", async () => {
    const server = serve(allow);
    await register("validating", server, [{ admissionReviewVersions: ["v9", "v1beta1"] }]);
    expect((await create("a")).code).toBe(201);
    expect(server.asked).toHaveLength(1);
  });

  test("shows a scale as the Scale that it is", async () => {
    const server = serve(() => patching({ op: "replace", path: "/spec/replicas", value: 7 }));
    const rules = [
      {
        apiGroups: ["apps"],
        apiVersions: ["v1"],
        resources: ["deployments/scale"],
        operations: ["UPDATE"],
      },
    ];
    const template = {
      metadata: { labels: { a: "b" } },
      spec: { containers: [{ name: "c", image: "busybox" }] },
    };
    const deployments = "/apis/apps/v1/namespaces/default/deployments";
    const spec = { replicas: 1, selector: { matchLabels: { a: "b" } }, template };
    await send("POST", deployments, { metadata: { name: "d" }, spec });
    await register("mutating", server, [{ rules }]);
    const scaled = await send("PATCH", `${deployments}/d/scale`, { spec: { replicas: 3 } });
    expect(scaled.body.spec.replicas).toBe(7);
    expect(server.asked[0]?.request).toMatchObject({
      kind: { group: "autoscaling", version: "v1", kind: "Scale" },
      subResource: "scale",
      object: { kind: "Scale", spec: { replicas: 3 } },
      oldObject: { kind: "Scale", spec: { replicas: 1 } },
    });
  });
});

describe("a mutating webhook", () => {
  test("changes what is stored, and what it changes is defaulted", async () => {
    const service = { op: "add", path: "/spec/ports/-", value: { name: "b", port: 81 } };
    const server = serve(() => patching(service));
    await register("mutating", server, [{ rules: [{ ...RULE, resources: ["services"] }] }]);
    const { body } = await send("POST", "/api/v1/namespaces/default/services", {
      metadata: { name: "s" },
      spec: { ports: [{ name: "a", port: 80 }] },
    });
    expect(body.spec.ports[1]).toMatchObject({ port: 81, targetPort: 81, protocol: "TCP" });
  });

  test("that makes it invalid is told so", async () => {
    const server = serve(() => patching({ op: "add", path: "/data", value: { "a b": "c" } }));
    await register("mutating", server);
    expect(await create("a")).toMatchObject({ code: 422, body: { reason: "Invalid" } });
  });

  test("is asked again when a later one changed the object, if it wants to be", async () => {
    const server = serve(({ object }, path) => {
      const labels = object?.metadata?.labels ?? {};
      if (path === "/second") {
        return patching({ op: "add", path: "/data", value: { late: "yes" } });
      }
      const runs = Number(labels["runs"] ?? 0) + 1;
      return patching({ op: "add", path: "/metadata/labels", value: { runs: String(runs) } });
    });
    await register("mutating", server, [
      { name: "first.example.com", path: "/first", reinvocationPolicy: "IfNeeded" },
      { name: "second.example.com", path: "/second" },
    ]);
    const { body } = await create("a");
    expect(server.asked.map(({ path }) => path)).toEqual(["/first", "/second", "/first"]);
    expect(body).toMatchObject({ metadata: { labels: { runs: "2" } }, data: { late: "yes" } });
  });

  test("starts over when the object changed while it was asked", async () => {
    await create("a", { data: { n: "0" } });
    let raced = false;
    const server = serve(async ({ object }) => {
      if (!raced) {
        raced = true;
        const other = { data: { other: "1" } };
        const quiet = { ...RULE, operations: ["DELETE"] };
        await send("PATCH", `${HOOKS}/mutatingwebhookconfigurations/mutating-hooks`, [
          { op: "replace", path: "/webhooks/0/rules/0", value: quiet },
        ] as object);
        await send("PATCH", `${CONFIG_MAPS}/a`, other);
      }
      const { data } = { data: {}, ...object };
      return patching({ op: "add", path: "/data/seen", value: JSON.stringify(data) });
    });
    await register("mutating", server);
    const { body } = await send("PATCH", `${CONFIG_MAPS}/a`, { data: { mine: "1" } });
    expect(server.asked).toHaveLength(2);
    expect(body.data).toMatchObject({ n: "0", other: "1", mine: "1" });
    expect(JSON.parse(body.data.seen)).toEqual({ n: "0", other: "1", mine: "1" });
  });
});

describe("a denial", () => {
  test.each<[string, object, { code: number; message: string; reason?: string }]>([
    [
      "with a status",
      { code: 418, message: "not today", reason: "Teapot" },
      {
        code: 418,
        message: `admission webhook "${NAME}" denied the request: not today`,
        reason: "Teapot",
      },
    ],
    [
      "with a reason only",
      { reason: "Because" },
      {
        code: 400,
        message: `admission webhook "${NAME}" denied the request: Because`,
        reason: "Because",
      },
    ],
    [
      "without a word",
      {},
      { code: 400, message: `admission webhook "${NAME}" denied the request without explanation` },
    ],
  ])("%s", async (_, status, expected) => {
    await register(
      "validating",
      serve(() => ({ allowed: false, status })),
    );
    const { code, body } = await create("a");
    expect(code).toBe(expected.code);
    expect(body).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      ...expected,
    });
    expect((await send("GET", `${CONFIG_MAPS}/a`)).code).toBe(404);
  });

  test("and warnings reach the client", async () => {
    await register(
      "validating",
      serve(() => ({ allowed: true, warnings: ["careful"] })),
    );
    const { headers } = await create("a");
    expect(headers.get("warning")).toBe('299 - "careful"');
  });
});

describe("a webhook that fails", () => {
  const failed = (why: string) =>
    `Internal error occurred: failed calling webhook "${NAME}": ${why}`;

  test.each<[string, Answering, (url: string) => string]>([
    [
      "with 500",
      () => new Response("boom", { status: 500 }),
      () =>
        'failed to call webhook: an error on the server ("boom") has prevented the request from succeeding',
    ],
    [
      "with another uid",
      () => ({ uid: "x", allowed: true }),
      () => "received invalid webhook response: expected response.uid=",
    ],
    [
      "with a patch where it may not",
      () => patching({ op: "add", path: "/data", value: {} }),
      () => "received invalid webhook response: validating webhook may not return response.patch",
    ],
    [
      "by taking too long",
      async () => {
        await Bun.sleep(3000);
        return { allowed: true };
      },
      (url) => `failed to call webhook: Post "${url}/?timeout=1s": context deadline exceeded`,
    ],
  ])("%s refuses by default and says why", async (_, answering, why) => {
    const server = serve(answering);
    await register("validating", server, [{ timeoutSeconds: 1 }]);
    const { code, body } = await create("a");
    expect(code).toBe(500);
    expect(body.message).toStartWith(failed(why(`https://127.0.0.1:${server.port}`)));
  });

  test("is passed over where its policy says so", async () => {
    const server = serve(() => new Response("", { status: 503 }));
    await register("mutating", server, [{ failurePolicy: "Ignore" }]);
    await register("validating", server, [{ failurePolicy: "Ignore" }]);
    expect((await create("a")).code).toBe(201);
    expect(server.asked).toHaveLength(2);
  });

  test("is trusted only with the certificate that its CA bundle vouches for", async () => {
    const [server, other] = [serve(allow), serve(allow)];
    const clientConfig = { url: server.url(), caBundle: other.caBundle };
    await register("validating", server, [{ clientConfig }]);
    const { body } = await create("a");
    expect(body.message).toBe(
      failed(
        `failed to call webhook: Post "${server.url()}?timeout=10s": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
      ),
    );
    expect(server.asked).toHaveLength(0);
    // A connection that was trusted once is not lent to who does not trust it.
    await register("mutating", server);
    expect((await create("b")).code).toBe(500);
  });
});

test("a webhook is trusted by its own certificate alone, as Go trusts it", async () => {
  const server = serve(allow);
  const clientConfig = { url: server.url(), caBundle: server.certificate };
  await register("validating", server, [{ clientConfig }]);
  expect((await create("a")).code).toBe(201);
  expect(server.asked).toHaveLength(1);
});

test("a webhook is asked at the path that client-go makes of the one that was given", async () => {
  const server = serve(allow);
  const paths = ["//twice//", "/end/", "/a/../b", "/"];
  const hooks = paths.map((path, index) => ({ name: `h${index}.example.com`, path }));
  await register("validating", server, hooks);
  expect((await create("a")).code).toBe(201);
  expect(server.asked.map(({ path }) => path).toSorted()).toEqual(["/", "/b", "/end", "/twice"]);
});

describe("a webhook is asked only", () => {
  const labelled = { metadata: { name: "b", labels: { watch: "yes" } } };

  test.each<[string, Hook, object]>([
    [
      "for objects with its labels",
      { objectSelector: { matchLabels: { watch: "yes" } } },
      labelled,
    ],
    [
      "in namespaces with its labels",
      {
        namespaceSelector: {
          matchLabels: { "kubernetes.io/metadata.name": "other" },
        },
      },
      {},
    ],
    ["about its operations", { rules: [{ ...RULE, operations: ["DELETE"] }] }, {}],
    ["about its scope", { rules: [{ ...RULE, scope: "Cluster" }] }, {}],
    ["about its resources", { rules: [{ ...RULE, resources: ["secrets", "configmaps/*"] }] }, {}],
  ])("%s", async (what, hook, wanted) => {
    const server = serve(allow);
    await register("validating", server, [hook]);
    await create("a");
    expect(server.asked).toHaveLength(what === "about its resources" ? 1 : 0);
    if ("metadata" in wanted) {
      await send("POST", CONFIG_MAPS, wanted);
      expect(server.asked).toHaveLength(1);
    }
  });

  test("for a rehearsal when it promised that nothing comes of it", async () => {
    const server = serve(allow);
    await register("mutating", server, [{ sideEffects: "NoneOnDryRun" }]);
    expect((await send("POST", `${CONFIG_MAPS}?dryRun=All`, configMap("a"))).code).toBe(201);
    expect(server.asked[0]?.request).toMatchObject({
      dryRun: true,
      options: { dryRun: ["All"] },
    });
  });

  test("about other things than webhooks", async () => {
    const server = serve(() => ({ allowed: false }));
    const rules = [{ apiGroups: ["*"], apiVersions: ["*"], resources: ["*"], operations: ["*"] }];
    await register("validating", server, [{ rules }]);
    await register("mutating", server, [{ rules }]);
    expect((await create("a")).code).toBe(400);
    const hooks = `${HOOKS}/validatingwebhookconfigurations/validating-hooks`;
    expect((await send("DELETE", hooks)).code).toBe(200);
  });

  test("by an equivalent version, in which it sees the object", async () => {
    const server = serve(allow);
    const rules = [
      {
        apiGroups: [""],
        apiVersions: ["v1"],
        resources: ["events"],
        operations: ["CREATE"],
      },
    ];
    await register("validating", server, [{ rules }]);
    await send("POST", "/apis/events.k8s.io/v1/namespaces/default/events", {
      metadata: { name: "e" },
      eventTime: "2026-01-01T00:00:00.000000Z",
      reportingController: "a.b/c",
      reportingInstance: "i",
      action: "Act",
      reason: "Because",
      type: "Normal",
      regarding: { kind: "Pod", name: "p", namespace: "default" },
    });
    expect(server.asked[0]?.request).toMatchObject({
      kind: { group: "", version: "v1", kind: "Event" },
      requestKind: { group: "events.k8s.io", version: "v1", kind: "Event" },
      object: { apiVersion: "v1", involvedObject: { name: "p" } },
    });
  });
});

describe("a webhook behind a Service", () => {
  const clientConfig = (server: WebhookServer) => ({
    service: { name: "hook", namespace: "default", path: "/validate" },
    caBundle: server.caBundle,
  });
  const failure =
    'failed to call webhook: Post "https://hook.default.svc:443/validate?timeout=10s": ';

  test("is dialled at a ready endpoint, under the name of the Service", async () => {
    const server = serve(allow, ["hook.default.svc"]);
    await register("validating", server, [{ clientConfig: clientConfig(server) }]);
    expect((await create("a")).body.message).toEndWith(`${failure}service "hook" not found`);
    await send("POST", "/api/v1/namespaces/default/services", {
      metadata: { name: "hook" },
      spec: { ports: [{ name: "https", port: 443 }] },
    });
    // A user may not name a loopback address; the controller that the store has this from does not.
    const slice = (name: string, ready: boolean) =>
      api.store.write(
        { collection: "discovery.k8s.io/endpointslices", namespace: "default", name },
        () => ({
          put: Object.assign(
            { metadata: { name, labels: { "kubernetes.io/service-name": "hook" } } },
            { endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready } }] },
            { ports: [{ name: "https", port: server.port }] },
          ),
        }),
      );
    await slice("no", false);
    expect((await create("a")).body.message).toEndWith(
      `${failure}no endpoints available for service "hook"`,
    );
    await slice("yes", true);
    expect((await create("a")).code).toBe(201);
    expect(server.asked[0]?.path).toBe("/validate");
  });
});

test("a webhook is asked about connections, and may refuse them", async () => {
  const server = serve(() => ({ allowed: false, status: { code: 403, message: "no shells" } }));
  const rules = [{ ...RULE, resources: ["pods/exec"], operations: ["CONNECT"] }];
  await register("validating", server, [{ rules }]);
  await send("POST", "/api/v1/namespaces/default/pods", {
    metadata: { name: "a" },
    spec: { nodeName: "n", containers: [{ name: "c", image: "busybox" }] },
  });
  const path = "/api/v1/namespaces/default/pods/a";
  const exec = await api.send("POST", `${path}/exec?command=sh&command=-l&stdout=true`, {
    headers: { upgrade: "websocket", connection: "upgrade" },
  });
  expect(exec.status).toBe(403);
  expect(await exec.text()).toContain(
    `admission webhook \\"${NAME}\\" denied the request: no shells`,
  );
  expect(server.asked[0]?.request).toMatchObject({
    operation: "CONNECT",
    name: "a",
    subResource: "exec",
    kind: { group: "", version: "v1", kind: "PodExecOptions" },
    object: { kind: "PodExecOptions", command: ["sh", "-l"], stdout: true, container: "c" },
    options: null,
  });
});
