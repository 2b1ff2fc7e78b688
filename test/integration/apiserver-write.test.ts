import { expect, test } from "bun:test";
import type {
  Deployment,
  EndpointSlice,
  Job,
  KubeObject,
  Namespace,
  Node,
  Pod,
  Service,
} from "#api/object.ts";
import { DEPLOYMENTS, JOBS, NAMESPACES, PODS, SERVICES } from "#api/resources.ts";
import type { Status } from "#api/status.ts";
import { startTestApi, type TestApi } from "#test/kit/test-api.ts";

const CORE = "/api/v1/namespaces/default";

const configMap = (
  name: string,
  data: Record<string, string> = {},
): KubeObject & { data: object } => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  data,
});

const pod = (name: string, spec: Partial<Pod["spec"]> = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: { containers: [{ name: "main", image: "busybox" }], ...spec },
});

const bodyOf = async <T = KubeObject>(response: Response | Promise<Response>): Promise<T> =>
  (await (await response).json()) as T;

async function post<T extends KubeObject>(api: TestApi, path: string, body: unknown): Promise<T> {
  const response = await api.send("POST", path, { body });
  expect(response.status).toBe(201);
  return await bodyOf<T>(response);
}

test("a created object has what the server decides", async () => {
  using api = await startTestApi();
  const body = {
    ...configMap("a", { key: "value" }),
    metadata: { name: "a", uid: "mine", creationTimestamp: "1999-01-01T00:00:00Z" },
  };
  const created = await post(api, `${CORE}/configmaps`, body);
  expect(created).toMatchObject({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a", namespace: "default", creationTimestamp: "2030-01-01T00:00:00Z" },
    data: { key: "value" },
  });
  expect(created.metadata?.uid).toMatch(/^[0-9a-f-]{36}$/);
  expect(created.metadata?.resourceVersion).toBe(String(api.store.resourceVersion));
});

test("no name of a key means anything to the server", async () => {
  using api = await startTestApi();
  const body = '{"metadata":{"name":"a"},"data":{"__proto__":"x","constructor":"y"}}';
  const created = await api.send("POST", `${CORE}/configmaps`, { body });
  expect(created.status).toBe(201);
  expect(await created.text()).toContain('{"__proto__":"x","constructor":"y"}');
});

test("a generated name is the base and five characters", async () => {
  using api = await startTestApi();
  const body = { metadata: { generateName: "web-" } };
  const created = await post(api, `${CORE}/configmaps`, body);
  expect(created.metadata?.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
});

const failure = (code: number, reason: string | undefined, rest: object): object => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Failure",
  ...(reason !== undefined && { reason }),
  code,
  ...rest,
});

