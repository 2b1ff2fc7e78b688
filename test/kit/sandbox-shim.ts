import { test } from "bun:test";
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ContainerState, StartRequest } from "#edged/runtime/native/shim/protocol.ts";
import { runSteps } from "#edged/runtime/native/shim/run-steps.ts";
import { ShimClient, type ShimListener } from "#edged/runtime/native/shim/shim-client.ts";
import { shimProgram } from "#edged/runtime/native/shim/shim-program.ts";
import { Steps } from "#linux/steps.ts";
import { HOST_ARCH } from "#linux/syscalls.ts";
import { eventually } from "./eventually.ts";

const PR_SET_CHILD_SUBREAPER = 36;
const CLONE_NEWNS = 0x20000;
const CLONE_NEWPID = 0x20000000;

/** A piece of a container's output, as its log has it. */
export interface LogFrame {
  readonly timeNs: bigint;
  readonly stream: number;
  readonly text: string;
}

/** The frames of a log file. */
export function logFrames(path: string): readonly LogFrame[] {
  const bytes = readFileSync(path);
  const frames: LogFrame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + 8);
    const text = bytes.toString("latin1", at + 16, at + 16 + length);
    frames.push({ timeNs: bytes.readBigUInt64LE(at), stream: bytes.readUInt8(at + 12), text });
    at += 16 + length;
  }
  return frames;
}

/** What the frames of one stream hold, one after another. */
export function logText(path: string, stream = 1): string {
  const frames = logFrames(path).filter((frame) => frame.stream === stream);
  return frames.map(({ text }) => text).join("");
}

/** Writes into a FIFO that somebody reads, and never waits for one in vain. */
export async function writeInput(path: string, text: string): Promise<void> {
  const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  try {
    let rest = Buffer.from(text);
    await eventually(() => {
      rest = rest.subarray(writeSync(fd, rest));
      return rest.length === 0;
    });
  } finally {
    closeSync(fd);
  }
}

/** Steps that become a command of busybox. */
export function commandSteps(...command: readonly string[]): Steps {
  const steps = new Steps();
  steps.call("execve", ["/bin/busybox", command, ["PATH=/bin:/usr/bin", "KEY=value"]]);
  return steps;
}

/** The steps of a bare sandbox: no namespaces of its own, and a socket at `path`. */
export function serveSteps(path: string): Steps {
  const steps = new Steps();
  const address = Buffer.concat([Buffer.of(1, 0), Buffer.from(`${path}\0`)]);
  steps.call("setsid");
  // An emulator of user programs does not know it.
  steps.call("prctl", [PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0], { tolerate: ["EINVAL"] });
  const socket = steps.call("socket", [1, 0x80001, 0]);
  steps.call("bind", [socket, address, address.length], { why: `listen at ${path}` });
  steps.call("listen", [socket, 8]);
  steps.serve(socket);
  return steps;
}

/** A shim in a directory of its own, killed with all that it has when it is disposed of. */
export class SandboxShim implements AsyncDisposable, ShimListener {
  readonly signal: AbortSignal;
  readonly directory: string;
  readonly process: Bun.Subprocess;
  readonly exits: ContainerState[] = [];
  readonly starts: ContainerState[] = [];
  losses = 0;
  readonly #clients: ShimClient[] = [];
  #keys = 0n;

  private constructor(directory: string, process: Bun.Subprocess, signal: AbortSignal) {
    this.directory = directory;
    this.process = process;
    this.signal = signal;
  }

  static async start(signal: AbortSignal): Promise<SandboxShim> {
    const directory = mkdtempSync(join(tmpdir(), "shim-"));
    const program = shimProgram(HOST_ARCH);
    try {
      const steps = serveSteps(join(directory, "shim.sock"));
      const silent = { stdin: "ignore", stdout: "ignore", stderr: "ignore" } as const;
      const process = await runSteps({ program, steps, ...silent }, signal);
      return new SandboxShim(directory, process, signal);
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  async connect(): Promise<ShimClient> {
    const client = await ShimClient.connect(join(this.directory, "shim.sock"), this, this.signal);
    this.#clients.push(client);
    return client;
  }

  /** A container of a directory of its own, in its own process namespace. */
  container(steps: Steps, options: Partial<StartRequest> = {}): StartRequest {
    this.#keys += 1n;
    const directory = join(this.directory, String(this.#keys));
    mkdirSync(directory);
    return {
      key: this.#keys,
      namespaces: CLONE_NEWNS | CLONE_NEWPID,
      directory,
      steps,
      tty: false,
      stdin: false,
      logLimitBytes: 0,
      logFiles: 3,
      timeoutMs: 10_000,
      ...options,
    };
  }

  /** How a container ended, once it has. */
  async exitOf(key: bigint): Promise<ContainerState> {
    return eventually(() => this.exits.find((exit) => exit.key === key), { what: "An exit" });
  }

  started(container: ContainerState): void {
    this.starts.push(container);
  }

  exited(container: ContainerState): void {
    this.exits.push(container);
  }

  lost(): void {
    this.losses += 1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    // A shim that still answers takes along what outlived its container.
    const last = await this.connect().catch(() => undefined);
    await last?.end(AbortSignal.timeout(5000)).catch(() => undefined);
    last?.close();
    this.process.kill("SIGKILL");
    await this.process.exited;
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** What one test with a shim may take. */
export const TEST_MS = 60_000;

/** A test with a shim of its own. */
export const testShim = (name: string, check: (shim: SandboxShim) => Promise<void>): void =>
  test(
    name,
    async () => {
      await using shim = await SandboxShim.start(AbortSignal.timeout(TEST_MS));
      await check(shim);
    },
    TEST_MS,
  );

/** Steps that become a shell with a script. */
export const shell = (script: string): Steps => commandSteps("sh", "-c", script);

/** What the kernel says of a process. */
export const statusOf = (pid: number): string => readFileSync(`/proc/${pid}/status`, "utf8");

/** The processes that a process began and has not buried. */
export const childrenOf = (pid: number): readonly string[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
