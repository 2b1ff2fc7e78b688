import type { NodeStreams, StreamTarget } from "#api/node-streams.ts";
import type { Logger } from "#lib/log.ts";
import { type Forwarding, forwardError, forwardPort } from "../port-forward.ts";
import type { StartSession } from "../stream-socket.ts";
import { RESET } from "./frame.ts";
import { SpdySession } from "./spdy-session.ts";
import type { SpdyStream } from "./spdy-stream.ts";

/** `X-Stream-Protocol-Version` of port-forward. */
export const PORT_FORWARD_PROTOCOL = "portforward.k8s.io";

/** Two streams carry one connection: a browser behind `kubectl port-forward` opens dozens. */
const MAX_STREAMS = 2048;

/** How long the second stream of a pair may take (kubelet: 30 s). */
const PAIR_TIMEOUT_MS = 30_000;

export interface SpdyPortForward {
  readonly node: NodeStreams;
  readonly target: StreamTarget;
  readonly log: Logger;
}

/** Port-forward over SPDY: each connection is a `data` and an `error` stream of one `requestid`. */
export function spdyPortForward({ node, target, log }: SpdyPortForward): StartSession {
  return (socket) => {
    const halves = new Map<string, Half>();
    const serve = (data: SpdyStream, error: SpdyStream): void => {
      const client = { readable: data.readable, writable: data.writable };
      const port = Number(data.headers["port"]);
      const forwarding = { node, target, port, client, podEnded: () => void tell(error) };
      void converse(forwarding, data, error).catch((cause: unknown) =>
        log.debug("A forwarded connection ended early.", { pod: target.pod, port, error: cause }),
      );
    };
    return new SpdySession(socket, {
      log,
      maxStreams: MAX_STREAMS,
      accept: (headers) =>
        isPort(headers["port"]) && /^(data|error)$/.test(headers["streamtype"] ?? ""),
      opened: (stream) => {
        const request = stream.headers["requestid"] ?? implicitRequest(stream);
        const half = halves.get(request);
        if (!half || half.stream.headers["streamtype"] === stream.headers["streamtype"]) {
          half?.forget();
          halves.set(
            request,
            awaitOther(stream, () => halves.delete(request)),
          );
          return;
        }
        half.forget();
        if (stream.headers["streamtype"] === "data") serve(stream, half.stream);
        else serve(half.stream, stream);
      },
      closed: () => {
        for (const half of halves.values()) half.forget();
      },
    });
  };
}

interface Half {
  readonly stream: SpdyStream;
  forget(): void;
}

function awaitOther(stream: SpdyStream, drop: () => void): Half {
  const forget = (): void => {
    clearTimeout(timeout);
    drop();
  };
  const timeout = setTimeout(() => {
    forget();
    stream.reset(RESET.cancel);
  }, PAIR_TIMEOUT_MS);
  return { stream, forget };
}

async function converse(
  forwarding: Forwarding,
  data: SpdyStream,
  error: SpdyStream,
): Promise<void> {
  try {
    await forwardPort(forwarding, data.signal);
  } catch (cause) {
    if (!data.signal.aborted) await tell(error, forwardError(forwarding, cause));
    data.reset(RESET.cancel);
    throw cause;
  } finally {
    await tell(error);
  }
}

/** Ends the error stream, with a text where something went wrong; clients wait for its end. */
async function tell(stream: SpdyStream, text = ""): Promise<void> {
  const writer = stream.writable.getWriter();
  try {
    if (text !== "") await writer.write(Buffer.from(text));
    await writer.close();
  } catch {
    // Ended already, or the client is gone: there is nobody to tell.
  } finally {
    writer.releaseLock();
  }
}

/** Clients before 1.3 name no request: their error stream comes first, its data stream two ids later. */
const implicitRequest = (stream: SpdyStream): string =>
  `#${stream.headers["streamtype"] === "error" ? stream.id : stream.id - 2}`;

const isPort = (text: string | undefined): boolean =>
  /^\d{1,5}$/.test(text ?? "") && Number(text) > 0 && Number(text) <= 0xffff;
