import type { DuplexStream, NodeStreams, StreamTarget } from "#api/node-streams.ts";
import { explain } from "#lib/errors.ts";

/** A port of a pod that a client wants to talk to, and the client's end of the conversation. */
export interface Forwarding {
  readonly node: NodeStreams;
  readonly target: StreamTarget;
  readonly port: number;
  readonly client: DuplexStream;
  /** The pod has said all it will. */
  podEnded?(): void;
}

/**
 * Carries bytes between a client and a port of a pod until both directions ended, each on its own.
 * Aborting `signal` ends both.
 * @throws what the connection to the pod failed with.
 */
export async function forwardPort(forwarding: Forwarding, signal: AbortSignal): Promise<void> {
  const { node, target, port, client } = forwarding;
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const { namespace, pod, uid } = target;
  const request = { kind: "portforward", namespace, pod, uid, port } as const;
  try {
    const connection = await node.portForward(request, either);
    await Promise.all([
      client.readable.pipeTo(connection.writable, { signal: either }),
      connection.readable
        .pipeTo(client.writable, { signal: either })
        .then(() => forwarding.podEnded?.()),
    ]);
  } catch (error) {
    failed.abort(error);
    throw error;
  }
}

/** The text of the error stream. */
export function forwardError(forwarding: Forwarding, error: unknown): string {
  const { target, port } = forwarding;
  return `error forwarding port ${port} to pod ${target.pod}, uid ${target.uid}: ${explain(error)}`;
}
