import { expect, test } from "bun:test";
import { LiveCatalog } from "#api/catalog.ts";
import type { APIService, CertificateSigningRequest, KubeObject, Service } from "#api/object.ts";
import { row } from "#api/resources/row.ts";
import { API_SERVICES, CERTIFICATE_SIGNING_REQUESTS, RESOURCES } from "#api/resources.ts";
import type { Status } from "#api/status.ts";
import type { Table } from "#api/table.ts";
import { silentLogger } from "#lib/log.ts";
import { keepApiServices } from "#site/apiserver/api-services.ts";
import { eventually } from "#test/kit/eventually.ts";
import { startTestApi, type TestApi } from "#test/kit/test-api.ts";

const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io";

async function rows(api: TestApi, path: string): Promise<Map<string, unknown[]>> {
  const response = await api.send("GET", path, { accept: TABLE });
  const table = (await response.json()) as Table;
  return new Map(table.rows.map(({ cells }) => [String(cells[0]), cells.slice(1)]));
}

async function refusal(response: Promise<Response>): Promise<Status> {
  return (await (await response).json()) as Status;
}

test("a new cluster has flow control, priorities and its range of Services", async () => {
  using api = await startTestApi();
  const flows = await rows(api, "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas");
  expect(flows.size).toBe(13);
  expect(flows.get("catch-all")).toEqual(["catch-all", 10_000, "ByUser", "0s", "False"]);
  expect(flows.get("exempt")).toEqual(["exempt", 1, "<none>", "0s", "False"]);
  const levels = await rows(
    api,
    "/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations",
  );
  expect(levels.get("system")).toEqual(["Limited", 30, 64, 6, 50, "0s"]);
  expect(levels.get("exempt")?.slice(0, 2)).toEqual(["Exempt", "<none>"]);

  const ranges = await rows(api, "/apis/networking.k8s.io/v1/servicecidrs");
  expect(ranges.get("kubernetes")).toEqual(["10.43.0.0/16", "0s"]);

  const classes = "/apis/scheduling.k8s.io/v1/priorityclasses";
  expect((await rows(api, classes)).get("system-node-critical")?.[0]).toBe(2_000_001_000);
  expect(await refusal(api.send("DELETE", `${classes}/system-node-critical`))).toMatchObject({
    code: 403,
    message:
      'priorityclasses.scheduling.k8s.io "system-node-critical" is forbidden: this is a system priority class and cannot be deleted',
  });
});

test("a start over the same store writes none of it again", async () => {
  using api = await startTestApi();
  const before = api.store.resourceVersion;
  await api.server.bootstrap();
  expect(api.store.resourceVersion).toBe(before);
});

test("what is served has an APIService, and custom kinds have theirs as long as they are served", async () => {
  using api = await startTestApi();
  const services = await rows(api, "/apis/apiregistration.k8s.io/v1/apiservices");
  expect(services.get("v1.")).toEqual(["Local", "True", "0s"]);
  expect(services.get("v1.events.k8s.io")).toEqual(["Local", "True", "0s"]);
  expect(services.has("v1.apiregistration.k8s.io")).toBe(false);
  const core = await api.verbs.get<APIService>({
    resource: API_SERVICES,
    namespace: "",
    name: "v1.apps",
  });
  expect(core.value.spec).toEqual({
    group: "apps",
    version: "v1",
    groupPriorityMinimum: 17_800,
    versionPriority: 15,
  });

  const catalog = new LiveCatalog(RESOURCES);
  const { signal } = new AbortController();
  const { verbs } = api;
  await keepApiServices({ verbs, catalog, log: silentLogger, signal });
  const widgets = row<KubeObject>({
    group: "example.com",
    version: "v1",
    kind: "Widget",
    plural: "widgets",
    namespaced: true,
    definition: "com.example.v1.Widget",
  });
  const target = { resource: API_SERVICES, namespace: "", name: "v1.example.com" };
  catalog.set("widgets.example.com", [widgets]);
  await eventually(async () => {
    const { value } = await verbs.get<APIService>(target);
    expect(value.spec?.groupPriorityMinimum).toBe(1000);
    return true;
  });
  catalog.set("widgets.example.com", []);
  await eventually(() =>
    verbs.get(target).then(
      () => false,
      () => true,
    ),
  );
});

