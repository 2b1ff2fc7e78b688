import type { Readable } from "node:stream";
import type Docker from "dockerode";
import { asError } from "#lib/errors.ts";
import { LinkedSignal } from "../../linked-signal.ts";
import type { LogOptions } from "../types.ts";
import type { Engine } from "./engine.ts";
import { frames, unframed } from "./frames.ts";
import { readable } from "./node-stream.ts";

interface LogSource {
  readonly id: string;
  /** A terminal's output is not framed. */
  readonly tty: boolean;
  readonly options: LogOptions;
}

/** The log of a container as a stream that is read only as fast as it is wanted. */
export async function openLogs(
  engine: Engine,
  { id, tty, options }: LogSource,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const linked = new LinkedSignal(signal);
  try {
    const log = await engine.open(signal, (docker) => dial(docker, { id, options }, linked.signal));
    log.on("error", () => undefined); // the iteration below reports it
    const pieces = (tty ? unframed(log) : frames(log))[Symbol.asyncIterator]();
    const release = (): void => {
      linked[Symbol.dispose]();
      log.destroy();
    };
    linked.signal.addEventListener("abort", () => log.destroy(), { once: true });
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          try {
            const { done, value } = await pieces.next();
            if (!done) return controller.enqueue(value.bytes);
            release();
            controller.close();
          } catch (error) {
            release();
            throw error;
          }
        },
        cancel: release,
      },
      { highWaterMark: 0 },
    );
  } catch (error) {
    linked[Symbol.dispose]();
    throw error;
  }
}

interface Dialed {
  readonly id: string;
  readonly options: LogOptions;
}

/** dockerode reads a log that is not followed into memory whole; its modem gives it as a stream. */
function dial(docker: Docker, { id, options }: Dialed, signal: AbortSignal): Promise<Readable> {
  const { follow, timestamps, since, tailLines } = options;
  return new Promise((resolve, reject) => {
    docker.modem.dial(
      {
        path: `/containers/${id}/logs?`,
        method: "GET",
        options: {
          follow,
          timestamps,
          stdout: true,
          stderr: true,
          tail: tailLines ?? "all",
          ...(since && { since: (since.getTime() / 1000).toFixed(3) }),
        },
        abortSignal: signal,
        isStream: true,
        statusCodes: { 200: true, 404: "no such container", 500: "server error" },
      },
      (error, stream) => (error ? reject(asError(error)) : resolve(readable(stream))),
    );
  });
}
