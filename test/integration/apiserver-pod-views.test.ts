import { expect, test } from "bun:test";
import type { Pod } from "#api/object.ts";
import type { Status } from "#api/status.ts";
import { startTestApi, type TestApi } from "#test/kit/test-api.ts";

const PODS = "/api/v1/namespaces/default/pods";

async function startedApi(spec: Pod["spec"] = { containers: [] }): Promise<TestApi> {
  const api = await startTestApi();
  const body = { metadata: { name: "web" }, spec };
  expect((await api.send("POST", PODS, { body })).status).toBe(201);
  return api;
}

const nginx = { name: "main", image: "nginx" };
const patchType = "application/strategic-merge-patch+json";

const patched = (api: TestApi, view: string, spec: object): Promise<Response> =>
  api.send("PATCH", `${PODS}/web/${view}`, { body: { spec }, type: patchType });

async function podOf(response: Response): Promise<Pod> {
  expect(response.status).toBe(200);
  return (await response.json()) as Pod;
}

async function causes(response: Response): Promise<string[]> {
  expect(response.status).toBe(422);
  const { details } = (await response.json()) as Status;
  return (details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
}

test("kubectl debug puts a container into a pod, which stays there as it is", async () => {
  using api = await startedApi({ containers: [nginx] });
  const guest = { name: "debug", image: "busybox", targetContainerName: "main", stdin: true };
  const pod = await podOf(
    await patched(api, "ephemeralcontainers", { ephemeralContainers: [guest] }),
  );
  expect(pod.spec?.ephemeralContainers).toEqual([
    {
      ...guest,
      imagePullPolicy: "Always",
      resources: {},
      terminationMessagePath: "/dev/termination-log",
      terminationMessagePolicy: "File",
    },
  ]);
  expect(pod.metadata?.generation).toBe(2);

  const labelled = { ...pod, metadata: { ...pod.metadata, labels: { a: "b" } } };
  expect((await podOf(await api.send("PUT", `${PODS}/web`, { body: labelled }))).spec).toEqual(
    pod.spec,
  );

  const none = { ...labelled, spec: { ...pod.spec, ephemeralContainers: [] } };
  delete none.metadata.resourceVersion;
  const refused = await api.send("PUT", `${PODS}/web/ephemeralcontainers`, { body: none });
  expect(await causes(refused)).toEqual([
    'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be removed\n',
  ]);
});

test("a guest in a pod offers nothing and holds on to nothing", async () => {
  using api = await startedApi({
    containers: [{ ...nginx, volumeMounts: [{ name: "v", mountPath: "/v" }] }],
    volumes: [{ name: "v", emptyDir: {} }],
  });
  const guest = {
    name: "main",
    image: " busybox",
    targetContainerName: "nobody",
    ports: [{ containerPort: 80 }],
    resources: { requests: { cpu: "1" } },
    readinessProbe: { exec: { command: ["true"] } },
    volumeMounts: [{ name: "v", mountPath: "/v", subPath: "a" }],
  };
  const refused = await patched(api, "ephemeralcontainers", { ephemeralContainers: [guest] });
  expect(await causes(refused)).toEqual([
    'spec.ephemeralContainers[0].image: Invalid value: " busybox": must not have leading or trailing whitespace',
    'spec.ephemeralContainers[0].name: Duplicate value: "main"',
    'spec.ephemeralContainers[0].targetContainerName: Not found: "nobody"',
    "spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container",
    "spec.ephemeralContainers[0].resources: Forbidden: cannot be set for an Ephemeral Container",
    "spec.ephemeralContainers[0].readinessProbe: Forbidden: cannot be set for an Ephemeral Container",
    "spec.ephemeralContainers[0].volumeMounts[0].subPath: Forbidden: cannot be set for an Ephemeral Container",
  ]);
});

test("a resize changes what containers may use, and nothing else", async () => {
  const resources = {
    requests: { cpu: "100m", memory: "64Mi" },
    limits: { cpu: "200m", memory: "128Mi" },
  };
  using api = await startedApi({ containers: [{ ...nginx, resources }] });
  const more = { requests: { cpu: "150m" }, limits: { memory: "256Mi" } };
  const spec = { containers: [{ name: "main", image: "other", resources: more }] };
  const pod = await podOf(await patched(api, "resize", spec));
  expect(pod.spec?.containers[0]).toMatchObject({
    image: "nginx",
    resources: {
      requests: { cpu: "150m", memory: "64Mi" },
      limits: { cpu: "200m", memory: "256Mi" },
    },
  });
  expect(pod.metadata?.generation).toBe(2);

  const refusals = [
    [
      { limits: { cpu: null } },
      "spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed",
    ],
    [
      { requests: { "ephemeral-storage": "1Gi" } },
      "spec: Forbidden: only cpu and memory resources are mutable",
    ],
    [
      { requests: { memory: "256Mi", cpu: "200m" } },
      'spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing',
    ],
  ] as const;
  for (const [given, said] of refusals) {
    const response = await patched(api, "resize", {
      containers: [{ name: "main", resources: given }],
    });
    expect(await causes(response)).toContain(said);
  }
});

test("what is not wise is said in Warning headers", async () => {
  using api = await startTestApi();
  const selector = { matchLabels: { a: "b" } };
  const template = {
    metadata: { labels: { a: "b" } },
    spec: { containers: [nginx], nodeSelector: { "beta.kubernetes.io/os": "linux" } },
  };
  const path = "/apis/apps/v1/namespaces/default/deployments";
  const body = { metadata: { name: "web.one" }, spec: { selector, template } };
  const created = await api.send("POST", path, { body });
  expect(created.headers.get("warning")).toBe(
    [
      '299 - "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]"',
      '299 - "spec.template.spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \\"kubernetes.io/os\\" instead"',
    ].join(", "),
  );
  const listed = await api.send("GET", "/api/v1/endpoints");
  expect(listed.headers.get("warning")).toBe(
    '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"',
  );
});
