import { expect, test } from "bun:test";
import { templateOf } from "./new-pod.ts";

test("a pod is told its index by its name, its host's, its labels and its environment", () => {
  const container = { name: "c", image: "busybox:1" };
  const own = { name: "JOB_COMPLETION_INDEX", value: "mine" };
  const job = {
    metadata: { name: "j".repeat(63) },
    spec: {
      template: {
        metadata: { labels: { a: "b" } },
        spec: { containers: [container, { ...container, name: "d", env: [own] }] },
      },
    },
  };
  const { template, prefix } = templateOf(job, { index: 12, failures: 3 });
  expect(prefix).toBe(`${"j".repeat(54)}-12-`);
  expect(template.metadata).toEqual({
    labels: { a: "b", "batch.kubernetes.io/job-completion-index": "12" },
    annotations: {
      "batch.kubernetes.io/job-completion-index": "12",
      "batch.kubernetes.io/job-index-failure-count": "3",
    },
  });
  expect(template.spec?.hostname).toBe(`${"j".repeat(63)}-12`);
  const fieldPath = "metadata.labels['batch.kubernetes.io/job-completion-index']";
  expect(template.spec?.containers.map(({ env }) => env)).toEqual([
    [{ name: "JOB_COMPLETION_INDEX", valueFrom: { fieldRef: { fieldPath } } }],
    [own],
  ]);
  expect(templateOf(job, {})).toEqual({ template: job.spec.template });
});