const REQUEST = Buffer.from(`-----BEGIN CERTIFICATE REQUEST-----
MIHWMH8CAQAwHTENMAsGA1UEAwwEamFuZTEMMAoGA1UECgwDZGV2MFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAERdBVJ+El2raaezQRtL8oCHW8n2mZlh41j6cNs4tl
ahE+LWkgtIbDBzGx8QoqYxltEF0XkLx0rBRL0DZzH0xrPaAAMAoGCCqGSM49BAMC
A0cAMEQCIGKuEPXjMsxLEjapW3Cx2bY3tyBVwQKtlOEirItRtsRvAiAhp09mmZr3
h1kAdA0QaIJG1VNJur1pe81bG4L/HLTOow==
-----END CERTIFICATE REQUEST-----
`).toString("base64");

const CSRS = "/apis/certificates.k8s.io/v1/certificatesigningrequests";

const csr = (given: object = {}): object => ({
  metadata: { name: "Jane's" },
  spec: {
    request: REQUEST,
    signerName: "kubernetes.io/kube-apiserver-client",
    usages: ["client auth"],
    username: "somebody else",
    ...given,
  },
  status: { certificate: "eA==" },
});

async function causes(response: Promise<Response>): Promise<string[]> {
  const { details } = await refusal(response);
  return (details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
}

test("a request for a certificate says who asks, and what for", async () => {
  using api = await startTestApi();
  const user = { name: "jane", uid: "1", groups: ["dev"], extra: { scopes: ["a"] } };
  const { value } = await api.server
    .verbs({ ...user, groups: ["dev", "system:masters"] })
    .create({ resource: CERTIFICATE_SIGNING_REQUESTS, namespace: "" }, csr());
  const created = value as CertificateSigningRequest;
  expect(created.spec).toMatchObject({
    username: "jane",
    uid: "1",
    groups: ["dev", "system:masters"],
    extra: { scopes: ["a"] },
  });
  expect(created.status).toEqual({});
  expect(await rows(api, CSRS)).toEqual(
    new Map([
      ["Jane's", ["0s", "kubernetes.io/kube-apiserver-client", "jane", "<none>", "Pending"]],
    ]),
  );
  const selected = `${CSRS}?fieldSelector=spec.signerName%3Dexample.com/other`;
  expect((await rows(api, selected)).size).toBe(0);

  const wrong = csr({
    request: Buffer.from("x").toString("base64"),
    signerName: "Nobody",
    usages: ["client auth", "client auth", "world rule"],
    expirationSeconds: 5,
  });
  const usages = (await causes(api.send("POST", CSRS, { body: wrong }))).map((text) =>
    text.replace(/supported values: .*/, "…"),
  );
  expect(usages).toEqual([
    'spec.request: Invalid value: "eA==": PEM block type must be CERTIFICATE REQUEST',
    'spec.usages[2]: Unsupported value: "world rule": …',
    'spec.usages[1]: Duplicate value: "client auth"',
    `spec.signerName: Invalid value: "Nobody": must be a fully qualified domain and path of the form 'example.com/signer-name'`,
    "spec.expirationSeconds: Invalid value: 5: may not specify a duration less than 600 seconds (10 minutes)",
  ]);
});

test("a request is approved once, signed once, and never changed otherwise", async () => {
  using api = await startTestApi();
  await api.send("POST", CSRS, { body: csr() });
  const path = `${CSRS}/Jane's`;
  const patch = async (subresource: string, body: object) =>
    api.send("PATCH", `${path}${subresource}`, { body, type: "application/merge-patch+json" });
  const approved = { type: "Approved", status: "True", reason: "r", message: "m" };

  const main = await patch("", {
    spec: { usages: ["server auth"] },
    metadata: { labels: { a: "b" } },
  });
  expect((await main.json()) as object).toMatchObject({
    spec: { usages: ["client auth"] },
    metadata: { labels: { a: "b" } },
  });
  expect(await causes(patch("/status", { status: { conditions: [approved] } }))).toEqual([
    'status.conditions: Forbidden: updates may not add a condition of type "Approved"',
  ]);

  const answer = await patch("/approval", {
    status: { conditions: [approved], certificate: "eA==" },
  });
  expect(((await answer.json()) as CertificateSigningRequest).status).toEqual({
    conditions: [
      {
        ...approved,
        lastUpdateTime: "2030-01-01T00:00:00Z",
        lastTransitionTime: "2030-01-01T00:00:00Z",
      },
    ],
  });
  const denied = { ...approved, type: "Denied" };
  expect(await causes(patch("/approval", { status: { conditions: [denied] } }))).toEqual([
    'status.conditions: Forbidden: updates may not remove a condition of type "Approved"',
  ]);
  expect(await causes(patch("/approval", { status: { conditions: [approved, denied] } }))).toEqual([
    'status.conditions: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive',
  ]);
  expect(await causes(patch("/status", { status: { certificate: "eA==" } }))).toEqual([
    'status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block',
  ]);
});

test("approvers, signers and who finalizes a namespace label and annotate it", async () => {
  using api = await startTestApi();
  await api.send("POST", CSRS, { body: csr() });
  await api.send("POST", "/api/v1/namespaces", { body: { metadata: { name: "team" } } });
  const ways = [
    [`${CSRS}/Jane's`, "approval"],
    [`${CSRS}/Jane's`, "status"],
    ["/api/v1/namespaces/team", "finalize"],
  ];
  for (const [path = "", by = ""] of ways) {
    const shown = (await (await api.send("GET", path)).json()) as KubeObject;
    const metadata = { ...shown.metadata, labels: { a: "b" }, annotations: { by } };
    const answer = await api.send("PUT", `${path}/${by}`, { body: { ...shown, metadata } });
    expect((await answer.json()) as KubeObject).toMatchObject({
      metadata: { labels: { a: "b" }, annotations: { by } },
    });
  }
  for (const by of ["status", "finalize"]) {
    const path = "/api/v1/namespaces/team";
    const shown = (await (await api.send("GET", path)).json()) as KubeObject;
    const metadata = { name: "team" };
    const answer = await api.send("PUT", `${path}/${by}`, { body: { ...shown, metadata } });
    const { metadata: left } = (await answer.json()) as KubeObject;
    expect(left?.labels).toEqual({ "kubernetes.io/metadata.name": "team" });
  }
});

test("a load balancer that asks nodes has a port for that, and gives it back", async () => {
  using api = await startTestApi();
  const path = "/api/v1/namespaces/default/services";
  const balanced = (name: string, healthCheckNodePort?: number) => ({
    metadata: { name },
    spec: {
      type: "LoadBalancer",
      externalTrafficPolicy: "Local",
      ports: [{ port: 80 }],
      ...(healthCheckNodePort && { healthCheckNodePort }),
    },
  });
  const created = await api.send("POST", path, { body: balanced("a") });
  const { spec } = (await created.json()) as Service;
  const port = spec?.healthCheckNodePort ?? 0;
  expect(port).toBeGreaterThanOrEqual(30_000);
  expect(await causes(api.send("POST", path, { body: balanced("b", port) }))).toEqual([
    `spec.healthCheckNodePort: Invalid value: ${port}: provided port is already allocated`,
  ]);
  const patch = (subresource: string, body: object) =>
    api.send("PATCH", `${path}/a${subresource}`, { body, type: "application/merge-patch+json" });
  expect(await causes(patch("", { spec: { loadBalancerClass: "example.com/lb" } }))).toEqual([
    'spec.loadBalancerClass: Invalid value: "example.com/lb": may not change once set',
  ]);
  const ingress = [{ ip: "10.0.0.1" }, { hostname: "10.0.0.2" }, { ipMode: "VIP" }];
  expect(await causes(patch("/status", { status: { loadBalancer: { ingress } } }))).toEqual([
    'status.loadBalancer.ingress[1].hostname: Invalid value: "10.0.0.2": must be a DNS name, not an IP address',
    "status.loadBalancer.ingress[2].ipMode: Forbidden: may not be specified when `ip` is not set",
  ]);
  await api.send("DELETE", `${path}/a`);
  expect((await api.send("POST", path, { body: balanced("b", port) })).status).toBe(201);
});

test("every address of a Service is an IPAddress, for as long as the Service has it", async () => {
  using api = await startTestApi();
  const path = "/apis/networking.k8s.io/v1/ipaddresses";
  expect(await rows(api, path)).toEqual(new Map([["10.43.0.1", ["services/default/kubernetes"]]]));
  const services = "/api/v1/namespaces/default/services";
  const body = { metadata: { name: "web" }, spec: { ports: [{ port: 80 }] } };
  const created = (await (await api.send("POST", services, { body })).json()) as Service;
  const address = created.spec?.clusterIP ?? "";
  const shown = async () => (await rows(api, path)).get(address)?.[0];
  await eventually(async () => (await shown()) === "services/default/web");
  await api.send("DELETE", `${path}/${address}`);
  await eventually(async () => (await shown()) === "services/default/web");
  await api.send("DELETE", `${services}/web`);
  await eventually(async () => (await shown()) === undefined);
});

test("a lease is not taken unseen", async () => {
  using api = await startTestApi();
  const path = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
  const lease = { metadata: { name: "l" }, spec: { holderIdentity: "a" } };
  await api.send("POST", path, { body: lease });
  const taken = { ...lease, spec: { holderIdentity: "b" } };
  expect(await refusal(api.send("PUT", `${path}/l`, { body: taken }))).toMatchObject({
    code: 422,
    message:
      'leases.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
  });
  const patched = await api.send("PATCH", `${path}/l`, {
    body: { spec: { holderIdentity: "b" } },
    type: "application/merge-patch+json",
  });
  expect(patched.status).toBe(200);
});

test("components say how they are, and that nobody should ask any more", async () => {
  const components = [
    { name: "scheduler", failure: () => "module scheduler is failed: out of nodes" },
    { name: "etcd-0", failure: () => undefined },
  ];
  using api = await startTestApi({ components });
  const path = "/api/v1/componentstatuses";
  expect([...(await rows(api, path))]).toEqual([
    ["etcd-0", ["Healthy", "ok", ""]],
    ["scheduler", ["Unhealthy", "", "module scheduler is failed: out of nodes"]],
  ]);
  const one = await api.send("GET", `${path}/etcd-0`);
  expect(one.headers.get("warning")).toBe('299 - "v1 ComponentStatus is deprecated in v1.19+"');
  expect(await one.json()).toEqual({
    apiVersion: "v1",
    kind: "ComponentStatus",
    metadata: { name: "etcd-0" },
    conditions: [{ type: "Healthy", status: "True", message: "ok" }],
  });
  const chosen = await api.send("GET", `${path}?fieldSelector=metadata.name%3Dscheduler`);
  expect(await chosen.json()).toMatchObject({ items: [{ metadata: { name: "scheduler" } }] });
  const absent = await api.send("GET", `${path}/x`);
  expect(await absent.json()).toMatchObject({ code: 500, message: "Component not found: x" });
  expect((await api.send("POST", path, { body: {} })).status).toBe(405);
});

test("what is not wise is said with an error, and of a change that changes nothing", async () => {
  using api = await startTestApi();
  const endpoints = { metadata: { name: "e" }, subsets: [{}] };
  const refused = await api.send("POST", "/api/v1/namespaces/default/endpoints", {
    body: endpoints,
  });
  expect(refused.status).toBe(422);
  expect(refused.headers.get("warning")).toContain("v1 Endpoints is deprecated in v1.33+");
  const body = {
    metadata: { name: "v" },
    spec: {
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteOnce"],
      persistentVolumeReclaimPolicy: "Recycle",
      hostPath: { path: "/tmp" },
    },
  };
  await api.send("POST", "/api/v1/persistentvolumes", { body });
  const same = await api.send("PUT", "/api/v1/persistentvolumes/v", { body });
  expect(same.headers.get("warning")).toContain("The Recycle reclaim policy is deprecated");
});

test("what is said through /status has its defaults too", async () => {
  using api = await startTestApi();
  const statusOf = async (path: string, status: object) => {
    const sent = { body: { status }, type: "application/merge-patch+json" };
    const response = await api.send("PATCH", `${path}/status`, sent);
    return ((await response.json()) as Service).status;
  };
  const services = "/api/v1/namespaces/default/services";
  const spec = { type: "LoadBalancer", ports: [{ port: 80 }] };
  await api.send("POST", services, { body: { metadata: { name: "lb" }, spec } });
  const ingress = [{ ip: "192.0.2.1" }];
  expect(await statusOf(`${services}/lb`, { loadBalancer: { ingress } })).toEqual({
    loadBalancer: { ingress: [{ ip: "192.0.2.1", ipMode: "VIP" }] },
  });
  await api.send("POST", "/api/v1/nodes", { body: { metadata: { name: "n" } } });
  expect<unknown>(await statusOf("/api/v1/nodes/n", { capacity: { cpu: "2" } })).toMatchObject({
    allocatable: { cpu: "2" },
  });
});
