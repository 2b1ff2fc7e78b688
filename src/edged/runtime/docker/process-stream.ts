import type { Duplex } from "node:stream";
import type { ExecStream, TerminalSize } from "#api/node-streams.ts";
import { asError } from "#lib/errors.ts";
import type { ProcessOptions } from "../types.ts";
import { frames, unframed } from "./frames.ts";

interface Process {
  /** The hijacked connection that carries its input and outputs. */
  readonly connection: Duplex;
  readonly options: ProcessOptions;
  /**
   * Whether its input ends with this client's. Where it does not, the engine takes the end for the
   * client's wish to leave, and sends no output any more.
   */
  readonly inputEnds: boolean;
  readonly resize: (size: TerminalSize) => void;
  /** Asked once all output was read. */
  readonly exitCode: () => Promise<number>;
  readonly signal: AbortSignal;
}

/** A process on a hijacked connection as web streams, with backpressure both ways. */
export function processStream(process: Process): ExecStream {
  const { connection, options, inputEnds, resize, signal } = process;
  const stdout = options.stdout || options.tty ? new TransformStream<Uint8Array>() : undefined;
  const stderr = options.stderr && !options.tty ? new TransformStream<Uint8Array>() : undefined;
  const onAbort = (): void => void connection.destroy(asError(signal.reason));
  connection.on("error", () => undefined); // the pump reports it; a late one has no reader
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  const ended = pump(process, { stdout: stdout?.writable, stderr: stderr?.writable }).finally(
    () => {
      signal.removeEventListener("abort", onAbort);
      connection.destroy();
    },
  );
  return {
    ...(options.stdin && { stdin: inputOf(connection, inputEnds) }),
    ...(stdout && { stdout: stdout.readable }),
    ...(stderr && { stderr: stderr.readable }),
    resize,
    exitCode: ended.then(process.exitCode),
  };
}

type Outputs = Readonly<Record<"stdout" | "stderr", WritableStream<Uint8Array> | undefined>>;

async function pump({ connection, options }: Process, outputs: Outputs): Promise<void> {
  const writers = {
    stdout: outputs.stdout?.getWriter(),
    stderr: outputs.stderr?.getWriter(),
  };
  // Whoever stops reading one output still gets the other, and the exit code.
  const ignore = (): void => undefined;
  const open = [writers.stdout, writers.stderr].filter((writer) => writer !== undefined);
  for (const writer of open) writer.closed.catch(ignore);
  try {
    const pieces = options.tty ? unframed(connection) : frames(connection);
    for await (const { stream, bytes } of pieces) await writers[stream]?.write(bytes).catch(ignore);
    await Promise.all(open.map((writer) => writer.close().catch(ignore)));
  } catch (error) {
    await Promise.all(open.map((writer) => writer.abort(error).catch(ignore)));
    throw error;
  }
}

/** Closing it closes at most the process' input: its output goes on. */
function inputOf(connection: Duplex, ends: boolean): WritableStream<Uint8Array> {
  return new WritableStream({
    write: (chunk) =>
      new Promise<void>((resolve, reject) => {
        connection.write(chunk, (error) => (error ? reject(error) : resolve()));
      }),
    close: () => void (ends && connection.end()),
    abort: (reason) => void connection.destroy(asError(reason)),
  });
}
