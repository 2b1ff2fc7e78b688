import { describe, expect, test } from "bun:test";
import { changed, created, lines, said } from "#test/kit/validate.ts";
import type { CronJob, Job } from "../object.ts";
import { CRON_JOBS, JOBS } from "../resources/batch.ts";
import { scheduleError } from "./schedule.ts";

const template = {
  spec: { containers: [{ name: "c", image: "i" }], restartPolicy: "Never" },
};

type JobSpec = NonNullable<Job["spec"]>;

describe("a Job", () => {
  const job = (spec: Partial<JobSpec>, name = "j"): Job => ({
    metadata: { name, uid: "u" },
    spec: { template, ...spec },
  });
  const indexed = (spec: Partial<JobSpec>) =>
    job({ completionMode: "Indexed", completions: 3, ...spec });
  const failing = (rule: object, spec: Partial<JobSpec> = {}) =>
    job({ podFailurePolicy: { rules: [{ action: "FailJob", ...rule }] }, ...spec });
  const succeeding = (rule: object) => indexed({ successPolicy: { rules: [rule] } });
  const rules = "spec.podFailurePolicy.rules[0]";

  test.each<[string, Job, string[]]>([
    ["as usual", job({}), []],
    ["indexed", indexed({ backoffLimitPerIndex: 1, maxFailedIndexes: 2 }), []],
    [
      "with limits that need indexes",
      job({ backoffLimitPerIndex: 1, maxFailedIndexes: 2 }),
      [
        "spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode",
        "spec.maxFailedIndexes: Invalid value: 2: requires indexed completion mode",
      ],
    ],
    [
      "that may fail more often than it runs",
      indexed({ maxFailedIndexes: 4 }),
      [
        "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified",
        "spec.maxFailedIndexes: Invalid value: 4: must be less than or equal to completions",
      ],
    ],
    [
      "too parallel",
      indexed({ parallelism: 100_001 }),
      [
        "spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when completion mode is Indexed",
      ],
    ],
    [
      "whose pods would have no name",
      { ...indexed({ completions: 11 }), metadata: { name: "j".repeat(61), uid: "u" } },
      [
        `metadata.name: Invalid value: "${"j".repeat(61)}": will not able to create pod with invalid DNS label: ${"j".repeat(61)}-10`,
      ],
    ],
    [
      "managed by nobody in particular",
      job({ managedBy: "me" }),
      [
        'spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")',
      ],
    ],
    ["managed by another", job({ managedBy: "example.com/kueue" }), []],
    ["with a rule", failing({ onExitCodes: { operator: "In", values: [1, 2] } }), []],
    [
      "with a rule about nothing",
      failing({}),
      [`${rules}: Invalid value: specifying one of OnExitCodes and OnPodConditions is required`],
    ],
    [
      "with a rule about success",
      failing({ onExitCodes: { operator: "In", values: [2, 0, 2], containerName: "x" } }),
      [
        `${rules}.onExitCodes.containerName: Invalid value: "x": must be one of the container or initContainer names in the pod template`,
        `${rules}.onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator`,
        `${rules}.onExitCodes.values[2]: Duplicate value: 2`,
        `${rules}.onExitCodes.values: Invalid value: [2,0,2]: must be ordered`,
      ],
    ],
    [
      "with a rule that does nothing known",
      failing({ action: "Retry", onPodConditions: [{ type: "DisruptionTarget" }] }),
      [
        `${rules}.action: Unsupported value: "Retry": supported values: "Count", "FailIndex", "FailJob", "Ignore"`,
      ],
    ],
    [
      "that fails an index without having any",
      failing({ action: "FailIndex", onPodConditions: [{ type: "DisruptionTarget" }] }),
      [`${rules}.action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set`],
    ],
    [
      "that restarts its pods although a policy decides",
      failing(
        { onPodConditions: [{ type: "DisruptionTarget" }] },
        { template: { spec: { ...template.spec, restartPolicy: "OnFailure" } } },
      ),
      [
        'spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified',
      ],
    ],
    ["that needs some to succeed", succeeding({ succeededIndexes: "0,2", succeededCount: 1 }), []],
    [
      "that needs more to succeed than there are",
      succeeding({ succeededIndexes: "0-1", succeededCount: 4 }),
      [
        "spec.successPolicy.rules[0].succeededCount: Invalid value: 4: must be less than or equal to 3 (the number of specified completions)",
        "spec.successPolicy.rules[0].succeededCount: Invalid value: 4: must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)",
      ],
    ],
    [
      "that needs what does not exist",
      succeeding({ succeededIndexes: "2-5" }),
      [
        'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "2-5": error parsing succeededIndexes: too large index: "5"',
      ],
    ],
    [
      "with a success policy and no indexes",
      job({ successPolicy: { rules: [{ succeededCount: 1 }] } }),
      [
        'spec.successPolicy: Invalid value: {"Rules":[{"SucceededIndexes":null,"SucceededCount":1}]}: requires indexed completion mode',
      ],
    ],
    [
      "that replaces as nobody does",
      job({ podReplacementPolicy: "Never" }),
      [
        'spec.podReplacementPolicy: Unsupported value: "Never": supported values: "Failed", "TerminatingOrFailed"',
      ],
    ],
    [
      "with a label that is another's",
      job({ template: { ...template, metadata: { labels: { "job-name": "other" } } } }),
      [
        'spec.template.metadata.labels[job-name]: Invalid value: {"batch.kubernetes.io/controller-uid":"u","batch.kubernetes.io/job-name":"j","controller-uid":"u","job-name":"other"}: must be \'j\'',
      ],
    ],
  ])("%s", (_, given, expected) => {
    expect(created(JOBS, given)).toEqual(expected);
  });

  const stored = (spec: Partial<JobSpec>, status: Job["status"] = {}): Job => {
    const object = job(spec);
    JOBS.setDefaults(object);
    JOBS.prepareForCreate?.(object);
    return { ...object, status };
  };

  test("that is indexed grows and shrinks as a whole", () => {
    const sizes = (completions: number, parallelism: number) =>
      stored({ completionMode: "Indexed", completions, parallelism });
    expect(lines(JOBS.validateUpdate(sizes(5, 5), sizes(3, 3)))).toEqual([]);
    expect(lines(JOBS.validateUpdate(sizes(5, 4), sizes(3, 3)))).toEqual([
      "spec.completions: Invalid value: 5: can only be modified in tandem with spec.parallelism",
    ]);
  });

  test("keeps its manager and its policies", () => {
    const changes = { managedBy: "example.com/a", completionMode: "Indexed" };
    expect(lines(JOBS.validateUpdate(stored(changes), stored({})))).toEqual([
      'spec.completionMode: Invalid value: "Indexed": field is immutable',
      'spec.managedBy: Invalid value: "example.com/a": field is immutable',
    ]);
  });

  const condition = (type: string) => ({ type, status: "True" });
  const ended: Job["status"] = {
    startTime: "2024-01-01T00:00:00Z",
    completionTime: "2024-01-01T00:01:00Z",
    conditions: [condition("SuccessCriteriaMet"), condition("Complete")],
  };

  test.each<[string, Job["status"], Job["status"], string[]]>([
    ["ends", {}, ended, []],
    [
      "ends twice",
      {},
      { ...ended, conditions: [condition("Complete"), condition("Failed")] },
      ["status.conditions: Invalid value: cannot set Complete=True and Failed=true conditions"],
    ],
    [
      "ends while it runs, at no time",
      {},
      { conditions: [condition("Complete")], active: 1 },
      [
        "status.completionTime: Required value: completionTime is required for Complete jobs",
        "status.active: Invalid value: 1: active>0 is invalid for finished job",
        "status.startTime: Required value: startTime is required for finished job",
      ],
    ],
    [
      "comes back",
      ended,
      { startTime: "2024-01-01T00:00:00Z" },
      [
        "status.conditions: Invalid value: cannot disable the terminal Complete=True condition",
        "status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition",
      ],
    ],
    [
      "forgets",
      { failed: 2, succeeded: 2 },
      { failed: 1, succeeded: 1 },
      [
        "status.failed: Invalid value: 1: cannot decrease the failed counter",
        "status.succeeded: Invalid value: 1: cannot decrease the succeeded counter",
      ],
    ],
    [
      "counts indexes that it has not",
      {},
      { completedIndexes: "0-1" },
      [
        'status.completedIndexes: Invalid value: "0-1": error parsing completedIndexes: too large index: "1"',
        'status.completedIndexes: Invalid value: "0-1": cannot set non-empty completedIndexes when non-indexed completion mode',
      ],
    ],
  ])("%s", (_, before, ...[now, expected]) => {
    expect(said(JOBS, stored({}, before), stored({}, now))).toEqual(expected);
  });

  test("has no index that is both done and lost", () => {
    const spec = { completionMode: "Indexed", completions: 9, backoffLimitPerIndex: 1 };
    const next = stored(spec, { completedIndexes: "0-4", failedIndexes: "4,7" });
    expect(said(JOBS, stored(spec), next)).toEqual([
      'status.failedIndexes: Invalid value: "4,7": failedIndexes and completedIndexes overlap at index: 4',
    ]);
  });
});