test("errors are Kubernetes' own, word for word", async () => {
  using api = await startTestApi();
  await post(api, `${CORE}/configmaps`, configMap("cmx"));
  await post(api, "/api/v1/namespaces", {
    metadata: { name: "tt", finalizers: ["example.com/x"] },
  });
  await api.send("DELETE", "/api/v1/namespaces/tt");
  const stale = { ...configMap("cmx"), metadata: { name: "cmx", resourceVersion: "1" } };
  const cases: [string, string, unknown, object][] = [
    [
      "GET",
      `${CORE}/pods/nope`,
      undefined,
      failure(404, "NotFound", {
        message: 'pods "nope" not found',
        details: { name: "nope", kind: "pods" },
      }),
    ],
    [
      "GET",
      "/apis/apps/v1/namespaces/default/deployments/x",
      undefined,
      failure(404, "NotFound", {
        message: 'deployments.apps "x" not found',
        details: { name: "x", group: "apps", kind: "deployments" },
      }),
    ],
    [
      "GET",
      `${CORE}/things`,
      undefined,
      failure(404, "NotFound", {
        message: "the server could not find the requested resource",
        details: {},
      }),
    ],
    [
      "POST",
      `${CORE}/configmaps`,
      configMap("cmx"),
      failure(409, "AlreadyExists", {
        message: 'configmaps "cmx" already exists',
        details: { name: "cmx", kind: "configmaps" },
      }),
    ],
    [
      "PUT",
      `${CORE}/configmaps/cmx`,
      stale,
      failure(409, "Conflict", {
        message:
          'Operation cannot be fulfilled on configmaps "cmx": the object has been modified; please apply your changes to the latest version and try again',
        details: { name: "cmx", kind: "configmaps" },
      }),
    ],
    [
      "POST",
      `${CORE}/configmaps`,
      { ...configMap("b"), metadata: { name: "b", namespace: "other" } },
      failure(400, "BadRequest", {
        message:
          "the namespace of the provided object does not match the namespace sent on the request",
      }),
    ],
    [
      "PUT",
      `${CORE}/configmaps/cmx`,
      configMap("cmy"),
      failure(400, "BadRequest", {
        message: "the name of the object (cmy) does not match the name on the URL (cmx)",
      }),
    ],
    [
      "POST",
      "/api/v1/namespaces/nope/configmaps",
      configMap("a"),
      failure(404, "NotFound", {
        message: 'namespaces "nope" not found',
        details: { name: "nope", kind: "namespaces" },
      }),
    ],
    [
      "POST",
      "/api/v1/namespaces/tt/configmaps",
      configMap("zz"),
      failure(403, "Forbidden", {
        message:
          'configmaps "zz" is forbidden: unable to create new content in namespace tt because it is being terminated',
        details: {
          name: "zz",
          kind: "configmaps",
          causes: [
            {
              reason: "NamespaceTerminating",
              message: "namespace tt is being terminated",
              field: "metadata.namespace",
            },
          ],
        },
      }),
    ],
    [
      "DELETE",
      "/api/v1/namespaces/default",
      undefined,
      failure(403, "Forbidden", {
        message: 'namespaces "default" is forbidden: this namespace may not be deleted',
        details: { name: "default", kind: "namespaces" },
      }),
    ],
    [
      "PUT",
      `${CORE}/configmaps`,
      configMap("a"),
      failure(405, "MethodNotAllowed", {
        message: "the server does not allow this method on the requested resource",
        details: {},
      }),
    ],
    [
      "POST",
      `${CORE}/configmaps`,
      { ...configMap("a"), metadata: { name: "a", resourceVersion: "1" } },
      failure(500, undefined, {
        message: "resourceVersion should not be set on objects to be created",
      }),
    ],
    [
      "GET",
      `${CORE}/configmaps?resourceVersionMatch=Exact`,
      undefined,
      failure(422, "Invalid", {
        message:
          'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
        details: {
          group: "meta.k8s.io",
          kind: "ListOptions",
          causes: [
            {
              reason: "FieldValueForbidden",
              message:
                "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided",
              field: "resourceVersionMatch",
            },
          ],
        },
      }),
    ],
  ];
  for (const [method, path, body, expected] of cases) {
    expect(await bodyOf<object>(api.send(method, path, { body }))).toEqual(expected);
  }
});

test("a delete whose precondition does not hold says both UIDs", async () => {
  using api = await startTestApi();
  const { metadata } = await post(api, `${CORE}/configmaps`, configMap("cmx"));
  const body = { preconditions: { uid: "abc" } };
  const status = await bodyOf<Status>(api.send("DELETE", `${CORE}/configmaps/cmx`, { body }));
  expect(status).toMatchObject({ code: 409, reason: "Conflict" });
  expect(status.message).toBe(
    `Operation cannot be fulfilled on ConfigMap "cmx": the UID in the precondition (abc) does not match the UID in record (${metadata?.uid}). The object might have been deleted and then recreated`,
  );
});

