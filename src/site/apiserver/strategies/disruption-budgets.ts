import type { Pod, PodDisruptionBudget } from "#api/object.ts";
import { isReady, isTerminal } from "#api/pod.ts";
import { POD_DISRUPTION_BUDGETS } from "#api/resources/policy.ts";
import { matcherOf } from "#api/selector.ts";
import { forbidden, StatusError } from "#api/status.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { rfc3339 } from "#lib/clock.ts";
import type { Admission } from "../admission.ts";
import { cloneJson } from "../json.ts";
import { collectionOf, itemOf, keyOf } from "../kind.ts";
import type { ActionAnswer } from "../strategy.ts";

type Status = NonNullable<PodDisruptionBudget["status"]>;

/** More evictions than this, not yet seen by the controller, mean that it does not run. */
const MAX_DISRUPTED_PODS = 2000;
const RETRY_SECONDS = 10;
const CONDITION = "DisruptionAllowed";

/** What evictions may take of the pods that PodDisruptionBudgets protect. */
export class DisruptionBudgets {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /**
   * Decides whether a pod may be evicted, and returns what must be stored together with its end, or
   * what is answered where that cannot be decided.
   * @throws StatusError 429 where a budget does not allow it, 403 where a budget is broken.
   */
  admit(pod: Pod, { now }: Pick<Admission, "now">): (() => void) | ActionAnswer {
    const nothing = () => undefined;
    if (isGoingAnyway(pod)) return nothing;
    const [budget, ...others] = this.#budgetsOf(pod);
    if (budget === undefined) return nothing;
    if (others.length > 0) return SEVERAL_BUDGETS;
    if (!isReady(pod) && mayTakeUnhealthy(budget)) return nothing;
    checkAllowed(budget);
    return () => this.#take({ budget, pod, now });
  }

  #budgetsOf(pod: Pod): PodDisruptionBudget[] {
    const { namespace = "", labels } = pod.metadata ?? {};
    return this.#store
      .listNewest(collectionOf(POD_DISRUPTION_BUDGETS), namespace)
      .map((item) => itemOf(POD_DISRUPTION_BUDGETS, item).value)
      .filter(({ spec }) => matcherOf(spec?.selector).matches(labels));
  }

  /** One disruption less; the pod is noted, so that the controller does not count it meanwhile. */
  #take({ budget, pod, now }: { budget: PodDisruptionBudget; pod: Pod; now: Date }): void {
    const { name = "", namespace = "" } = budget.metadata ?? {};
    const next = cloneJson(budget);
    const at = rfc3339(now);
    const { disruptionsAllowed, ...counted } = countsOf(budget);
    const left = disruptionsAllowed - 1;
    const disruptedPods = { ...counted.disruptedPods, [pod.metadata?.name ?? ""]: at };
    next.status = {
      ...counted,
      disruptionsAllowed: left,
      disruptedPods,
      ...(left === 0 && { conditions: withoutMore(counted, at) }),
    };
    const key = keyOf({ resource: POD_DISRUPTION_BUDGETS, namespace }, name);
    // It is in the same commit as the pod: who waits for that hears of its failure.
    this.#store.write(key, () => ({ put: next })).catch(() => undefined);
  }
}

/** What was counted; nothing of what was not. */
function countsOf({ status }: PodDisruptionBudget) {
  const nothing = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };
  return { ...nothing, ...status };
}

/** Its end takes nothing from anybody. */
function isGoingAnyway(pod: Pod): boolean {
  return (
    isTerminal(pod) ||
    pod.status?.phase === "Pending" ||
    pod.metadata?.deletionTimestamp !== undefined
  );
}

/** A pod that serves nobody may go while enough others do, or always where the budget says so. */
function mayTakeUnhealthy(budget: PodDisruptionBudget): boolean {
  if (budget.spec?.unhealthyPodEvictionPolicy === "AlwaysAllow") return true;
  const { currentHealthy, desiredHealthy } = countsOf(budget);
  return desiredHealthy > 0 && currentHealthy >= desiredHealthy;
}

function checkAllowed(budget: PodDisruptionBudget): void {
  const { metadata } = budget;
  const status = countsOf(budget);
  const name = metadata?.name ?? "";
  const resource = { ...POD_DISRUPTION_BUDGETS, plural: "poddisruptionbudget" };
  const { disruptionsAllowed, disruptedPods = {}, desiredHealthy, currentHealthy } = status;
  if ((status.observedGeneration ?? 0) < (metadata?.generation ?? 0)) {
    const why = `The disruption budget ${name} is still being processed by the server.`;
    throw refused(why, RETRY_SECONDS);
  }
  if (disruptionsAllowed < 0) {
    throw forbidden({ resource, name }, { why: "pdb disruptions allowed is negative" });
  }
  if (Object.keys(disruptedPods).length > MAX_DISRUPTED_PODS) {
    const why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller";
    throw forbidden({ resource, name }, { why });
  }
  if (disruptionsAllowed > 0) return;
  throw refused(
    `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
  );
}

function refused(message: string, retryAfterSeconds?: number): StatusError {
  return new StatusError("Cannot evict pod as it would violate the pod's disruption budget.", {
    code: 429,
    reason: "TooManyRequests",
    details: {
      causes: [{ reason: "DisruptionBudget", message }],
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    },
  });
}

/** Kubernetes answers so what it takes for an object: with 201. */
const SEVERAL_BUDGETS: ActionAnswer = {
  answer: Object.assign(
    { kind: "Status", apiVersion: "v1", metadata: {} },
    {
      status: "Failure",
      message:
        "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
      code: 500,
    },
  ),
};

function withoutMore(
  { conditions = [], observedGeneration }: Pick<Status, "conditions" | "observedGeneration">,
  at: string,
) {
  const before = conditions.find(({ type }) => type === CONDITION);
  const condition = {
    type: CONDITION,
    status: "False",
    reason: "InsufficientPods",
    message: "",
    lastTransitionTime: before?.status === "False" ? before.lastTransitionTime : at,
    ...(observedGeneration !== undefined && { observedGeneration }),
  };
  return [...conditions.filter(({ type }) => type !== CONDITION), condition];
}
