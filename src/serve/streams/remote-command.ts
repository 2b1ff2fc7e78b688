import type { ExecRequest, ExecStream, NodeStreams } from "#api/node-streams.ts";
import type { Logger } from "#lib/log.ts";
import { type CommandStatus, commandFailed, exited, SUCCEEDED } from "./command-status.ts";
import { terminalSizes } from "./terminal-sizes.ts";

/** The client's end of a command, one entry for each stream that it asked for. */
export interface CommandStreams {
  readonly stdin?: ReadableStream<Uint8Array>;
  readonly stdout?: WritableStream<Uint8Array>;
  readonly stderr?: WritableStream<Uint8Array>;
  readonly resize?: ReadableStream<Uint8Array>;
}

export interface RemoteCommand {
  readonly node: NodeStreams;
  readonly request: ExecRequest;
  readonly log: Logger;
}

/**
 * Runs a command, or attaches to one, between a pod and a client until it ended and all its output
 * was taken. Never rejects: a failure is a status too. Aborting `signal` (the client is gone) ends it.
 */
export async function runCommand(
  { node, request, log }: RemoteCommand,
  client: CommandStreams,
  signal: AbortSignal,
): Promise<CommandStatus> {
  const ended = new AbortController();
  const inputs = AbortSignal.any([signal, ended.signal]);
  try {
    const process = await node.exec(request, signal);
    void feed(process, client, inputs).catch((error: unknown) => {
      if (inputs.aborted) return;
      log.debug("The input of a command was cut off.", { pod: request.pod, error });
    });
    const [exitCode] = await Promise.all([
      process.exitCode,
      process.stdout?.pipeTo(client.stdout ?? discard(), { signal }),
      process.stderr?.pipeTo(client.stderr ?? discard(), { signal }),
    ]);
    // Attaching has worked, however the process ends; its exit code is in the pod's status.
    return request.kind === "attach" ? SUCCEEDED : exited(exitCode, request.command);
  } catch (error) {
    const doing =
      request.kind === "exec" ? "executing command in container" : "attaching to container";
    return commandFailed(doing, error);
  } finally {
    ended.abort(new Error("The command ended"));
  }
}

/** The client's options as far as they make sense: with a terminal there is one output. */
export function normalized(request: ExecRequest): ExecRequest {
  return request.tty ? { ...request, stderr: false } : request;
}

async function feed(
  process: ExecStream,
  client: CommandStreams,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all([
    process.stdin && client.stdin?.pipeTo(process.stdin, { signal }),
    client.resize && follow(client.resize, process, signal),
  ]);
}

async function follow(
  resize: ReadableStream<Uint8Array>,
  process: ExecStream,
  signal: AbortSignal,
): Promise<void> {
  for await (const size of terminalSizes(resize.pipeThrough(new TransformStream(), { signal }))) {
    process.resize(size);
  }
}

const discard = (): WritableStream<Uint8Array> => new WritableStream();
