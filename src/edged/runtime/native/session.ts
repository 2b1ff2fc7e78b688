import { closeSync, writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { ExecStream } from "#api/node-streams.ts";
import { abortReason } from "#lib/abort.ts";
import { openPipe, openProcess, type Pipe } from "#linux/descriptors.ts";
import { beginning, MAX_OUTPUT_BYTES } from "../beginning.ts";
import type { ExecRequest } from "../runtime.ts";
import type { ExecResult } from "../types.ts";
import type { JoinSettings, NativeContainer } from "./native-container.ts";
import type { NativeSite } from "./native-site.ts";
import { processStart } from "./process-start.ts";
import { execProgram } from "./program/exec-program.ts";
import { sizeBody } from "./shim/protocol.ts";
import { runSteps } from "./shim/run-steps.ts";

type Child = Bun.Subprocess<"pipe", "pipe", "pipe">;

interface Joining {
  readonly command: readonly string[];
  readonly stdin: boolean;
  /** Descriptor that the sizes of its terminal are read from; absent: no terminal. */
  readonly sizes?: number;
}

/** Further processes in running containers. */
export class Sessions {
  readonly #site: NativeSite;

  constructor(site: NativeSite) {
    this.#site = site;
  }

  /** Runs a command to its end and keeps the beginning of its output. */
  async run(
    container: NativeContainer,
    command: readonly string[],
    signal: AbortSignal,
  ): Promise<ExecResult> {
    const child = await this.#join(container, { command, stdin: false }, signal);
    using _killer = killOnAbort(child, signal);
    const [out, err, exitCode] = await Promise.all([
      beginning(child.stdout),
      beginning(child.stderr),
      child.exited,
    ]);
    signal.throwIfAborted();
    return { exitCode, output: (out + err).slice(0, MAX_OUTPUT_BYTES) };
  }

  /** Runs a command whose input and outputs are streams. */
  async open(
    container: NativeContainer,
    request: ExecRequest,
    signal: AbortSignal,
  ): Promise<ExecStream> {
    const { command, stdin, stdout, stderr, tty } = request;
    const sizes = tty ? openPipe() : undefined;
    try {
      const joining = { command, stdin, ...(sizes && { sizes: sizes.reading }) };
      const child = await this.#join(container, joining, signal);
      return streamOf(
        { child, stdin, stdout: stdout || tty, stderr: stderr && !tty, sizes },
        signal,
      );
    } catch (error) {
      if (sizes) closeSync(sizes.writing);
      throw error;
    } finally {
      if (sizes) closeSync(sizes.reading);
    }
  }

  async #join(
    container: NativeContainer,
    { command, stdin, sizes }: Joining,
    signal: AbortSignal,
  ): Promise<Child> {
    const { process, record } = container;
    if (!process) throw new Error(`The container ${record.name} does not run`);
    const settings: JoinSettings = JSON.parse(await readFile(container.settingsFile, "utf8"));
    using target = openProcess(process.pid);
    if ((await processStart(process.pid)) !== process.startTicks) {
      throw new Error(`The container ${record.name} has ended`);
    }
    const { filter, ...rest } = settings;
    const seccomp = filter === undefined ? undefined : Buffer.from(filter, "base64");
    const steps = execProgram({
      cgroupFiles: container.cgroup.joinFiles,
      oomScoreAdj: record.oomScoreAdj,
      terminal: sizes !== undefined,
      process: { ...rest, argv: command, ...(seccomp && { seccomp }) },
    });
    const descriptors = [target.descriptor, ...(sizes === undefined ? [] : [sizes])];
    const child = await runSteps(
      {
        ...{ program: this.#site.shimProgram, steps, descriptors, title: "edgesite-exec" },
        ...{ stdin: "pipe", stdout: "pipe", stderr: "pipe" },
      },
      signal,
    );
    // An end of its own in place of the host's /dev/null, whose mode a container's root could change.
    if (!stdin) await child.stdin.end();
    return child;
  }
}

interface Session {
  readonly child: Child;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly sizes: Pipe | undefined;
}

/** A session's process as web streams, with backpressure both ways; what nobody wants is thrown away. */
function streamOf(
  { child, stdin, stdout, stderr, sizes }: Session,
  signal: AbortSignal,
): ExecStream {
  const killer = killOnAbort(child, signal);
  const exitCode = child.exited.then((code) => {
    killer[Symbol.dispose]();
    if (sizes) closeSync(sizes.writing);
    if (signal.aborted) throw abortReason(signal);
    return code;
  });
  if (!stdout) void child.stdout.cancel();
  if (!stderr) void child.stderr.cancel();
  return {
    ...(stdin && { stdin: inputOf(child) }),
    ...(stdout && { stdout: child.stdout }),
    ...(stderr && { stderr: child.stderr }),
    resize: ({ height, width }) => {
      if (!sizes || child.exitCode !== null) return;
      writeSync(sizes.writing, sizeBody({ rows: height, columns: width }));
    },
    exitCode,
  };
}

/** Closing it closes only the process' input: its output goes on. */
function inputOf({ stdin }: Child): WritableStream<Uint8Array> {
  return new WritableStream({
    async write(chunk) {
      void stdin?.write(chunk);
      await stdin?.flush();
    },
    close: async () => void (await stdin?.end()),
    abort: async () => void (await stdin?.end()),
  });
}

function killOnAbort(child: Child, signal: AbortSignal): Disposable {
  const kill = (): void => child.kill("SIGKILL");
  signal.addEventListener("abort", kill, { once: true });
  if (signal.aborted) kill();
  return { [Symbol.dispose]: () => signal.removeEventListener("abort", kill) };
}
