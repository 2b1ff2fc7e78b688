import type { Container, Pod, PodStatus } from "#api/object.ts";
import { guestsOf, qosClass } from "#api/pod.ts";
import type { Refusal, Rejection } from "./admission.ts";
import { podConditions } from "./conditions.ts";
import { type ContainerFacts, containerStatus, guestStatus } from "./container-status.ts";
import { liveSandbox } from "./observed.ts";
import { type Phase, phaseOf } from "./phase.ts";

export interface StatusFacts extends ContainerFacts {
  readonly podIPs: readonly string[];
  readonly hostIPs: readonly string[];
  /** When this node first saw the pod, RFC 3339. */
  readonly startTime: string;
  /** Why the pod was ended by the node: `DeadlineExceeded`. */
  readonly failure?: Refusal | Rejection | undefined;
  readonly now: Date;
}

/** The status of a pod as kubelet reports it: a pure function of what is known. */
export function podStatus(facts: StatusFacts): PodStatus {
  const { pod, podIPs, failure } = facts;
  const hostIPs = hostIPsOf(facts);
  const spec = pod.spec ?? { containers: [] };
  const statuses = (containers: readonly Container[]) =>
    wasRejected(facts) ? [] : containers.map((container) => containerStatus(facts, container));
  const init = statuses(spec.initContainers ?? []);
  const main = statuses(spec.containers);
  const guests = guestsOf(spec).map((guest) => guestStatus(facts, guest));
  const phase = settled(pod) ?? phaseNow(facts, { init, main });
  const sandboxReady = liveSandbox(facts.observed) !== undefined && podIPs.length > 0;
  const { generation } = pod.metadata ?? {};
  const kept = failure ?? pod.status ?? {};
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    phase,
    conditions: podConditions({ pod, phase, init, main, sandboxReady, now: facts.now }),
    ...(kept.message !== undefined && { message: kept.message }),
    ...(kept.reason !== undefined && { reason: kept.reason }),
    ...(hostIPs[0] !== undefined && { hostIP: hostIPs[0], hostIPs: hostIPs.map((ip) => ({ ip })) }),
    ...(podIPs[0] !== undefined && { podIP: podIPs[0], podIPs: podIPs.map((ip) => ({ ip })) }),
    startTime: facts.startTime,
    ...(init.length > 0 && { initContainerStatuses: init }),
    ...(main.length > 0 && { containerStatuses: main }),
    ...(guests.length > 0 && { ephemeralContainerStatuses: guests }),
    qosClass: pod.status?.qosClass ?? qosClass(pod),
  };
}

/** Those of the node now; a pod that has ended stays where it was. */
function hostIPsOf({ pod, hostIPs }: StatusFacts): readonly string[] {
  const { hostIPs: before = [] } = pod.status ?? {};
  return settled(pod) && before.length > 0 ? before.map(({ ip }) => ip) : hostIPs;
}

/** A pod that the node did not take has no containers to tell of, then or later. */
function wasRejected({ pod, failure }: StatusFacts): boolean {
  if (settled(pod)) return (pod.status?.containerStatuses ?? []).length === 0;
  return failure !== undefined && "rejected" in failure;
}

/** A pod that has ended never comes back to life. */
function settled({ status }: Pod): Phase | undefined {
  return status?.phase === "Succeeded" || status?.phase === "Failed" ? status.phase : undefined;
}

function phaseNow(
  { pod, observed, ending, failure }: StatusFacts,
  statuses: Pick<Parameters<typeof phaseOf>[1], "init" | "main">,
): Phase {
  const alive = observed.containers.some(({ state }) => state === "running");
  if (failure && !alive) return "Failed";
  return phaseOf(pod.spec ?? { containers: [] }, { ...statuses, terminal: ending && !alive });
}