const BAD_BODIES: [
  string,
  number,
  { body: unknown; type?: string; path?: string; query?: string },
][] = [
  ["malformed JSON", 400, { body: '{"kind":' }],
  ["no object", 400, { body: "[]" }],
  ["malformed YAML", 400, { body: "a: [b", type: "application/yaml" }],
  [
    "an unknown field",
    400,
    { body: { ...configMap("a"), foo: 1 }, query: "?fieldValidation=Strict" },
  ],
  [
    "a duplicate field",
    400,
    {
      body: '{"kind":"ConfigMap","metadata":{"name":"a"},"data":{},"data":{}}',
      query: "?fieldValidation=Strict",
    },
  ],
  ["a wrong kind", 400, { body: { ...configMap("a"), kind: "Secret" } }],
  ["a wrong type", 400, { body: { ...configMap("a"), data: 7 } }],
  ["an unknown media type", 415, { body: "x", type: "text/plain" }],
  ["a bad name", 422, { body: configMap("Bad_Name") }],
  ["no name", 422, { body: { kind: "ConfigMap", apiVersion: "v1" } }],
  ["a bad label", 422, { body: { metadata: { name: "a", labels: { "-": "x y" } } } }],
  ["no containers", 422, { body: { ...pod("a"), spec: {} }, path: `${CORE}/pods` }],
  ["4 MiB", 413, { body: JSON.stringify(configMap("a", { x: "x".repeat(4 * 1024 * 1024) })) }],
  ["an unknown dryRun", 422, { body: configMap("a"), query: "?dryRun=Some" }],
  ["an unknown fieldValidation", 422, { body: configMap("a"), query: "?fieldValidation=Maybe" }],
];

test.each(BAD_BODIES)(
  "%s is %d, and nothing is stored",
  async (_, code, { body, type, path, query }) => {
    using api = await startTestApi();
    const before = api.store.resourceVersion;
    const url = `${path ?? `${CORE}/configmaps`}${query ?? ""}`;
    const response = await api.send("POST", url, { body, ...(type && { type }) });
    expect(await bodyOf<Status>(response)).toMatchObject({
      kind: "Status",
      status: "Failure",
      code,
    });
    expect(response.status).toBe(code);
    expect(api.store.resourceVersion).toBe(before);
  },
);

test("fields that nobody knows are warned about", async () => {
  using api = await startTestApi();
  const response = await api.send("POST", `${CORE}/configmaps`, {
    body: { ...configMap("a"), foo: 1 },
  });
  expect(response.status).toBe(201);
  expect(response.headers.get("warning")).toBe(`299 - "unknown field \\"foo\\""`);
});

test("a dry run goes through everything and stores nothing", async () => {
  using api = await startTestApi();
  const before = api.store.resourceVersion;
  const body = { metadata: { name: "web" }, spec: { ports: [{ port: 80 }] } };
  const service = await post<Service>(api, `${CORE}/services?dryRun=All`, body);
  expect(service.spec?.clusterIP).toStartWith("10.43.");
  expect(api.store.resourceVersion).toBe(before);
  expect((await api.send("GET", `${CORE}/services/web`)).status).toBe(404);
});

test("a change that changes nothing writes nothing", async () => {
  using api = await startTestApi();
  await post(api, `${CORE}/configmaps`, configMap("a", { key: "value" }));
  const before = api.store.resourceVersion;
  const response = await api.send("PUT", `${CORE}/configmaps/a`, {
    body: configMap("a", { key: "value" }),
  });
  expect(response.status).toBe(200);
  expect(api.store.resourceVersion).toBe(before);
});

test("a finalizer keeps an object until it is taken away", async () => {
  using api = await startTestApi();
  const metadata = { name: "a", finalizers: ["example.com/hold"] };
  await post(api, `${CORE}/configmaps`, { ...configMap("a"), metadata });
  const kept = await bodyOf(api.send("DELETE", `${CORE}/configmaps/a`));
  expect(kept.metadata).toMatchObject({
    deletionTimestamp: "2030-01-01T00:00:00Z",
    deletionGracePeriodSeconds: 0,
  });
  const response = await api.send("PUT", `${CORE}/configmaps/a`, { body: configMap("a") });
  expect(response.status).toBe(200);
  expect((await api.send("GET", `${CORE}/configmaps/a`)).status).toBe(404);
});

