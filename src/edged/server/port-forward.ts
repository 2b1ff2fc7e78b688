import { connect, type Socket } from "node:net";
import type { DuplexStream } from "#api/node-streams.ts";
import { abortReason } from "#lib/abort.ts";
import { asError } from "#lib/errors.ts";
import { withNetworkNamespace } from "#linux/namespace.ts";

interface PodPort {
  /** A process in the pod's network namespace. */
  readonly pid: number;
  readonly port: number;
}

/**
 * A TCP connection to a port on the pod's own loopback. The socket is made inside the pod's network
 * namespace and stays there, whoever uses it later.
 */
export async function dialInPod(
  { pid, port }: PodPort,
  signal: AbortSignal,
): Promise<DuplexStream> {
  signal.throwIfAborted();
  const socket = withNetworkNamespace(pid, () =>
    connect({ host: "127.0.0.1", port, allowHalfOpen: true, noDelay: true }),
  );
  const onAbort = (): void => void socket.destroy(abortReason(signal));
  signal.addEventListener("abort", onAbort, { once: true });
  socket.once("close", () => signal.removeEventListener("abort", onAbort));
  await connected(socket);
  return duplexOf(socket);
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
}

/** A socket as web streams: backpressure both ways, and each direction ends on its own. */
function duplexOf(socket: Socket): DuplexStream {
  socket.on("error", () => undefined); // both streams report it
  const chunks = socket[Symbol.asyncIterator]();
  return {
    readable: new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const { done, value } = await chunks.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: (reason) => void socket.destroy(asError(reason)),
      },
      { highWaterMark: 0 },
    ),
    writable: new WritableStream<Uint8Array>({
      write: (chunk) =>
        new Promise((resolve, reject) => {
          socket.write(chunk, (error) => (error ? reject(error) : resolve()));
        }),
      close: () => void socket.end(),
      abort: (reason) => void socket.destroy(asError(reason)),
    }),
  };
}
