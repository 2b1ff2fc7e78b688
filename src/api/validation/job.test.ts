import { expect, test } from "bun:test";
import { created, lines } from "#test/kit/validate.ts";
import type { Job } from "../object.ts";
import { JOBS } from "../resources/batch.ts";

const job = (spec: Partial<NonNullable<Job["spec"]>>): Job => ({
  metadata: { name: "j", uid: "u" },
  spec: {
    template: { spec: { containers: [{ name: "c", image: "i" }], restartPolicy: "Never" } },
    ...spec,
  },
});

test.each<[string, Job, string[]]>([
  ["as usual", job({}), []],
  [
    "for ever",
    job({ template: { spec: { containers: [{ name: "c", image: "i" }] } } }),
    ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
  ],
  [
    "indexed without end",
    job({ completionMode: "Indexed", parallelism: 2 }),
    ["spec.completions: Required value: when completion mode is Indexed"],
  ],
  [
    "negative",
    job({ backoffLimit: -1 }),
    ["spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0"],
  ],
])("Job: %s", (_, given, expected) => {
  expect(created(JOBS, given)).toEqual(expected);
});

test("a Job keeps what it is, but may be placed elsewhere until it starts", () => {
  const stored = (spec: Partial<NonNullable<Job["spec"]>>) => {
    const object = job(spec);
    JOBS.setDefaults(object);
    JOBS.prepareForCreate?.(object);
    return object;
  };
  const moved = (object: Job): Job => {
    const copy = structuredClone(object);
    if (copy.spec?.template.spec) copy.spec.template.spec.nodeSelector = { a: "b" };
    return copy;
  };
  const running = stored({});
  expect(lines(JOBS.validateUpdate(moved(running), running))[0]).toStartWith(
    "spec.template: Invalid value: {",
  );
  const suspended = stored({ suspend: true });
  expect(JOBS.validateUpdate(moved(suspended), suspended)).toEqual([]);
  const more: Job = {
    ...running,
    ...(running.spec && { spec: { ...running.spec, completions: 3 } }),
  };
  expect(lines(JOBS.validateUpdate(more, running))).toEqual([
    "spec.completions: Invalid value: 3: field is immutable",
  ]);
});