describe("a CronJob", () => {
  type Spec = NonNullable<CronJob["spec"]>;
  const cron = (spec: Partial<Spec>, name = "c"): CronJob => ({
    metadata: { name },
    spec: { schedule: "*/5 * * * *", jobTemplate: { spec: { template } }, ...spec },
  });

  test.each<[string, CronJob, string[]]>([
    ["as usual", cron({ timeZone: "Europe/Berlin" }), []],
    ["without a schedule", cron({ schedule: "" }), ["spec.schedule: Required value"]],
    [
      "at no time",
      cron({ schedule: "60 * * * *" }),
      ['spec.schedule: Invalid value: "60 * * * *": end of range (60) above maximum (59): 60'],
    ],
    [
      "with a zone in its schedule",
      cron({ schedule: "TZ=UTC 0 * * * *" }),
      [
        'spec.schedule: Invalid value: "TZ=UTC 0 * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
      ],
    ],
    [
      "with a zone in its schedule that there is not",
      cron({ schedule: "CRON_TZ=Moon/Tycho 0 * * * *" }),
      [
        'spec.schedule: Invalid value: "CRON_TZ=Moon/Tycho 0 * * * *": provided bad location Moon/Tycho: unknown time zone Moon/Tycho',
        'spec.schedule: Invalid value: "CRON_TZ=Moon/Tycho 0 * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
      ],
    ],
    [
      "in the zone of the machine by no name of it",
      cron({ timeZone: "LOCAL" }),
      [
        'spec.timeZone: Invalid value: "LOCAL": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
        'spec.timeZone: Invalid value: "LOCAL": unknown time zone LOCAL',
      ],
    ],
    [
      "in no zone",
      cron({ timeZone: "Moon/Tycho" }),
      ['spec.timeZone: Invalid value: "Moon/Tycho": unknown time zone Moon/Tycho'],
    ],
    [
      "in the zone of the machine",
      cron({ timeZone: "Local" }),
      [
        'spec.timeZone: Invalid value: "Local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
      ],
    ],
    [
      "that queues",
      cron({ concurrencyPolicy: "Queue" }),
      [
        'spec.concurrencyPolicy: Unsupported value: "Queue": supported values: "Allow", "Forbid", "Replace"',
      ],
    ],
    [
      "with a selector",
      cron({ jobTemplate: { spec: { template, selector: {}, manualSelector: true } } }),
      [
        "spec.jobTemplate.spec.selector: Invalid value: {}: `selector` will be auto-generated",
        'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"',
      ],
    ],
    [
      "with a long name",
      cron({}, "c".repeat(53)),
      [`metadata.name: Invalid value: "${"c".repeat(53)}": must be no more than 52 characters`],
    ],
  ])("%s", (_, given, expected) => {
    expect(created(CRON_JOBS, given)).toEqual(expected);
  });

  test("with a long name of old may change", () => {
    const long = "c".repeat(60);
    expect(changed(CRON_JOBS, cron({}, long), cron({ suspend: true }, long))).toEqual([]);
  });

  test("with a zone of old may change, but for the zone", () => {
    const zoned = cron({ schedule: "TZ=UTC 0 * * * *" });
    const later = { schedule: "TZ=UTC 1 * * * *" };
    expect(changed(CRON_JOBS, zoned, cron(later))).toEqual([]);
    expect(changed(CRON_JOBS, zoned, cron({ ...later, timeZone: "UTC" }))).toEqual([
      'spec.schedule: Invalid value: "TZ=UTC 1 * * * *": cannot use both timeZone field and TZ or CRON_TZ in schedule',
    ]);
    const lost = cron({ timeZone: "Moon/Tycho" });
    expect(changed(CRON_JOBS, lost, cron({ ...lost.spec, suspend: true }))).toEqual([]);
  });

  test.each<[string, string | undefined]>([
    ["TZ=UTC 0 0 1 1 *", undefined],
    ["TZ=UTC", "invalid schedule format: runtime error: slice bounds out of range [:-1]"],
    ["0 0 1 jan mon-fri", undefined],
    ["*/15,30 ? * * 0", undefined],
    ["1,,2 , * * *", undefined],
    ["@daily", undefined],
    ["@every 1h30m", undefined],
    ["@often", "unrecognized descriptor: @often"],
    ["@every day", 'failed to parse duration @every day: time: invalid duration "day"'],
    ["* * *", "expected exactly 5 fields, found 3: [* * *]"],
    ["* * * * 7", "end of range (7) above maximum (6): 7"],
    ["* * 0 * *", "beginning of range (0) below minimum (1): 0"],
    ["5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"],
    ["1-2-3 * * * *", "too many hyphens: 1-2-3"],
    ["*/2/3 * * * *", "too many slashes: */2/3"],
    ["*/0 * * * *", "step of range should be a positive number: */0"],
    ["x * * * *", 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
  ])("reads the schedule %s", (schedule, expected) => {
    expect(scheduleError(schedule)).toBe(expected as string);
  });
});

test("a Job has no more ready pods than active ones", () => {
  const as = (status: Job["status"]): Job => ({
    metadata: { name: "j" },
    ...(status && { status }),
  });
  expect(said(JOBS, as({}), as({ active: 1, ready: 2 }))).toEqual([
    "status.ready: Invalid value: 2: cannot set more ready pods than active",
  ]);
});
