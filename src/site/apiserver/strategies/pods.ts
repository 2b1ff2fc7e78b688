import { adoptAppArmor } from "#api/defaults/app-armor.ts";
import { preparePodStatus } from "#api/defaults/pod-status.ts";
import type { Pod, PodCondition } from "#api/object.ts";
import { isTerminal } from "#api/pod.ts";
import { UNARMOURED } from "#api/warnings/pod.ts";
import { rfc3339 } from "#lib/clock.ts";
import type { Strategy } from "../strategy.ts";
import type { DisruptionBudgets } from "./disruption-budgets.ts";
import { binding, eviction } from "./pod-actions.ts";
import { ephemeralContainers, resize } from "./pod-views.ts";

const DEFAULT_GRACE_SECONDS = 30;

const gated = (now: Date): PodCondition => ({
  type: "PodScheduled",
  status: "False",
  lastTransitionTime: rfc3339(now),
  reason: "SchedulingGated",
  message: "Scheduling is blocked due to non-empty scheduling gates",
});

/** Pods: what the scheduler and evictions do to them, how they go. */
export function pods(budgets: DisruptionBudgets): Strategy<Pod> {
  return {
    prepareCreate: (pod, admission) => {
      const { spec, status } = pod;
      if (spec?.schedulingGates?.length && status) status.conditions = [gated(admission.now)];
      for (const key of adoptAppArmor(pod)) {
        admission.warn(`metadata.annotations[${key}]: ${UNARMOURED}`);
      }
    },
    prepareStatus: ({ next, current }) => preparePodStatus(next, current),
    graceSeconds(pod, requested) {
      const { spec } = pod;
      if (!spec?.nodeName || isTerminal(pod)) return 0;
      const seconds = Number(
        requested ?? spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS,
      );
      return seconds < 0 ? 1 : seconds;
    },
    views: { ephemeralcontainers: ephemeralContainers, resize },
    actions: { binding, eviction: eviction(budgets) },
  };
}
