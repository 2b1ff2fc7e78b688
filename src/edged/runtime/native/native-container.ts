import { chown, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { abortable } from "#lib/abort.ts";
import { errorCode } from "#lib/errors.ts";
import type { Cgroup } from "#linux/cgroups/cgroup.ts";
import { limitsOf } from "#linux/cgroups/limits.ts";
import { ALL_DEVICES, DEFAULT_DEVICE_RULES } from "#linux/devices/rules.ts";
import { StepFailure } from "#linux/steps.ts";
import type { ImageHold } from "../../image/image-store.ts";
import type { ContainerSpec, RuntimeContainer } from "../types.ts";
import { dateOf, readExitRecord } from "./exit-record.ts";
import { LOG_LIMITS } from "./log/log-files.ts";
import { type NativeSandbox, unlessLost } from "./native-sandbox.ts";
import { processStart } from "./process-start.ts";
import { type ContainerPlan, containerProgram } from "./program/container-program.ts";
import { CLONE, SIGKILL } from "./program/kernel.ts";
import type { ContainerProcess } from "./program/process.ts";
import type { ContainerRecord, Records } from "./records.ts";
import type { ContainerExit, ContainerState } from "./shim/protocol.ts";

/** How long everything between a container's birth and its program may take, a dead file server included. */
const START_TIMEOUT_MS = 60_000;
/** How long the kernel may take to end what a container leaves behind. */
const LEFT_BEHIND_MS = 10_000;
/** What a shell says of a program that is not there, of one that cannot run, and of a kill. */
const EXIT_NOT_FOUND = 127;
const EXIT_CANNOT_RUN = 128;
const EXIT_KILLED = 137;

/** What a container is to be, from its making to its start; it may hold secrets, so it is never written. */
export interface ContainerOrder {
  readonly spec: ContainerSpec;
  readonly plan: ContainerPlan;
}

/** How a container came to its end. */
interface ContainerEnd {
  readonly exitCode: number;
  readonly oomKilled: boolean;
  readonly finishedAt: Date;
}

/** The first process of a container, as the host numbers it. */
export interface FirstProcess {
  readonly pid: number;
  /** When the kernel started it: a number that is used again has another. */
  readonly startTicks: string;
}

interface Parts {
  readonly record: ContainerRecord;
  readonly records: Records<ContainerRecord>;
  readonly sandbox: NativeSandbox;
  /** Keeps its image on disk; absent where that is gone. */
  readonly hold: ImageHold | undefined;
  readonly order?: ContainerOrder;
}

/** One container as it is now: made, running, or ended. */
export class NativeContainer {
  readonly sandbox: NativeSandbox;
  readonly cgroup: Cgroup;
  readonly #records: Records<ContainerRecord>;
  readonly #hold: ImageHold | undefined;
  readonly #ended = Promise.withResolvers<void>();
  #record: ContainerRecord;
  #order: ContainerOrder | undefined;
  #process: FirstProcess | undefined;
  #end: ContainerEnd | undefined;

  constructor({ record, records, sandbox, hold, order }: Parts) {
    this.sandbox = sandbox;
    this.cgroup = sandbox.containerCgroup(record.id);
    this.#record = record;
    this.#records = records;
    this.#hold = hold;
    this.#order = order;
  }

  get record(): ContainerRecord {
    return this.#record;
  }

  /** Its own directory: its layer, its log, how it ended. */
  get directory(): string {
    return this.#records.directoryOf(this.#record.id);
  }

  /** What its shim calls it. */
  get key(): bigint {
    return keyOf(this.#record.id);
  }

  /** Its first process, while that runs. */
  get process(): FirstProcess | undefined {
    return this.#end ? undefined : this.#process;
  }

  /** Resolves when it has ended. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  get exitCode(): number | undefined {
    return this.#end?.exitCode;
  }

  /** In memory: what a process that joins the container must be like. */
  get settingsFile(): string {
    return join(this.sandbox.runDirectory, `${this.#record.id.slice(0, 16)}.json`);
  }

  /** @throws with one reason when it cannot run; it has then ended. */
  async start(signal: AbortSignal): Promise<void> {
    if (this.process) return;
    const order = this.#order;
    if (!order) throw new Error(`The container ${this.#record.name} was started before`);
    try {
      await this.#prepare(order);
      await this.#begin(order, signal);
    } catch (error) {
      if (!signal.aborted) await this.#failed(error);
      throw reasonOf(error, order.plan.process);
    }
  }

  /** Asks it to end, and ends it after its grace. */
  async stop(graceMs: number, signal: AbortSignal): Promise<void> {
    const { shim } = this.sandbox;
    if (this.process && shim && graceMs > 0) {
      await shim.signal(this.key, this.#record.stopSignal, signal).catch(unlessRefused);
      const patience = AbortSignal.any([signal, AbortSignal.timeout(graceMs)]);
      await abortable(this.ended, patience).catch(() => signal.throwIfAborted());
    }
    await this.#kill(signal);
  }

  /** Ends it, and takes away all that it has on this host. */
  async remove(signal: AbortSignal): Promise<void> {
    await this.#kill(signal);
    await this.sandbox.shim?.forget(this.key, signal).catch(unlessLost);
    this.cgroup.remove();
    await rm(this.settingsFile, { force: true });
    await this.#records.remove(this.#record.id);
    this.#hold?.[Symbol.dispose]();
  }

  /**
   * Finds out what became of one that an earlier process has made. Answers whether there is anything
   * left to tell of it: one that was never started is no more.
   */
  async adopt(states: ReadonlyMap<bigint, ContainerState>): Promise<boolean> {
    const state = states.get(this.key);
    if (state && !state.exit) {
      this.#process = { pid: state.pid, startTicks: await processStart(state.pid) };
      return true;
    }
    const exit = state?.exit ?? (await readExitRecord(this.directory))?.exit;
    if (exit) await this.exited(exit);
    else if (this.#record.end) this.#finish(this.#record.end);
    else if (this.#record.startedAtMs !== undefined) await this.#lostBefore();
    else return false;
    return true;
  }

  /** When it was found lost is told by later processes, too; where the disk has no room they find it again. */
  async #lostBefore(): Promise<void> {
    const end = { exitCode: EXIT_KILLED, atMs: Date.now() };
    this.#record = { ...this.#record, end };
    await this.#records.write(this.#record).catch(() => undefined);
    this.#finish(end);
  }

  /** Its first process has ended; those that it left in a process namespace of others end with it. */
  async exited({ code, atNs }: ContainerExit): Promise<void> {
    const oomKilled = this.cgroup.oomKills() > 0;
    this.#end ??= { exitCode: code, oomKilled, finishedAt: dateOf(atNs) };
    try {
      await this.cgroup.kill(AbortSignal.timeout(LEFT_BEHIND_MS));
    } finally {
      this.#ended.resolve();
    }
  }

  /** Its shim is gone, and it with it. */
  lost(): void {
    this.#finish({ exitCode: EXIT_KILLED, atMs: Date.now() });
  }

  /** As a runtime tells of it. */
  describe(): RuntimeContainer {
    const { id, name, attempt, sandboxId, image, imageId, error } = this.#record;
    const { createdAtMs, startedAtMs, terminationMessageFile } = this.#record;
    return {
      ...{ id, name, attempt, sandboxId, image, imageId },
      state: this.#end ? "exited" : this.#process ? "running" : "created",
      createdAt: new Date(createdAtMs),
      ...(startedAtMs !== undefined && { startedAt: new Date(startedAtMs) }),
      ...(this.process && { pid: this.process.pid }),
      ...(this.#end && { finishedAt: this.#end.finishedAt }),
      exitCode: this.#end?.exitCode ?? 0,
      oomKilled: this.#end?.oomKilled ?? false,
      ...(error !== undefined && { error }),
      ...(terminationMessageFile !== undefined && { terminationMessageFile }),
    };
  }

  async #prepare({ spec, plan }: ContainerOrder): Promise<void> {
    // The upper layer's own mode is that of `/`.
    for (const name of ["upper", "work", "root"]) await mkdir(join(this.directory, name), 0o755);
    const { users } = plan.process;
    if (users) await chown(join(this.directory, "upper"), users.first, users.first);
    this.cgroup.make();
    this.cgroup.limit(limitsOf(spec.resources));
    // It sees its groups as it may change them, which takes that they are its root's.
    if (users && spec.security.privileged) this.cgroup.delegateTo(users.first);
    this.cgroup.limitDevices(spec.security.privileged ? ALL_DEVICES : DEFAULT_DEVICE_RULES);
    await writeFile(this.settingsFile, JSON.stringify(settingsOf(plan.process)), { mode: 0o600 });
  }

  async #begin({ spec, plan }: ContainerOrder, signal: AbortSignal): Promise<void> {
    const shim = await this.sandbox.readyFor(spec, signal);
    const joinsOthers = spec.sharedProcesses || this.sandbox.record.hostPID;
    const target = joinsOthers ? undefined : spec.processesOf;
    const { pid, startedAtNs } = await shim.start(
      {
        key: this.key,
        namespaces: joinsOthers || target !== undefined ? 0 : CLONE.NEWPID,
        ...(target !== undefined && { processesOf: keyOf(target) }),
        directory: this.directory,
        steps: containerProgram(plan),
        tty: spec.tty,
        stdin: spec.stdin,
        logLimitBytes: LOG_LIMITS.maxBytes,
        logFiles: LOG_LIMITS.files,
        timeoutMs: START_TIMEOUT_MS,
      },
      signal,
    );
    this.#process = { pid, startTicks: await processStart(pid) };
    this.#order = undefined;
    this.#record = { ...this.#record, startedAtMs: dateOf(startedAtNs).getTime() };
    await this.#records.write(this.#record);
  }

  async #failed(error: unknown): Promise<void> {
    const missing = error instanceof StepFailure && error.code === "ENOENT";
    const { message } = reasonOf(error, this.#order?.plan.process);
    const exitCode = missing ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
    const end = { exitCode, atMs: Date.now() };
    this.#record = { ...this.#record, error: message, end };
    this.#finish(end);
    await this.#records.write(this.#record);
  }

  #finish({ exitCode, atMs }: NonNullable<ContainerRecord["end"]>): void {
    this.#end ??= { exitCode, oomKilled: false, finishedAt: new Date(atMs) };
    this.#order = undefined;
    this.#ended.resolve();
  }

  async #kill(signal: AbortSignal): Promise<void> {
    const { shim } = this.sandbox;
    if (this.process && shim) {
      await shim.signal(this.key, SIGKILL, signal).catch(async (error: unknown) => {
        unlessRefused(error);
        if (errorCode(error) === REFUSED) await this.cgroup.kill(signal);
      });
      await abortable(this.ended, signal);
    }
    // What its start has left behind where it failed.
    await this.cgroup.kill(signal);
  }
}

/** What a shim calls the container of that ID. */
function keyOf(id: string): bigint {
  return BigInt(`0x${id.slice(0, 16)}`);
}

/** What a process that joins must be like: the container's own but for its command; JSON. */
export type JoinSettings = Omit<ContainerProcess, "argv" | "seccomp"> & {
  /** Its filter of system calls, in base64. */
  readonly filter?: string;
};

function settingsOf({ argv: _, seccomp, ...process }: ContainerProcess): JoinSettings {
  return { ...process, ...(seccomp && { filter: Buffer.from(seccomp).toString("base64") }) };
}

/** What the kernel says of a signal that a profile of AppArmor does not let through. */
const REFUSED = "EACCES";

/** Lets pass that a signal does not get through: its container is ended by its group then. */
function unlessRefused(error: unknown): void {
  if (errorCode(error) !== REFUSED) unlessEnded(error);
}

function unlessEnded(error: unknown): void {
  if (errorCode(error) !== "ESRCH" && errorCode(error) !== "ENOENT") unlessLost(error);
}

/** The one sentence about a start that failed; of a command that is not there as runc says it. */
function reasonOf(error: unknown, process: ContainerProcess | undefined): Error {
  const [command = ""] = process?.argv ?? [];
  if (!(error instanceof StepFailure) || !error.message.startsWith(`Cannot run "${command}"`)) {
    return error instanceof Error ? error : new Error(String(error));
  }
  const why =
    error.code === "ENOENT"
      ? command.includes("/")
        ? "no such file or directory"
        : "executable file not found in $PATH"
      : error.code === "EACCES"
        ? "permission denied"
        : error.code === "ENOEXEC"
          ? "exec format error"
          : error.code;
  return new Error(`exec: "${command}": ${why}`, { cause: error });
}
