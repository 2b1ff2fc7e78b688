import type { NodeStreams, StreamTarget } from "#api/node-streams.ts";
import type { Logger } from "#lib/log.ts";
import { Channels } from "./channels.ts";
import { ReadGate } from "./inbound.ts";
import { forwardError, forwardPort } from "./port-forward.ts";
import type { StartSession } from "./stream-socket.ts";

export interface ChannelPortForward {
  readonly node: NodeStreams;
  readonly target: StreamTarget;
  readonly ports: readonly number[];
  readonly base64: boolean;
  readonly log: Logger;
}

const NORMAL_CLOSURE = 1000;

/**
 * Port-forward as it was before SPDY: of the i-th port of the query, channel 2i carries data and
 * 2i + 1 an error; both begin with the port. No channel can be half-closed: where the pod ends, the
 * conversation ends, and with the last one the connection.
 */
export function channelPortForward(forward: ChannelPortForward): StartSession {
  return (socket) => {
    const gone = new AbortController();
    const channels = new Channels(socket, { base64: forward.base64, gate: new ReadGate(socket) });
    const conversations = forward.ports.map((_, index) =>
      converse(forward, { channels, index, signal: gone.signal }),
    );
    void Promise.all(conversations).then(() => socket.end(NORMAL_CLOSURE));
    return {
      received: (bytes) => {
        const message = channels.decode(bytes);
        if (message) channels.deliver(message);
      },
      closed: () => {
        const reason = new Error("The client is gone");
        channels.fail(reason);
        gone.abort(reason);
      },
    };
  };
}

interface Place {
  readonly channels: Channels;
  readonly index: number;
  readonly signal: AbortSignal;
}

/** Never rejects: what went wrong goes to the client. */
async function converse(forward: ChannelPortForward, place: Place): Promise<void> {
  const { node, target, log } = forward;
  const { channels, index, signal } = place;
  const port = forward.ports[index] ?? 0;
  const dataChannel = 2 * index;
  const podEnded = new AbortController();
  const forwarding = {
    node,
    target,
    port,
    client: {
      readable: channels.readable(dataChannel),
      writable: channels.writable(dataChannel),
    },
    podEnded: () => podEnded.abort(new Error("The pod closed the connection")),
  };
  const name = Buffer.alloc(2);
  name.writeUInt16LE(port);
  await channels.send(dataChannel, name);
  await channels.send(dataChannel + 1, name);
  try {
    await forwardPort(forwarding, AbortSignal.any([signal, podEnded.signal]));
  } catch (error) {
    if (podEnded.signal.aborted) return;
    log.debug("A forwarded connection ended early.", { pod: target.pod, port, error });
    await channels.send(dataChannel + 1, Buffer.from(forwardError(forwarding, error)));
  }
}
