import { expect, test } from "bun:test";
import type { Pod, PodDisruptionBudget } from "#api/object.ts";
import type { Status } from "#api/status.ts";
import { startTestApi, type TestApi } from "#test/kit/test-api.ts";

const CORE = "/api/v1/namespaces/default";
const BUDGETS = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";

async function given<T>(response: Promise<Response>, code = 201): Promise<T> {
  const answer = await response;
  const body = (await answer.json()) as T;
  expect([answer.status, body]).toEqual([code, body]);
  return body;
}

/** A pod that serves, or does not, on a node. */
async function runPod(api: TestApi, name: string, ready = true): Promise<void> {
  const spec = { nodeName: "edge", containers: [{ name: "main", image: "busybox" }] };
  const metadata = { name, labels: { app: "web" } };
  await given(api.send("POST", `${CORE}/pods`, { body: { metadata, spec } }));
  const conditions = [{ type: "Ready", status: ready ? "True" : "False" }];
  const status = { phase: "Running", conditions };
  await given(
    api.send("PUT", `${CORE}/pods/${name}/status`, { body: { metadata, spec, status } }),
    200,
  );
}

async function budget(
  api: TestApi,
  status: PodDisruptionBudget["status"],
  spec: PodDisruptionBudget["spec"] = {},
): Promise<void> {
  const metadata = { name: "web" };
  const selector = { matchLabels: { app: "web" } };
  const body = { metadata, spec: { minAvailable: 1, selector, ...spec } };
  const made = await given<PodDisruptionBudget>(api.send("POST", BUDGETS, { body }));
  const known = { ...made, status: { observedGeneration: 1, ...status } };
  await given(api.send("PUT", `${BUDGETS}/web/status`, { body: known }), 200);
}

const evict = (api: TestApi, name: string, deleteOptions = {}) =>
  api.send("POST", `${CORE}/pods/${name}/eviction`, {
    body: { apiVersion: "policy/v1", kind: "Eviction", metadata: { name }, deleteOptions },
  });

const counts = (healthy: number, desired: number, allowed: number) => ({
  currentHealthy: healthy,
  desiredHealthy: desired,
  disruptionsAllowed: allowed,
  expectedPods: healthy,
});

test("an eviction takes from its budget what it allows, and says why the pod ends", async () => {
  using api = await startTestApi();
  await runPod(api, "a");
  await runPod(api, "b");
  await budget(api, counts(2, 1, 1));
  const before = api.store.resourceVersion;
  await given(evict(api, "a", { dryRun: ["All"] }));
  expect(api.store.resourceVersion).toBe(before);

  await given(evict(api, "a"));
  const { status } = await given<PodDisruptionBudget>(api.send("GET", `${BUDGETS}/web`), 200);
  expect(status).toMatchObject({
    disruptionsAllowed: 0,
    disruptedPods: { a: "2030-01-01T00:00:00Z" },
    conditions: [{ type: "DisruptionAllowed", status: "False", reason: "InsufficientPods" }],
  });
  const evicted = await given<Pod>(api.send("GET", `${CORE}/pods/a`), 200);
  expect(evicted.metadata?.deletionTimestamp).toBeDefined();
  expect(evicted.status?.conditions).toContainEqual({
    type: "DisruptionTarget",
    status: "True",
    reason: "EvictionByEvictionAPI",
    message: "Eviction API: evicting",
    lastTransitionTime: "2030-01-01T00:00:00Z",
  });

  const refusal = await given<Status>(evict(api, "b"), 429);
  expect(refusal).toEqual({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    reason: "TooManyRequests",
    details: {
      causes: [
        {
          reason: "DisruptionBudget",
          message: "The disruption budget web needs 1 healthy pods and has 2 currently",
        },
      ],
    },
    code: 429,
  });
});

test("evictions at once take no more than there is", async () => {
  using api = await startTestApi();
  const names = ["a", "b", "c", "d"];
  for (const name of names) await runPod(api, name);
  await budget(api, counts(4, 2, 2));
  const answers = await Promise.all(names.map((name) => evict(api, name)));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 429, 429]);
});

test("a budget that nobody has counted yet allows nothing for now", async () => {
  using api = await startTestApi();
  await runPod(api, "a");
  await budget(api, { ...counts(1, 0, 1), observedGeneration: 0 });
  const response = await evict(api, "a");
  expect(response.status).toBe(429);
  expect(response.headers.get("retry-after")).toBe("10");
});

test("pods that serve nobody may go", async () => {
  using api = await startTestApi();
  await runPod(api, "unready", false);
  await budget(api, counts(1, 1, 0));
  await given(evict(api, "unready"));

  await given(api.send("DELETE", `${BUDGETS}/web`), 200);
  await runPod(api, "broken", false);
  await budget(api, counts(0, 1, 0), { unhealthyPodEvictionPolicy: "AlwaysAllow" });
  await given(evict(api, "broken"));
});

test("a pod that another budget protects too is not evicted", async () => {
  using api = await startTestApi();
  await runPod(api, "a");
  await budget(api, counts(1, 0, 1));
  const body = { metadata: { name: "all" }, spec: { maxUnavailable: 0, selector: {} } };
  await given(api.send("POST", BUDGETS, { body }));
  expect(await given<object>(evict(api, "a"))).toEqual({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message:
      "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
    code: 500,
  });
});

test("a Binding or an Eviction of another pod is told before its pod is looked for", async () => {
  using api = await startTestApi();
  for (const kind of ["Binding", "Eviction"]) {
    const path = `/api/v1/namespaces/default/pods/none/${kind.toLowerCase()}`;
    const body = { metadata: { name: "other" }, target: { name: "n" } };
    const refusal = await given<Status>(api.send("POST", path, { body }), 400);
    expect(refusal.message).toBe(`name in URL does not match name in ${kind} object`);
  }
});

test("an eviction names its pod", async () => {
  using api = await startTestApi();
  await runPod(api, "a");
  const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "b" } };
  const refusal = await given<Status>(api.send("POST", `${CORE}/pods/a/eviction`, { body }), 400);
  expect(refusal.message).toBe("name in URL does not match name in Eviction object");
});

test("old clients evict with the version that they know, and with no other", async () => {
  using api = await startTestApi();
  await runPod(api, "a");
  const evictAs = (apiVersion: string) => {
    const body = { apiVersion, kind: "Eviction", metadata: { name: "a" } };
    return api.send("POST", `${CORE}/pods/a/eviction`, { body });
  };
  await given(evictAs("policy/v1alpha1"), 400);
  await given(evictAs("policy/v1beta1"));
});
