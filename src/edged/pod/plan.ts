import type { Container, Pod } from "#api/object.ts";
import { guestsOf, isRestartable } from "#api/pod.ts";
import type { RuntimeContainer } from "../runtime/types.ts";
import { type Action, containerKey, SANDBOX_KEY, startKey, stop } from "./action.ts";
import {
  currentContainer,
  liveSandbox,
  newestContainer,
  nextAttempt,
  type Observed,
  wasReported,
} from "./observed.ts";
import { planEnding } from "./plan-ending.ts";
import type { PlanInput } from "./plan-input.ts";

export interface Plan {
  readonly actions: readonly Action[];
  /** When to look again though nothing happens. */
  readonly wakeAtMs: number | undefined;
}

const DEFAULT_GRACE_SECONDS = 30;
/** A container that must not be killed without any chance to say goodbye; kubelet's minimum. */
export const MIN_GRACE_MS = 2000;
/** Dead containers kept for `logs --previous` and the last state, beside the newest. */
const KEPT_DEAD = 1;

export function graceMsOf({ spec }: Pod): number {
  return Number(spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS) * 1000;
}

/**
 * What to do next for one pod: a pure function of what is wanted, what runs, what the probes say and
 * what the time is, after kubelet's `computePodActions`. Called again whenever any of them changes.
 */
export function planPod(input: PlanInput): Plan {
  const { pod, observed } = input;
  const ended = hasEnded(pod, observed) && { graceMs: graceMsOf(pod), removed: false };
  const ending = input.ending ?? ended;
  const wanted = ending ? planEnding(input, ending) : planRunning(input);
  const actions: Action[] = [];
  let wakeAtMs = Number.POSITIVE_INFINITY;
  for (const action of [...wanted, ...planCleaning(input)]) {
    const heldUntilMs = input.holds.get(action.key) ?? 0;
    if (input.busy.has(action.key)) continue;
    if (heldUntilMs > input.nowMs) wakeAtMs = Math.min(wakeAtMs, heldUntilMs);
    else actions.push(action);
  }
  return { actions, wakeAtMs: Number.isFinite(wakeAtMs) ? wakeAtMs : undefined };
}

function planRunning(input: PlanInput): Action[] {
  const { observed, pod } = input;
  if (!liveSandbox(observed)) return planSandbox(input);
  const guests = planGuests(input);
  const init = planInit(input);
  if (init.blocked) return [...guests, ...init.actions];
  const actions = [...guests, ...init.actions];
  for (const container of pod.spec?.containers ?? []) {
    actions.push(...planContainer(input, container));
  }
  return actions;
}

/**
 * Whether a pod's work is done: its containers have ended and none is to run again, or an init
 * container failed that must not.
 */
export function hasEnded(pod: Pod, observed: Observed): boolean {
  const { restartPolicy = "Always", containers = [], initContainers = [] } = pod.spec ?? {};
  const initFailed = initContainers.some((container) => {
    const last = newestContainer(observed, container.name);
    const failed = last?.state === "exited" && last.exitCode !== 0;
    return failed && restartPolicy === "Never" && !isRestartable(container);
  });
  return initFailed || containers.every((container) => endedForGood(pod, observed, container));
}

/** Whether a container has ended and no policy starts it again. */
export function endedForGood(pod: Pod, observed: Observed, container: Container): boolean {
  const last = newestContainer(observed, container.name);
  const policy = restartPolicyOf(pod, container.name);
  return last?.state === "exited" && !restarts(policy, last);
}

/** A pod without a living sandbox gets a new one, once what ran in the old one has ended. */
function planSandbox({ observed, pod }: PlanInput): Action[] {
  const orphans = observed.containers.filter(({ state }) => state === "running");
  if (orphans.length > 0) {
    const message = "Pod sandbox changed, it will be killed and re-created.";
    return orphans.map((container) => stop(container, graceMsOf(pod), message));
  }
  const attempt = (observed.sandboxes[0]?.attempt ?? -1) + 1;
  return [{ kind: "startSandbox", key: SANDBOX_KEY, attempt }];
}