test.each([
  ["Foreground", ["foregroundDeletion"]],
  ["Orphan", ["orphan"]],
] as const)(
  "a %s delete leaves work to the garbage collector",
  async (propagationPolicy, finalizers) => {
    using api = await startTestApi();
    await post(api, `${CORE}/configmaps`, configMap("a"));
    const body = { kind: "DeleteOptions", apiVersion: "v1", propagationPolicy };
    const kept = await bodyOf(api.send("DELETE", `${CORE}/configmaps/a`, { body }));
    expect(kept.metadata?.finalizers).toEqual([...finalizers]);
  },
);

test("a delete that leaves nothing answers with the UID", async () => {
  using api = await startTestApi();
  const { metadata } = await post(api, `${CORE}/configmaps`, configMap("a"));
  expect(await bodyOf<object>(api.send("DELETE", `${CORE}/configmaps/a`))).toEqual({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: { name: "a", kind: "configmaps", uid: metadata?.uid },
  });
});

test("a collection is deleted by selector", async () => {
  using api = await startTestApi();
  for (const name of ["a", "b"]) {
    const metadata = { name, labels: { app: name } };
    await post(api, `${CORE}/configmaps`, { ...configMap(name), metadata });
  }
  const response = await api.send("DELETE", `${CORE}/configmaps?labelSelector=app%3Da`);
  expect(response.status).toBe(200);
  expect((await api.send("GET", `${CORE}/configmaps/a`)).status).toBe(404);
  expect((await api.send("GET", `${CORE}/configmaps/b`)).status).toBe(200);
});

test("a pod is bound by a Binding of its name, too", async () => {
  using api = await startTestApi();
  await post(api, `${CORE}/pods`, pod("web"));
  const target = { apiVersion: "v1", kind: "Node", name: "edge" };
  const binding = { apiVersion: "v1", kind: "Binding", metadata: { name: "web" }, target };
  const bound = await api.send("POST", `${CORE}/bindings`, { body: binding });
  expect(bound.status).toBe(201);
  expect(await bodyOf<Status>(bound)).toMatchObject({ kind: "Status", status: "Success" });
  const { spec } = await bodyOf<Pod>(api.send("GET", `${CORE}/pods/web`));
  expect(spec?.nodeName).toBe("edge");
  const none = { ...binding, metadata: { name: "none" } };
  const missing = await api.send("POST", `${CORE}/bindings`, { body: none });
  expect(missing.status).toBe(404);
  expect((await api.send("GET", `${CORE}/bindings`)).status).toBe(405);
});

test("a pod that waits for its gates is not bound, nor one by a Binding of another name", async () => {
  using api = await startTestApi();
  const gated = pod("web");
  const spec = { ...gated.spec, schedulingGates: [{ name: "example.com/wait" }] };
  await post(api, `${CORE}/pods`, { ...gated, spec });
  const bind = (binding: object) =>
    bodyOf<Status>(
      api.send("POST", `${CORE}/pods/web/binding`, {
        body: { apiVersion: "v1", kind: "Binding", ...binding },
      }),
    );
  const [metadata, target] = [{ name: "web" }, { kind: "Node", name: "edge" }];
  expect((await bind({ metadata, target })).message).toBe(
    'Operation cannot be fulfilled on pods/binding "web": pod web has non-empty .spec.schedulingGates',
  );
  expect(await bind({ metadata: { name: "other" }, target })).toMatchObject({
    code: 400,
    message: "name in URL does not match name in Binding object",
  });
  const wrong = await bind({ metadata, target: { kind: "Moon" } });
  expect(wrong).toMatchObject({
    code: 500,
    message:
      '[target.kind: Unsupported value: "Moon": supported values: "Node", "<empty>", target.name: Required value]',
  });
  expect(wrong.reason).toBeUndefined();
});

