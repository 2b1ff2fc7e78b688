import type { Lease, Node, NodeCondition } from "#api/object.ts";
import { type Clock, rfc3339 } from "#lib/clock.ts";

interface Sign {
  readonly renewTime: string | undefined;
  readonly heartbeat: string | undefined;
  readonly seenMs: number;
}

/**
 * When each node last gave a sign of life, by our monotonic clock: the stamps themselves are of
 * another machine's wall clock and are only compared with each other. A node that is seen for the
 * first time has a whole grace period, whatever its stamps say.
 */
export class NodeHealth {
  readonly #clock: Clock;
  readonly #graceMs: number;
  readonly #signs = new Map<string, Sign>();

  constructor(clock: Clock, graceMs: number) {
    this.#clock = clock;
    this.#graceMs = graceMs;
  }

  /** Takes note of a node's status and Lease, either of which may be missing. */
  observe(name: string, { node, lease }: { readonly node?: Node; readonly lease?: Lease }): void {
    const last = this.#signs.get(name);
    const renewTime = lease?.spec?.renewTime ?? last?.renewTime;
    const heartbeat = node ? conditionOf(node, "Ready")?.lastHeartbeatTime : last?.heartbeat;
    if (last?.renewTime === renewTime && last?.heartbeat === heartbeat && last) return;
    this.#signs.set(name, { renewTime, heartbeat, seenMs: this.#clock.monotonicMs() });
  }

  /** How long a node may stay silent from now on; 0 or less when it has been so for too long. */
  leftMs(name: string): number {
    const seenMs = this.#signs.get(name)?.seenMs ?? this.#clock.monotonicMs();
    return seenMs + this.#graceMs - this.#clock.monotonicMs();
  }

  forget(name: string): void {
    this.#signs.delete(name);
  }
}

export function conditionOf(node: Node, type: string): NodeCondition | undefined {
  return node.status?.conditions?.find((condition) => condition.type === type);
}

export function isNodeReady(node: Node): boolean {
  return conditionOf(node, "Ready")?.status === "True";
}

/** The conditions that only the node itself can know. */
const REPORTED = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/** A node's conditions once it has been silent for too long; the same list where they say so already. */
export function silentConditions(node: Node, now: Date): readonly NodeCondition[] {
  const present = node.status?.conditions ?? [];
  if (REPORTED.every((type) => conditionOf(node, type)?.status === "Unknown")) return present;
  const stamp = rfc3339(now);
  const others = present.filter(({ type }) => !REPORTED.includes(type));
  const unknown = REPORTED.map((type): NodeCondition => {
    const last = conditionOf(node, type);
    if (last?.status === "Unknown") return last;
    const never = last === undefined;
    return {
      type,
      status: "Unknown",
      reason: never ? "NodeStatusNeverUpdated" : "NodeStatusUnknown",
      message: never ? "Kubelet never posted node status." : "Kubelet stopped posting node status.",
      lastHeartbeatTime: last?.lastHeartbeatTime ?? node.metadata?.creationTimestamp ?? stamp,
      lastTransitionTime: stamp,
    };
  });
  return [...others, ...unknown];
}