/** Guests start as soon as they come, beside whatever the pod does, and never a second time. */
function planGuests(input: PlanInput): Action[] {
  const { pod, observed } = input;
  return guestsOf(pod.spec)
    .filter(({ name }) => {
      const last = newestContainer(observed, name);
      return last === undefined ? !wasReported(pod, name) : last.state === "created";
    })
    .map((guest) => start(input, guest));
}

interface InitPlan {
  readonly actions: Action[];
  /** Containers must not start yet. */
  readonly blocked: boolean;
}

/** Init containers run one after the other; sidecars among them stay and must only have started. */
function planInit(input: PlanInput): InitPlan {
  const { initContainers = [], containers = [] } = input.pod.spec ?? {};
  const initialized = containers.some(({ name }) => currentContainer(input.observed, name));
  const actions: Action[] = [];
  for (const container of initContainers) {
    const sidecar = isRestartable(container);
    if (initialized && !sidecar) continue;
    const step = sidecar ? planSidecar(input, container) : planInitContainer(input, container);
    actions.push(...step.actions);
    if (step.blocked && !initialized) return { actions, blocked: true };
  }
  return { actions, blocked: false };
}

function planSidecar(input: PlanInput, container: Container): InitPlan {
  const now = currentContainer(input.observed, container.name);
  const started = now?.state === "running" && input.verdict(now).started;
  return { actions: planContainer(input, container), blocked: !started };
}

function planInitContainer(input: PlanInput, container: Container): InitPlan {
  const now = currentContainer(input.observed, container.name);
  if (now?.state === "exited" && now.exitCode === 0) return { actions: [], blocked: false };
  return { actions: now?.state === "running" ? [] : [start(input, container)], blocked: true };
}

function planContainer(input: PlanInput, container: Container): Action[] {
  const { observed, pod } = input;
  const now = currentContainer(observed, container.name);
  if (now?.state !== "running") {
    return endedForGood(pod, observed, container) ? [] : [start(input, container)];
  }
  const { failed } = input.verdict(now);
  if (failed === undefined) return [];
  const probe = failed === "liveness" ? container.livenessProbe : container.startupProbe;
  const graceSeconds = probe?.terminationGracePeriodSeconds;
  const graceMs = graceSeconds === undefined ? graceMsOf(pod) : Number(graceSeconds) * 1000;
  return [stop(now, graceMs, `Container ${now.name} failed ${failed} probe, will be restarted`)];
}

/** What nobody looks at any more: old attempts, and sandboxes that do not run. */
function planCleaning({ observed, ending, busy }: PlanInput): Action[] {
  if (ending?.removed) return []; // everything goes, in its own order
  const dead = observed.containers.filter(({ state }) => state === "exited");
  const newer = new Map<string, number>();
  const actions: Action[] = [];
  for (const { id, name, state } of observed.containers) {
    const rank = newer.get(name) ?? 0;
    newer.set(name, rank + 1);
    if (state !== "running" && rank > KEPT_DEAD) {
      actions.push({ kind: "removeContainer", key: containerKey(id), id });
    }
  }
  // The one that does not run may be the one that is being started.
  if (busy.has(SANDBOX_KEY)) return actions;
  const alive = new Set(
    observed.containers.filter((one) => !dead.includes(one)).map(({ sandboxId }) => sandboxId),
  );
  for (const { id, running } of observed.sandboxes) {
    if (running || alive.has(id)) continue;
    actions.push({ kind: "removeSandbox", key: containerKey(id), id });
  }
  return actions;
}

function start({ pod, observed }: PlanInput, container: Container): Action {
  const { name } = container;
  const attempt = nextAttempt(pod, observed, name);
  return { kind: "startContainer", key: startKey(name), container, attempt };
}

/** The policy of one container: sidecars run always, init containers until they have succeeded, guests once. */
export function restartPolicyOf({ spec }: Pod, name: string): string {
  const policy = spec?.restartPolicy ?? "Always";
  const init = spec?.initContainers?.find((container) => container.name === name);
  if (guestsOf(spec).some((guest) => guest.name === name)) return "Never";
  if (!init) return policy;
  if (isRestartable(init)) return "Always";
  return policy === "Always" ? "OnFailure" : policy;
}

/** Whether a container that ended is to run again. */
export function restarts(policy: string, { exitCode }: RuntimeContainer): boolean {
  return policy === "Always" || (policy === "OnFailure" && exitCode !== 0);
}
