import type { Job } from "#api/object.ts";
import type { Strategy } from "../strategy.ts";

/** Jobs: batch/v1 promised long ago that deleting one leaves its pods, unless one says otherwise. */
export const jobs: Strategy<Job> = {
  defaultPropagation(admission) {
    admission.warn(
      "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning",
    );
    return "Orphan";
  },
};