test("a pod is bound once, and goes in its grace period", async () => {
  using api = await startTestApi();
  await post(api, `${CORE}/pods`, pod("web"));
  const target = { apiVersion: "v1", kind: "Node", name: "edge" };
  const binding = { apiVersion: "v1", kind: "Binding", metadata: { name: "web" }, target };
  const bound = await api.send("POST", `${CORE}/pods/web/binding`, { body: binding });
  expect(await bodyOf<object>(bound)).toEqual({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    code: 201,
  });
  const again = await bodyOf<Status>(
    api.send("POST", `${CORE}/pods/web/binding`, { body: binding }),
  );
  expect(again.message).toBe(
    'Operation cannot be fulfilled on pods/binding "web": pod web is already assigned to node "edge"',
  );
  const going = await bodyOf(api.send("DELETE", `${CORE}/pods/web`));
  expect(going.metadata).toMatchObject({
    deletionTimestamp: "2030-01-01T00:00:30Z",
    deletionGracePeriodSeconds: 30,
  });
  const shorter = await bodyOf(
    api.send("DELETE", `${CORE}/pods/web`, { body: { gracePeriodSeconds: 5 } }),
  );
  expect(shorter.metadata?.deletionTimestamp).toBe("2030-01-01T00:00:05Z");
  await api.send("DELETE", `${CORE}/pods/web?gracePeriodSeconds=0`);
  expect((await api.send("GET", `${CORE}/pods/web`)).status).toBe(404);
});

test("a pod that is on no node goes at once", async () => {
  using api = await startTestApi();
  await post(api, `${CORE}/pods`, pod("web"));
  await api.send("DELETE", `${CORE}/pods/web`);
  expect((await api.send("GET", `${CORE}/pods/web`)).status).toBe(404);
});

test("an eviction is a delete", async () => {
  using api = await startTestApi();
  await post(api, `${CORE}/pods`, pod("web", { nodeName: "edge" }));
  const deleteOptions = { gracePeriodSeconds: 7 };
  const metadata = { name: "web" };
  const body = { apiVersion: "policy/v1", kind: "Eviction", metadata, deleteOptions };
  const path = `${CORE}/pods/web/eviction`;
  const before = api.store.resourceVersion;
  const dry = { ...body, deleteOptions: { dryRun: ["All"] } };
  expect((await api.send("POST", path, { body: dry })).status).toBe(201);
  expect(api.store.resourceVersion).toBe(before);
  expect((await api.send("POST", path, { body })).status).toBe(201);
  const evicted = await bodyOf(api.send("GET", `${CORE}/pods/web`));
  expect(evicted.metadata?.deletionTimestamp).toBe("2030-01-01T00:00:07Z");
});

test("a pod gets what admission adds and a status of the server's", async () => {
  using api = await startTestApi();
  const created = await post<Pod>(api, `${CORE}/pods`, {
    ...pod("web"),
    status: { phase: "Running" },
  });
  expect(created.status).toEqual({ phase: "Pending", qosClass: "BestEffort" });
  expect(created.spec).toMatchObject({ serviceAccountName: "default", priority: 0 });
  expect(created.spec?.tolerations).toHaveLength(2);
});

test("status and spec change through their own paths only", async () => {
  using api = await startTestApi();
  await post(api, "/api/v1/nodes", { metadata: { name: "edge" } });
  const body = {
    metadata: { name: "edge" },
    spec: { unschedulable: true },
    status: { phase: "x" },
  };
  const status = await bodyOf<Node>(api.send("PUT", "/api/v1/nodes/edge/status", { body }));
  expect(status.spec?.unschedulable).toBeUndefined();
  expect(status.status).toMatchObject({ phase: "x" });
  const main = await bodyOf<Node>(
    api.send("PUT", "/api/v1/nodes/edge", { body: { ...body, status: { phase: "y" } } }),
  );
  expect(main.spec?.unschedulable).toBe(true);
  expect(main.status).toMatchObject({ phase: "x" });
});

const deployment: Deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "main", image: "busybox" }] },
    },
  },
};

