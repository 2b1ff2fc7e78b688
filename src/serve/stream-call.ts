import type { ExecRequest, NodeStreams, StreamTarget } from "#api/node-streams.ts";
import type { RequestAudit } from "./audit/request-audit.ts";

export interface PortForwardCall extends StreamTarget {
  readonly kind: "portforward";
  /** `?ports=`, as the old WebSocket protocol names them; empty where streams carry their port. */
  readonly ports: readonly number[];
}

/**
 * An exec, attach or port-forward that was authenticated, authorized and checked against its pod:
 * what is left to do is to speak the protocol that the client asked for.
 */
export interface StreamCall {
  readonly request: Request;
  readonly stream: ExecRequest | PortForwardCall;
  readonly streams: NodeStreams;
  /** Where the request is recorded, if it is. */
  readonly audit?: RequestAudit | undefined;
}
