import { describe, expect, test } from "bun:test";
import type { Job, Pod } from "#api/object.ts";
import { planJob } from "./plan.ts";

const spec = { containers: [{ name: "c", image: "busybox:1" }] };
const job = (spec: Partial<Job["spec"]> = {}, status: Job["status"] = {}): Job => ({
  spec: { template: {}, ...spec },
  status,
});
const pods = (...phases: readonly string[]): Pod[] =>
  phases.map((phase, index) => ({ metadata: { name: `p${index}` }, status: { phase } }));
const plan = (given: Job, running: readonly Pod[], overdue = false) => {
  const { create, remove, ended } = planJob({ job: given, pods: running, overdue });
  return { create: create.length, remove: remove.length, ended: ended?.outcome[0] };
};

test.each([
  { phases: [], spec: {}, create: 1 },
  { phases: [], spec: { completions: 5, parallelism: 2 }, create: 2 },
  { phases: ["Succeeded", "Running"], spec: { completions: 5, parallelism: 3 }, create: 2 },
  { phases: ["Succeeded", "Succeeded"], spec: { completions: 3, parallelism: 3 }, create: 1 },
  { phases: ["Failed"], spec: { completions: 1 }, create: 1 },
  { phases: ["Running"], spec: { parallelism: 2 ** 31 - 1 }, create: 500 },
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

test("pods that are restarted in place end their Job once they were so too often", () => {
  const given = job({
    backoffLimit: 2,
    template: { spec: { ...spec, restartPolicy: "OnFailure" } },
  });
  const restarted = (restartCount: number): Pod[] => [
    {
      status: {
        phase: "Running",
        containerStatuses: [{ name: "c", image: "", imageID: "", ready: true, restartCount }],
      },
    },
  ];
  expect(plan(given, restarted(1)).ended).toBeUndefined();
  expect(plan(given, restarted(2))).toEqual({
    create: 0,
    remove: 1,
    ended: "BackoffLimitExceeded",
  });
});

test("a pod that is ending is waited for where its Job says so", () => {
  const ending: Pod[] = [
    { metadata: { deletionTimestamp: "2030-01-01T00:00:00Z" }, status: { phase: "Running" } },
  ];
  expect(plan(job({ podReplacementPolicy: "TerminatingOrFailed" }), ending).create).toBe(1);
  expect(plan(job({ podReplacementPolicy: "Failed" }), ending).create).toBe(0);
});

describe("a pod failure policy", () => {
  const failedWith = (exitCode: number, name = "c"): Pod => ({
    metadata: { namespace: "x", name: "p" },
    status: {
      phase: "Failed",
      conditions: [{ type: "DisruptionTarget", status: "True" }],
      containerStatuses: [
        {
          ...{ name, image: "", imageID: "", ready: false, restartCount: 0 },
          state: { terminated: { exitCode } },
        },
      ],
    },
  });
  type Rules = NonNullable<NonNullable<Job["spec"]>["podFailurePolicy"]>["rules"];
  const under = (rules: Rules, pod: Pod) =>
    planJob({ job: job({ podFailurePolicy: { rules } }), pods: [pod], overdue: false });

  test("fails the Job at once, and says for which container", () => {
    const rules: Rules = [
      { action: "FailJob", onExitCodes: { containerName: "c", operator: "In", values: [3, 42] } },
    ];
    expect(under(rules, failedWith(42)).ended).toEqual({
      type: "Failed",
      outcome: [
        "PodFailurePolicy",
        "Container c for pod x/p failed with exit code 42 matching FailJob rule at index 0",
      ],
    });
    expect(under(rules, failedWith(1)).ended).toBeUndefined();
    expect(under(rules, failedWith(42, "other")).ended).toBeUndefined();
  });

  test("counts no failure that it ignores; the first rule that matches is the one", () => {
    const onPodConditions = [{ type: "DisruptionTarget", status: "True" }];
    const ignore = { action: "Ignore", onPodConditions };
    const other = { action: "FailJob", onExitCodes: { operator: "NotIn", values: [7] } };
    expect(under([ignore, other], failedWith(1))).toMatchObject({ failed: 0, create: [{}] });
    expect(under([other, ignore], failedWith(1)).ended?.outcome[0]).toBe("PodFailurePolicy");
    expect(under([other, ignore], failedWith(7))).toMatchObject({ failed: 0 });
    expect(under([], failedWith(7))).toMatchObject({ failed: 1 });
  });
});

describe("indexes", () => {
  const at = (index: number, phase: string, failures = 0): Pod => ({
    metadata: {
      name: `p${index}-${failures}`,
      annotations: {
        "batch.kubernetes.io/job-completion-index": String(index),
        "batch.kubernetes.io/job-index-failure-count": String(failures),
      },
    },
    status: { phase },
  });
  const indexed = (spec: Partial<Job["spec"]> = {}, status: Job["status"] = {}) =>
    job({ completionMode: "Indexed", completions: 4, parallelism: 3, ...spec }, status);
  const look = (given: Job, running: readonly Pod[]) => {
    const found = planJob({ job: given, pods: running, overdue: false });
    return {
      create: found.create.map(({ index }) => index),
      remove: found.remove.map(({ metadata }) => metadata?.name),
      ended: found.ended?.outcome,
    };
  };

  test("are worked on from the lowest one, each by one pod, until all are done", () => {
    expect(look(indexed(), [])).toMatchObject({ create: [0, 1, 2] });
    expect(look(indexed(), [at(0, "Succeeded"), at(1, "Failed"), at(2, "Running")])).toEqual({
      create: [1, 3],
      remove: [],
      ended: undefined,
    });
    const twice = [at(0, "Running"), at(0, "Running", 1), at(9, "Running")];
    expect(look(indexed(), twice)).toMatchObject({ create: [], remove: ["p0-1", "p9-0"] });
    expect(look(indexed({}, { completedIndexes: "0-2" }), [at(3, "Succeeded")]).ended?.[0]).toBe(
      "CompletionsReached",
    );
  });

  test("have a limit of their own, and those that were given up fail the Job in the end", () => {
    const limited = (status: Job["status"] = {}, spec: Partial<Job["spec"]> = {}) =>
      indexed({ backoffLimit: 99, backoffLimitPerIndex: 1, ...spec }, status);
    const found = planJob({ job: limited(), pods: [at(0, "Failed")], overdue: false });
    expect(found.create[0]).toEqual({ index: 0, failures: 1 });
    expect(look(limited(), [at(0, "Failed", 1)]).create).toEqual([1, 2, 3]);
    const left = limited({ failedIndexes: "0", completedIndexes: "1,2" });
    expect(look(left, [at(3, "Running")]).ended).toBeUndefined();
    expect(look(left, [at(3, "Succeeded")]).ended).toEqual([
      "FailedIndexes",
      "Job has failed indexes",
    ]);
    const few = limited({ failedIndexes: "0" }, { maxFailedIndexes: 0 });
    expect(look(few, [at(1, "Running")])).toMatchObject({
      remove: ["p1-0"],
      ended: ["MaxFailedIndexesExceeded", expect.any(String)],
    });
  });

  test("may be enough before all of them are done", () => {
    const rules = [{ succeededIndexes: "2-3" }, { succeededIndexes: "0,1", succeededCount: 1 }];
    const given = indexed({ successPolicy: { rules } });
    expect(look(given, [at(2, "Succeeded"), at(0, "Running")]).ended).toBeUndefined();
    expect(look(given, [at(1, "Succeeded"), at(0, "Running")])).toEqual({
      create: [],
      remove: ["p0-0"],
      ended: ["SuccessPolicy", "Matched rules at index 1"],
    });
  });

  test("may be as many as there are numbers", () => {
    const completions = 2 ** 31 - 1;
    const rules = [{ succeededIndexes: `0-${completions - 1}` }];
    const given = indexed({ completions, successPolicy: { rules } }, { completedIndexes: "0-99" });
    expect(look(given, [at(100, "Succeeded")])).toMatchObject({ create: [101, 102, 103] });
    const done = indexed({ completions }, { completedIndexes: `0-${completions - 1}` });
    expect(look(done, []).ended?.[0]).toBe("CompletionsReached");
  });
});
