import { expect, test } from "bun:test";
import type { Job, Pod } from "#api/object.ts";
import { planJob } from "./plan.ts";
import { jobStatus } from "./status.ts";

const pods: Pod[] = ["a", "b", "c"].map((name) => ({
  metadata: { name },
  status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
}));

test.each([
  { spec: { parallelism: 3 }, counts: { active: 3, ready: 3 } },
  { spec: { parallelism: 1 }, counts: { active: 1, ready: 1 } },
  { spec: { suspend: true }, counts: { active: undefined, ready: 0 } },
  { spec: { activeDeadlineSeconds: 1 }, overdue: true, counts: { active: undefined, ready: 0 } },
])("pods that must go are neither active nor ready: $spec", ({ spec, overdue = false, counts }) => {
  const job: Job = { spec: { template: {}, ...spec } };
  const { active, ready } = jobStatus(job, planJob({ job, pods, overdue }), new Date(0));
  expect({ active, ready }).toEqual(counts);
});
