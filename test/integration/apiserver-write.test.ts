import { expect, test } from "bun:test";
import type { Deployment, Job, Namespace, Node, Service } from "#api/object.ts";
import { DEPLOYMENTS, JOBS, NAMESPACES, PODS } from "#api/resources.ts";
import type { Status } from "#api/status.ts";
import { bodyOf, CORE, configMap, post, service } from "#test/kit/api-objects.ts";
import { startTestApi } from "#test/kit/test-api.ts";

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
  const labelled = await api.send("PUT", `${base}/web/scale`, {
    body: { metadata: { name: "web", labels: { a: "-" }, finalizers: ["mine"] }, spec: {} },
  });
  expect(JSON.parse(await labelled.text())).toMatchObject({
    code: 422,
    details: { group: "autoscaling", kind: "Scale" },
    message: expect.stringMatching(
      /^Scale.autoscaling "web" is invalid: \[metadata.labels: Invalid value: "-": .+, metadata.finalizers\[0\]: Invalid value: "mine": .+\]$/,
    ),
  });
  const other = await api.send("PATCH", `${base}/web/scale`, {
    body: { metadata: { uid: "other" }, spec: { replicas: 1 } },
    type: "application/merge-patch+json",
  });
  expect(JSON.parse(await other.text())).toMatchObject({
    code: 409,
    message: `Operation cannot be fulfilled on deployments/scale.apps "web": Precondition failed: UID in precondition: other, UID in object meta: ${created.metadata?.uid}`,
    details: { name: "web", group: "apps", kind: "deployments/scale" },
  });
});

test("a Deployment's generation counts its annotations, but not those that come with its status", async () => {
  using api = await startTestApi();
  const path = "/apis/apps/v1/namespaces/default/deployments";
  await post(api, path, deployment);
  const annotated = async (to: string, value: string) => {
    const body = { metadata: { annotations: { value } } };
    const type = "application/merge-patch+json";
    return (await bodyOf(api.send("PATCH", `${path}/web${to}`, { type, body }))).metadata;
  };
  expect((await annotated("", "a"))?.generation).toBe(2);
  expect(await annotated("/status", "b")).toMatchObject({
    generation: 2,
    annotations: { value: "b" },
  });
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
