import type { Endpoint } from "../table.ts";

export type Strategy = "roundRobin" | "random";

/** What the proxy carries. */
export type ProxyProtocol = "TCP" | "UDP";

/** Where a Service answers. */
export interface ListenerAddress {
  readonly protocol: ProxyProtocol;
  readonly address: string;
  readonly port: number;
}

/** An address and port of a Service, and who answers for it. */
export interface ListenerSpec extends ListenerAddress {
  readonly strategy: Strategy;
  /** Clients keep their endpoint that long after their last connection. Absent: no affinity. */
  readonly affinityMs?: number;
  /** Ready ones; at least one. */
  readonly endpoints: readonly Endpoint[];
}

/** How a listener came out. */
export interface BoundListener extends ListenerAddress {
  /** Where the proxy listens on that address; the guard translates `port` to it. */
  readonly boundPort: number;
}

export interface FailedListener extends ListenerAddress {
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

/** `10.43.0.1:443/TCP` */
export function listenerKey({ protocol, address, port }: ListenerAddress): string {
  return `${address}:${port}/${protocol}`;
}
