import type { Pod } from "#api/object.ts";
import { isTerminal } from "#api/pod.ts";
import type { Strategy } from "../strategy.ts";
import type { DisruptionBudgets } from "./disruption-budgets.ts";
import { binding, eviction } from "./pod-actions.ts";
import { ephemeralContainers, resize } from "./pod-views.ts";

const DEFAULT_GRACE_SECONDS = 30;

/** Pods: what the scheduler and evictions do to them, how they go. */
export function pods(budgets: DisruptionBudgets): Strategy<Pod> {
  return {
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
