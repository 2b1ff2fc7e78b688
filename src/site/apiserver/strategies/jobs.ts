import type { Job } from "#api/object.ts";
import type { Strategy } from "../strategy.ts";

/** Jobs: the server makes the selector, so that no two Jobs own the same pods. */
export const jobs: Strategy<Job> = {
  prepareCreate(job) {
    const { spec, metadata } = job;
    if (!spec || spec.manualSelector) return;
    const { uid = "", name = "" } = metadata ?? {};
    const { template } = spec;
    template.metadata ??= {};
    template.metadata.labels = {
      ...template.metadata.labels,
      "batch.kubernetes.io/controller-uid": uid,
      "batch.kubernetes.io/job-name": name,
      "controller-uid": uid,
      "job-name": name,
    };
    const matchLabels = { "batch.kubernetes.io/controller-uid": uid };
    spec.selector = {
      ...spec.selector,
      matchLabels: { ...spec.selector?.matchLabels, ...matchLabels },
    };
  },
  defaultPropagation({ warn }) {
    warn(
      "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning",
    );
    return "Orphan";
  },
};