test("a workload is scaled through its scale", async () => {
  using api = await startTestApi();
  const base = "/apis/apps/v1/namespaces/default/deployments";
  const created = await post(api, base, deployment);
  expect(created.metadata?.generation).toBe(1);
  const scale = await bodyOf<Record<string, unknown>>(api.send("GET", `${base}/web/scale`));
  expect(scale).toMatchObject({
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    spec: { replicas: 2 },
    status: { replicas: 0, selector: "app=web" },
  });
  const scaled = await bodyOf(
    api.send("PUT", `${base}/web/scale`, { body: { ...scale, spec: { replicas: 5 } } }),
  );
  expect(scaled).toMatchObject({ kind: "Scale", spec: { replicas: 5 } });
  const { value } = await api.verbs.get({
    resource: DEPLOYMENTS,
    namespace: "default",
    name: "web",
  });
  expect(value.spec?.replicas).toBe(5);
  expect(value.metadata?.generation).toBe(2);
  const bad = await api.send("PUT", `${base}/web/scale`, {
    body: { metadata: { name: "web" }, spec: { replicas: -1 } },
  });
  expect(bad.status).toBe(422);
});

test("a namespace goes in two steps", async () => {
  using api = await startTestApi();
  const created = await post<Namespace>(api, "/api/v1/namespaces", { metadata: { name: "team" } });
  expect(created).toMatchObject({
    metadata: { labels: { "kubernetes.io/metadata.name": "team" } },
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Active" },
  });
  const going = await bodyOf<Namespace>(api.send("DELETE", "/api/v1/namespaces/team"));
  expect(going.status?.phase).toBe("Terminating");
  const body = { ...going, spec: {} };
  const finalized = await api.send("PUT", "/api/v1/namespaces/team/finalize", { body });
  expect(finalized.status).toBe(200);
  const gone = api.verbs.get({ resource: NAMESPACES, namespace: "", name: "team" });
  expect(await gone.catch((error: Error) => error.message)).toBe('namespaces "team" not found');
});

const service = (name: string, spec: Service["spec"] = {}): Service => ({
  metadata: { name },
  spec: { ports: [{ port: 80 }], ...spec },
});

test("services get addresses of their own and give them back", async () => {
  using api = await startTestApi();
  const first = await post<Service>(api, `${CORE}/services`, service("a"));
  const address = first.spec?.clusterIP ?? "";
  expect(first.spec?.clusterIPs).toEqual([address]);
  const wanted = service("b", { clusterIP: address });
  const refused = await bodyOf<Status>(api.send("POST", `${CORE}/services`, { body: wanted }));
  expect(refused).toMatchObject({ code: 422 });
  expect(refused.message).toContain("provided IP is already allocated");
  await api.send("DELETE", `${CORE}/services/a`);
  const second = await post<Service>(api, `${CORE}/services`, wanted);
  expect(second.spec?.clusterIP).toBe(address);
});

test("a refused service takes no address", async () => {
  using api = await startTestApi();
  const wanted = service("Bad_Name", { clusterIP: "10.43.0.77" });
  expect((await api.send("POST", `${CORE}/services`, { body: wanted })).status).toBe(422);
  const fine = await post<Service>(
    api,
    `${CORE}/services`,
    service("fine", { clusterIP: "10.43.0.77" }),
  );
  expect(fine.spec?.clusterIP).toBe("10.43.0.77");
});

