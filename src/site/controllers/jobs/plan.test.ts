import { expect, test } from "bun:test";
import type { Job, Pod } from "#api/object.ts";
import { planJob } from "./plan.ts";

const job = (spec: Partial<Job["spec"]> = {}, status: Job["status"] = {}): Job => ({
  spec: { template: {}, ...spec },
  status,
});
const pods = (...phases: readonly string[]): Pod[] =>
  phases.map((phase, index) => ({ metadata: { name: `p${index}` }, status: { phase } }));
const plan = (given: Job, running: readonly Pod[], overdue = false) => {
  const { create, remove, ended } = planJob({ job: given, pods: running, overdue });
  return { create, remove: remove.length, ended: ended?.outcome[0] };
};

test.each([
  { phases: [], spec: {}, create: 1 },
  { phases: [], spec: { completions: 5, parallelism: 2 }, create: 2 },
  { phases: ["Succeeded", "Running"], spec: { completions: 5, parallelism: 3 }, create: 2 },
  { phases: ["Succeeded", "Succeeded"], spec: { completions: 3, parallelism: 3 }, create: 1 },
  { phases: ["Failed"], spec: { completions: 1 }, create: 1 },
  { phases: ["Succeeded", "Running"], spec: { parallelism: 2 }, create: 0 },
  {
    phases: ["Running", "Running", "Running"],
    spec: { parallelism: 1, completions: 9 },
    remove: 2,
  },
  { phases: ["Running"], spec: { suspend: true }, remove: 1 },
])("%j", ({ phases, spec, create = 0, remove = 0 }) => {
  expect(plan(job(spec), pods(...phases))).toEqual({ create, remove, ended: undefined });
});

test("a Job ends with its completions, its failures or its deadline, and then runs nothing", () => {
  const enough = plan(job({ completions: 2 }), pods("Succeeded", "Succeeded"));
  expect(enough).toEqual({ create: 0, remove: 0, ended: "CompletionsReached" });
  const failed = plan(
    job({ backoffLimit: 1, parallelism: 3 }),
    pods("Failed", "Failed", "Running"),
  );
  expect(failed).toEqual({ create: 0, remove: 1, ended: "BackoffLimitExceeded" });
  expect(plan(job(), pods("Running"), true).ended).toBe("DeadlineExceeded");
});

test("a pod that was deleted after it succeeded stays counted", () => {
  expect(plan(job({ completions: 2 }, { succeeded: 1 }), pods()).create).toBe(1);
});
