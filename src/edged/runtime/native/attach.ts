import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";
import type { ExecStream, TerminalSize } from "#api/node-streams.ts";
import { abortable, abortReason } from "#lib/abort.ts";
import { streamOf } from "#lib/stream-of.ts";
import type { ProcessOptions } from "../types.ts";
import type { Frame } from "./log/frames.ts";
import { LogFiles } from "./log/log-files.ts";
import type { NativeContainer } from "./native-container.ts";

const { O_WRONLY, O_NONBLOCK } = constants;

/**
 * Joins a container's own process: its outputs are read behind its log from now on, its input is
 * what is written into the FIFO that its shim has made.
 */
export async function attachTo(
  container: NativeContainer,
  { stdin, stdout, stderr }: ProcessOptions,
  signal: AbortSignal,
): Promise<ExecStream> {
  const { record } = container;
  if (!container.process) throw new Error(`The container ${record.name} does not run`);
  const log = new LogFiles(container.directory);
  const from = await log.end();
  const output = (stream: Frame["stream"]) =>
    streamOf(only(stream, log.frames({ from, until: container.ended }, signal)));
  return {
    ...(stdin && record.stdin && { stdin: inputOf(container, signal) }),
    ...(stdout && { stdout: output("stdout") }),
    ...(stderr && !record.tty && { stderr: output("stderr") }),
    resize: (size) => resize(container, size, signal),
    exitCode: exitCodeOf(container, signal),
  };
}

async function* only(
  stream: Frame["stream"],
  frames: AsyncIterable<Frame>,
): AsyncGenerator<Uint8Array> {
  for await (const frame of frames) if (frame.stream === stream) yield Uint8Array.from(frame.bytes);
}

/**
 * Closing it leaves the container's input open for who attaches next, unless the pod says
 * `stdinOnce`.
 */
function inputOf(container: NativeContainer, signal: AbortSignal): WritableStream<Uint8Array> {
  const { key, record, sandbox, directory } = container;
  // The shim keeps the other end, so that nothing blocks.
  const descriptor = openSync(join(directory, "stdin"), O_WRONLY | O_NONBLOCK);
  const writer = Bun.file(descriptor).writer();
  const end = async (): Promise<void> => {
    await writer.end();
    closeSync(descriptor);
    if (record.stdinOnce) await sandbox.shim?.closeStdin(key, signal);
  };
  return new WritableStream({
    async write(chunk) {
      void writer.write(chunk);
      await writer.flush();
    },
    close: end,
    abort: end,
  });
}

function resize(container: NativeContainer, { width, height }: TerminalSize, signal: AbortSignal) {
  const size = { rows: height, columns: width };
  // A terminal that cannot be resized any more has ended, which its own stream tells.
  container.sandbox.shim?.resize(container.key, size, signal).catch(() => undefined);
}

async function exitCodeOf(container: NativeContainer, signal: AbortSignal): Promise<number> {
  await abortable(container.ended, signal);
  if (signal.aborted) throw abortReason(signal);
  return container.exitCode ?? 0;
}
