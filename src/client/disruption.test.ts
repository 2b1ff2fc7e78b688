import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Pod } from "#api/object.ts";
import { PODS } from "#api/resources.ts";
import { createInProcessApi, type InProcessApi } from "#test/kit/in-process-api.ts";
import { disrupt } from "./disruption.ts";

const KEY = { namespace: "default", name: "web" };
const WHY = { reason: "PreemptionByScheduler", message: "preempting", now: new Date(0) };

let stop: AbortController;
let api: InProcessApi;
beforeEach(async () => {
  stop = new AbortController();
  api = await createInProcessApi(stop.signal);
});
afterEach(() => stop.abort());

/** One that stays to be looked at, as somebody else has yet something to do with it. */
async function pod(status: Pod["status"] = {}): Promise<Pod> {
  const made = await api.client.create(PODS, {
    metadata: { ...KEY, finalizers: ["example.com/hold"] },
    spec: { nodeName: "edge", containers: [{ name: "c", image: "x" }] },
  });
  return await api.client.updateStatus(PODS, { ...made, status });
}

test("a pod says why it goes, and what its node has said meanwhile stays", async () => {
  const seen = await pod();
  await api.client.updateStatus(PODS, {
    ...seen,
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
  });
  expect(await disrupt(api.client, seen, WHY)).toBe(true);
  const { metadata, status } = await api.client.get(PODS, KEY);
  expect(metadata?.deletionTimestamp).toBeString();
  expect(status).toMatchObject({ phase: "Running" });
  const said = status?.conditions?.map(({ type, reason }) => [type, reason]);
  expect(said).toContainEqual(["Ready", undefined]);
  expect(said).toContainEqual(["DisruptionTarget", "PreemptionByScheduler"]);
});

test.each([
  { phase: "Running", ends: "Failed" },
  { phase: "Succeeded", ends: "Succeeded" },
])("one that is lost and was $phase is $ends, and goes at once", async ({ phase, ends }) => {
  expect(await disrupt(api.client, await pod({ phase }), { ...WHY, isLost: true })).toBe(true);
  const { metadata, status } = await api.client.get(PODS, KEY);
  expect(metadata?.deletionGracePeriodSeconds).toBe(0);
  expect(status?.phase).toBe(ends);
});

test("one that is gone is told of", async () => {
  const seen = await pod();
  await api.client.patch(PODS, KEY, { type: "merge", body: { metadata: { finalizers: null } } });
  await api.client.delete(PODS, KEY, { gracePeriodSeconds: 0 });
  expect(await disrupt(api.client, seen, WHY)).toBe(false);
});
