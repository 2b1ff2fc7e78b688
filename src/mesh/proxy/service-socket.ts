import type { ListenerSpec } from "./protocol.ts";

/** An open port of a Service. */
export interface ServiceSocket {
  readonly boundPort: number;
  /** From now on the endpoints and the affinity are these. */
  update(spec: ListenerSpec): void;
  /** Takes no more clients. Connections that are open stay. */
  close(): void;
}
