import { must } from "#lib/errors.ts";
import { LinkedSignal } from "../../linked-signal.ts";
import { beginning } from "../beginning.ts";
import type { ExecResult } from "../types.ts";
import type { Engine } from "./engine.ts";
import { frames } from "./frames.ts";

interface Command {
  readonly id: string;
  readonly command: readonly string[];
}

/** Runs a command in a container to its end and keeps the beginning of its output. */
export async function runToEnd(
  engine: Engine,
  { id, command }: Command,
  signal: AbortSignal,
): Promise<ExecResult> {
  using linked = new LinkedSignal(signal);
  const abortSignal = linked.signal;
  const exec = await engine.open(signal, (docker) =>
    docker.getContainer(id).exec({
      Cmd: [...command],
      AttachStdout: true,
      AttachStderr: true,
      abortSignal,
    }),
  );
  const connection = await engine.open(signal, () => exec.start({ hijack: true, stdin: false }));
  connection.on("error", () => undefined);
  const onAbort = (): void => void connection.destroy();
  abortSignal.addEventListener("abort", onAbort, { once: true });
  try {
    const output = await beginning(bytesOf(connection));
    signal.throwIfAborted();
    const { ExitCode } = await engine.call(signal, () => exec.inspect());
    return { exitCode: must(ExitCode, "the exit code of a command that ended"), output };
  } finally {
    connection.destroy();
  }
}

async function* bytesOf(connection: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const { bytes } of frames(connection)) yield bytes;
}
