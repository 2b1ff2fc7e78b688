import type { Socket } from "bun";
import type { DuplexStream } from "#api/node-streams.ts";
import { abortReason } from "#lib/abort.ts";
import { withNetworkNamespace } from "#linux/namespace.ts";

interface PodPort {
  /** A process in the pod's network namespace. */
  readonly pid: number;
  readonly port: number;
}

/** Bytes that may wait to be read before the other end is told to wait. */
const HIGH_WATER_BYTES = 64 * 1024;

/**
 * A TCP connection to a port on the pod's own loopback. The socket is made inside the pod's network
 * namespace and stays there, whoever uses it later.
 */
export async function dialInPod(
  { pid, port }: PodPort,
  signal: AbortSignal,
): Promise<DuplexStream> {
  signal.throwIfAborted();
  const connection = new Connection();
  // Bun.connect makes the socket before it returns; node:net would make it outside.
  const connecting = withNetworkNamespace(pid, () =>
    Bun.connect({
      hostname: "127.0.0.1",
      port,
      allowHalfOpen: true,
      socket: connection.handlers(),
    }),
  );
  const socket = await connecting;
  const onAbort = (): void => {
    connection.fail(abortReason(signal));
    socket.terminate();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  connection.onClosed(() => signal.removeEventListener("abort", onAbort));
  if (signal.aborted) onAbort();
  return connection.streams(socket);
}

/** A Bun socket as web streams: backpressure both ways, and each direction ends on its own. */
class Connection {
  readonly #closed = Promise.withResolvers<void>();
  #reader: ReadableStreamDefaultController<Uint8Array> | undefined;
  #failure: Error | undefined;
  #ended = false;
  #drained = Promise.withResolvers<void>();
  /** What came before anybody could read. */
  readonly #early: Uint8Array[] = [];

  onClosed(callback: () => void): void {
    void this.#closed.promise.then(callback);
  }

  handlers() {
    return {
      data: (socket: Socket, chunk: Uint8Array) => this.#receive(socket, chunk.slice()),
      drain: () => this.#wakeWriter(),
      end: () => this.#end(),
      error: (_socket: Socket, error: Error) => this.fail(error),
      close: () => {
        this.#end();
        this.#failure ??= new Error("The connection is closed");
        this.#wakeWriter();
        this.#closed.resolve();
      },
    };
  }

  fail(error: Error): void {
    this.#failure ??= error;
    if (!this.#ended) this.#reader?.error(error);
    this.#ended = true;
    this.#wakeWriter();
  }

  streams(socket: Socket): DuplexStream {
    return {
      readable: new ReadableStream<Uint8Array>(
        {
          start: (controller) => {
            this.#reader = controller;
            for (const chunk of this.#early.splice(0)) controller.enqueue(chunk);
            if (this.#ended) controller.close();
          },
          pull: () => void socket.resume(),
          cancel: () => void socket.terminate(),
        },
        new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER_BYTES }),
      ),
      writable: new WritableStream<Uint8Array>({
        write: (chunk) => this.#write(socket, chunk),
        close: () => void socket.shutdown(),
        abort: () => void socket.terminate(),
      }),
    };
  }

  #receive(socket: Socket, chunk: Uint8Array): void {
    if (!this.#reader) {
      this.#early.push(chunk);
      return;
    }
    this.#reader.enqueue(chunk);
    if ((this.#reader.desiredSize ?? 0) <= 0) socket.pause();
  }

  /** A Bun socket takes what it can and keeps nothing: the rest is ours to offer again. */
  async #write(socket: Socket, chunk: Uint8Array): Promise<void> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#failure) throw this.#failure;
      this.#drained = Promise.withResolvers<void>();
      const taken = socket.write(rest);
      if (taken < 0) throw this.#failure ?? new Error("The connection is closed");
      rest = rest.subarray(taken);
      if (rest.length > 0) await this.#drained.promise;
    }
  }

  #wakeWriter(): void {
    this.#drained.resolve();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#reader?.close();
  }
}