test("headless, external and node-port services get what they need", async () => {
  using api = await startTestApi();
  const headless = await post<Service>(
    api,
    `${CORE}/services`,
    service("h", { clusterIP: "None" }),
  );
  expect(headless.spec).toMatchObject({ clusterIP: "None", clusterIPs: ["None"] });
  const external = await post<Service>(
    api,
    `${CORE}/services`,
    service("x", { type: "ExternalName", externalName: "example.com" }),
  );
  expect(external.spec?.clusterIP).toBeUndefined();
  const addressed = { type: "ExternalName", externalName: "a.b", clusterIP: "10.43.0.9" };
  const refused = await bodyOf<Status>(
    api.send("POST", `${CORE}/services`, { body: service("y", addressed) }),
  );
  expect(refused.message).toBe(
    'Service "y" is invalid: spec.clusterIPs: Forbidden: may not be set for ExternalName services',
  );
  const nodePort = await post<Service>(api, `${CORE}/services`, service("n", { type: "NodePort" }));
  expect(nodePort.spec?.ports?.[0]?.nodePort).toBeWithin(30_000, 32_768);
  const { metadata } = nodePort;
  const changed = {
    ...service("n"),
    metadata: { name: "n", resourceVersion: metadata?.resourceVersion },
  };
  const plain = await bodyOf<Service>(api.send("PUT", `${CORE}/services/n`, { body: changed }));
  expect(plain.spec?.clusterIP).toBe(nodePort.spec?.clusterIP ?? "");
  expect(plain.spec?.ports?.[0]?.nodePort).toBeUndefined();
});

test("a change of labels alone is another generation of an EndpointSlice", async () => {
  using api = await startTestApi();
  const path = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";
  const body = { metadata: { name: "s" }, addressType: "IPv4", endpoints: [] };
  await post<EndpointSlice>(api, path, body);
  const patched = async (metadata: object) => {
    const type = "application/merge-patch+json";
    const answer = api.send("PATCH", `${path}/s`, { type, body: { metadata } });
    return (await bodyOf<EndpointSlice>(answer)).metadata?.generation;
  };
  expect(await patched({ annotations: { a: "1" } })).toBe(1);
  expect(await patched({ labels: { a: "1" } })).toBe(2);
});

test("addresses that are in the store are taken after a restart", async () => {
  using before = await startTestApi();
  const { spec } = await post<Service>(before, `${CORE}/services`, service("a"));
  using after = await startTestApi({ store: before.store });
  const wanted = service("b", { clusterIP: spec?.clusterIP ?? "" });
  expect((await after.send("POST", `${CORE}/services`, { body: wanted })).status).toBe(422);
});

test("a job selects its own pods, and leaves them when it goes", async () => {
  using api = await startTestApi();
  const job: Job = {
    metadata: { name: "once" },
    spec: {
      template: {
        spec: { restartPolicy: "Never", containers: [{ name: "main", image: "busybox" }] },
      },
    },
  };
  const created = await post<Job>(api, "/apis/batch/v1/namespaces/default/jobs", job);
  expect(created.spec?.selector?.matchLabels).toEqual({
    "batch.kubernetes.io/controller-uid": created.metadata?.uid ?? "",
  });
  const response = await api.send("DELETE", "/apis/batch/v1/namespaces/default/jobs/once");
  expect(response.headers.get("warning")).toContain("child pods are preserved by default");
  const { value } = await api.verbs.get({ resource: JOBS, namespace: "default", name: "once" });
  expect(value.metadata?.finalizers).toEqual(["orphan"]);
});

test("the way to the API is there from the first second", async () => {
  using api = await startTestApi();
  const { value } = await api.verbs.get({
    resource: SERVICES,
    namespace: "default",
    name: "kubernetes",
  });
  expect(value.spec).toMatchObject({
    clusterIP: "10.43.0.1",
    ports: [{ name: "https", port: 443, targetPort: 6443, protocol: "TCP" }],
  });
  const slices = await bodyOf<{ items: KubeObject[] }>(
    api.send("GET", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"),
  );
  expect(slices.items).toHaveLength(1);
});

test("a commit that fails is 500, and what it had taken is free again", async () => {
  using api = await startTestApi();
  api.store.failNextCommit(new Error("disk full"));
  const wanted = service("a", { clusterIP: "10.43.0.50" });
  const failed = await api.send("POST", `${CORE}/services`, { body: wanted });
  expect(failed.status).toBe(500);
  await post(api, `${CORE}/services`, wanted);
  const { items } = await api.verbs.list({ resource: PODS, namespace: "" });
  expect(items).toEqual([]);
});
