import { closeSync } from "node:fs";
import { abortReason } from "#lib/abort.ts";
import { must } from "#lib/errors.ts";
import { sealedFile } from "#linux/memory-file.ts";
import type { Steps } from "#linux/steps.ts";
import { HOST_ARCH } from "#linux/syscalls.ts";

type Writable = Bun.SpawnOptions.Writable;
type Readable = Bun.SpawnOptions.Readable;

export interface StepsRun<In extends Writable, Out extends Readable, Err extends Readable> {
  /** The `shimProgram` of this machine. */
  readonly program: Uint8Array;
  readonly steps: Steps;
  readonly stdin: In;
  readonly stdout: Out;
  readonly stderr: Err;
  /**
   * Descriptors of this process that the steps find as 5, 6 and so on, and the program that they
   * execute does not. They stay the caller's.
   */
  readonly descriptors?: readonly number[];
  /** What `ps` shows until a step executes something else. */
  readonly title?: string;
}

/** Bytes of {u32 step, u32 errno}. */
const REPORT_BYTES = 8;
const REPORT = 4;

/**
 * Runs steps in a process of their own, whose environment is empty, and resolves when they have all
 * succeeded: when the process is what they made of it, by execve or by serving. When the signal
 * aborts before, the process is killed.
 * @throws StepFailure, after the process has ended.
 */
export async function runSteps<In extends Writable, Out extends Readable, Err extends Readable>(
  run: StepsRun<In, Out, Err>,
  signal: AbortSignal,
): Promise<Bun.Subprocess<In, Out, Err>> {
  if (signal.aborted) throw abortReason(signal);
  const child = spawn(run);
  const kill = (): void => child.kill("SIGKILL");
  signal.addEventListener("abort", kill, { once: true });
  try {
    const failure = await reported(must(child.stdio[REPORT], "a descriptor to read reports from"));
    if (failure === undefined && !signal.aborted) return child;
    await child.exited;
    throw failure === undefined ? abortReason(signal) : run.steps.failure(failure);
  } catch (error) {
    kill();
    throw error;
  } finally {
    signal.removeEventListener("abort", kill);
  }
}

function spawn<In extends Writable, Out extends Readable, Err extends Readable>({
  program,
  steps,
  stdin,
  stdout,
  stderr,
  descriptors = [],
  title = "edgesite-shim",
}: StepsRun<In, Out, Err>): Bun.Subprocess<In, Out, Err> {
  const encoded = sealedFile("edgesite-steps", steps.encode(HOST_ARCH));
  // Each run has a file of its own: even one that gets hold of it can take it from nobody else.
  const executable = sealedFile("edgesite-shim", program);
  try {
    return Bun.spawn([`/proc/${process.pid}/fd/${executable}`], {
      argv0: title,
      stdio: [stdin, stdout, stderr, encoded, "socket-fd", ...descriptors],
      env: {},
    });
  } finally {
    closeSync(executable);
    closeSync(encoded);
  }
}

/** What comes before the descriptor ends: nothing, or a step and its errno. Closes it. */
function reported(fd: number): Promise<Parameters<Steps["failure"]>[0] | undefined> {
  return new Promise((resolve, reject) => {
    const bytes: number[] = [];
    const done = (): void => {
      if (bytes.length < REPORT_BYTES) return resolve(undefined);
      const view = new DataView(Uint8Array.from(bytes).buffer);
      resolve({ step: view.getUint32(0, true), errno: view.getUint32(4, true) });
    };
    const settings = {
      fd,
      // Not used with a descriptor, but wanted by the types.
      hostname: "",
      port: 0,
      socket: {
        data: (_: unknown, data: Uint8Array) => void bytes.push(...data.subarray(0, REPORT_BYTES)),
        error: (_: unknown, error: Error) => reject(error),
        close: done,
      },
    };
    Bun.connect(settings).catch(reject);
  });
}
