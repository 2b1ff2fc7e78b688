import type { Endpoint } from "../table.ts";

export type Strategy = "roundRobin" | "random";

/** An address and port of a Service, and who answers for it. */
export interface ListenerSpec {
  readonly address: string;
  readonly port: number;
  readonly strategy: Strategy;
  /** Clients keep their endpoint that long after their last connection. Absent: no affinity. */
  readonly affinityMs?: number;
  /** Ready ones; at least one. */
  readonly endpoints: readonly Endpoint[];
}

/** How a listener came out. */
export interface BoundListener {
  readonly address: string;
  readonly port: number;
  /** Differs from `port` where a program of the host holds that on all addresses. */
  readonly boundPort: number;
}

export interface FailedListener {
  readonly address: string;
  readonly port: number;
  readonly reason: string;
}

/** All listeners that there shall be from now on. */
export interface Apply {
  readonly listeners: readonly ListenerSpec[];
}

/** The answer to one `Apply`, in their order. */
export interface Applied {
  readonly bound: readonly BoundListener[];
  readonly failed: readonly FailedListener[];
}

/** `10.43.0.1:443` */
export function listenerKey({ address, port }: Pick<ListenerSpec, "address" | "port">): string {
  return `${address}:${port}`;
}
