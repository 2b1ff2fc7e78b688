import { constants } from "node:os";
import { SystemCallError } from "./libc.ts";
import { type Content, Memory, type Place, StepData } from "./step-data.ts";
import { type Arch, type SystemCall, systemCallNumber } from "./syscalls.ts";

/** `ENOENT` and its like. */
export type ErrnoName = keyof typeof constants.errno;

/**
 * An argument of a system call: a number as it is, or the address of a content. A `Result` is the
 * number that an earlier step answered.
 */
export type StepArgument = number | bigint | Content | Place | Result;

export interface CallOptions {
  /** What the call is for, as in "Cannot `mount the root of the container`: EINVAL". */
  readonly why?: string;
  /** Errors that are fine: the next step follows; the result is then the negative errno. */
  readonly tolerate?: readonly ErrnoName[];
  /** Adds steps that run only if this one failed with a tolerated error. */
  readonly otherwise?: (steps: Steps) => void;
}

export interface Expectation {
  /** Where the 64-bit word lies. */
  readonly at: Place;
  /** The bits that count. Default: all. */
  readonly mask?: bigint;
  readonly equals: bigint;
  /** The error that the step fails with otherwise. */
  readonly error: ErrnoName;
  readonly why: string;
}

/** The number that a step will answer: a descriptor, a process ID. */
export class Result {
  readonly #owner: Steps;

  constructor(owner: Steps) {
    this.#owner = owner;
  }

  isOf(steps: Steps): boolean {
    return this.#owner === steps;
  }
}

/** A step of a program that failed. `step` is its index, `code` errno's name. */
export class StepFailure extends SystemCallError {
  override readonly name = "StepFailure";
  readonly step: number;

  constructor(what: string, { step, errno }: { step: number; errno: number }) {
    super(what, errno);
    this.step = step;
  }
}

interface Step {
  readonly number: (arch: Arch) => number;
  readonly args: readonly StepArgument[];
  readonly tolerate: readonly ErrnoName[];
  readonly text: string;
  readonly result: Result;
  skip: number;
}

/** Reads "STP1" in a dump. */
const MAGIC = 0x31505453;
const HEADER_BYTES = 16;
const STEP_BYTES = 72;
const MAX_ARGUMENTS = 6;
/** Steps that are no system calls; the shim knows them by these numbers. */
const PSEUDO = {
  forkAndWait: 0x10000,
  expect: 0x10001,
  put: 0x10002,
  serve: 0x10003,
  pause: 0x10004,
  forkAndRelay: 0x10005,
  forkSibling: 0x10006,
} as const;

/**
 * A program of system calls that the shim runs one after another in a process that has nothing else
 * in it, such as all that lies between the birth of a container and its execve. The first step that
 * fails with an error that it does not tolerate ends the program; `failure` says in words what a
 * pair of index and errno means.
 *
 *     const steps = new Steps();
 *     const how = openHow({ flags: O_PATH, resolve: RESOLVE_IN_ROOT });
 *     const root = steps.call("openat2", [AT_FDCWD, path, how, how.length], { why: "open the root" });
 *     steps.call("fchdir", [root]);
 *     steps.call("execve", ["/bin/sh", ["sh", "-c", "exit 3"], ["A=b"]]);
 *     const program = steps.encode("x64");
 *
 * A program starts with these descriptors: 0, 1 and 2 its own; 3, which is the shim's; 4, which tells
 * of a failure; from 5 on what it is given. All but the first three are closed by execve. Every
 * descriptor that a step opens must be marked close-on-exec, or the container gets it.
 *
 * Encoded, little endian: u32 magic, u32 bytes in all, u32 steps, u32 relocations; the steps; data;
 * the relocations, u32 offsets of words that the address of the program is added to. A step is u32
 * number of the call, u16 flags (bit k: argument k is the address of a word that holds it), u16 steps
 * to skip when it succeeds, u64 address of the tolerated errnos (u32, ended by 0) or 0, u64 × 6
 * arguments, u64 address of the word that takes the result, or 0.
 */
export class Steps {
  readonly #steps: Step[] = [];

  /** How many there are. */
  get length(): number {
    return this.#steps.length;
  }

  /** Adds a system call and answers its result to be. */
  call(name: SystemCall, args: readonly StepArgument[] = [], options: CallOptions = {}): Result {
    const step = this.#add({
      number: (arch) => systemCallNumber(name, arch),
      args,
      tolerate: options.tolerate ?? [],
      text: options.why ?? callText(name, args),
    });
    const before = this.length;
    options.otherwise?.(this);
    step.skip = this.length - before;
    return step.result;
  }

  /** Memory that steps read and write: `content` bytes, or that many zeros. */
  memory(content: Uint8Array | number, pointers: Readonly<Record<number, Content>> = {}): Memory {
    return new Memory(typeof content === "number" ? new Uint8Array(content) : content, pointers);
  }

  /** Writes a result into a memory, as 4 bytes or as 8. */
  put(result: Result, at: Place, bytes: 4 | 8): void {
    if (at.offset + bytes > at.memory.bytes.length) {
      throw new RangeError(`Cannot put ${bytes} bytes at ${at.offset}: the memory ends before`);
    }
    this.#pseudo("put", [at, result, bytes], "keep a result");
  }

  /** Fails unless a word that an earlier step wrote is as it must be. */
  expect({ at, mask = 2n ** 64n - 1n, equals, error, why }: Expectation): void {
    if (at.offset + 8 > at.memory.bytes.length) {
      throw new RangeError(`Cannot compare the word at ${at.offset}: the memory ends before`);
    }
    this.#pseudo("expect", [at, mask, equals, constants.errno[error]], why);
  }

  /**
   * Forks. The child goes on with the next step and is killed when its parent ends; the parent closes
   * all that is open, waits for it and exits as it did: with its code, or 128 and the signal.
   */
  forkAndWait(): void {
    this.#pseudo("forkAndWait", [], "fork");
  }

  /**
   * As `forkAndWait`, for a child that has a terminal: the parent carries its own input to the master
   * and what the master says to its output. What it reads from `sizes`, `struct winsize` each, become
   * the sizes of the terminal.
   */
  forkAndRelay(master: Result, sizes: number): void {
    this.#pseudo("forkAndRelay", [master, sizes], "fork");
  }

  /**
   * Forks inside of `forkAndWait` or `forkAndRelay`: the new process goes on with the next step in the
   * place of this one, which ends, as a child of the one that waits. A process that has joined another
   * process namespace is in it only as of its next child.
   */
  forkSibling(): void {
    this.#pseudo("forkSibling", [], "join the processes of the container");
  }

  /** Becomes the shim of a sandbox: answers on a listening socket, and never goes on from here. */
  serve(listening: Result | number): void {
    this.#pseudo("serve", [listening], "serve");
  }

  /** Waits for ever, reaps what is orphaned, exits 0 on SIGTERM or SIGINT: what a pod's first process does. */
  pause(): void {
    this.#pseudo("pause", [], "pause");
  }

  /** What each step is for, in order. */
  texts(): readonly string[] {
    return this.#steps.map(({ text }) => text);
  }

  /** The error of a step that failed. */
  failure({ step, errno }: { readonly step: number; readonly errno: number }): StepFailure {
    const text = this.#steps[step]?.text ?? "run a program";
    return new StepFailure(text, { step, errno });
  }

  /** The bytes that the shim of that processor runs. */
  encode(arch: Arch): Uint8Array {
    const start = HEADER_BYTES + STEP_BYTES * this.length;
    const layout = new Layout(new StepData(start), this.#neededResults());
    const head = new Uint8Array(start);
    for (const [index, step] of this.#steps.entries()) {
      const offset = HEADER_BYTES + STEP_BYTES * index;
      layout.encode(step, { arch, offset, view: new DataView(head.buffer, offset, STEP_BYTES) });
    }
    return joined(head, layout.data, this.length);
  }

  #pseudo(name: keyof typeof PSEUDO, args: readonly StepArgument[], text: string): void {
    this.#add({ number: () => PSEUDO[name], args, tolerate: [], text });
  }

  #add(step: Omit<Step, "result" | "skip">): Step {
    if (step.args.length > MAX_ARGUMENTS) {
      throw new RangeError(`Cannot ${step.text}: a call has at most ${MAX_ARGUMENTS} arguments`);
    }
    for (const arg of step.args) {
      if (arg instanceof Result && !arg.isOf(this)) {
        throw new TypeError(`Cannot ${step.text}: a result of another program is an argument`);
      }
    }
    const whole = { ...step, result: new Result(this), skip: 0 };
    this.#steps.push(whole);
    return whole;
  }

  #neededResults(): ReadonlySet<Result> {
    const args = this.#steps.flatMap((step) => step.args);
    return new Set(args.filter((arg) => arg instanceof Result));
  }
}

interface Target {
  readonly arch: Arch;
  readonly offset: number;
  readonly view: DataView;
}

/** Puts steps into bytes, and what they point to behind them. */
class Layout {
  readonly data: StepData;
  readonly #needed: ReadonlySet<Result>;
  readonly #words = new Map<Result, number>();
  readonly #tolerated = new Map<string, Uint8Array>();

  constructor(data: StepData, needed: ReadonlySet<Result>) {
    this.data = data;
    this.#needed = needed;
  }

  encode(step: Step, { arch, offset, view }: Target): void {
    let flags = 0;
    const address = (at: number, place: number): void => {
      view.setBigUint64(at, BigInt(place), true);
      this.data.relocations.push(offset + at);
    };
    for (const [index, arg] of step.args.entries()) {
      const at = 16 + 8 * index;
      if (arg instanceof Result) {
        flags |= 1 << index;
        address(at, this.#wordOf(arg));
      } else if (typeof arg === "number" || typeof arg === "bigint") {
        view.setBigUint64(at, BigInt.asUintN(64, BigInt(arg)), true);
      } else {
        address(at, this.data.place(arg));
      }
    }
    view.setUint32(0, step.number(arch), true);
    view.setUint16(4, flags, true);
    view.setUint16(6, step.skip, true);
    if (step.tolerate.length > 0) address(8, this.data.place(this.#errnos(step.tolerate)));
    if (this.#needed.has(step.result)) address(64, this.#wordOf(step.result));
  }

  #wordOf(result: Result): number {
    const known = this.#words.get(result) ?? this.data.word();
    this.#words.set(result, known);
    return known;
  }

  #errnos(names: readonly ErrnoName[]): Uint8Array {
    const key = names.join();
    const list = Uint32Array.from([...names.map((name) => constants.errno[name]), 0]);
    const known = this.#tolerated.get(key) ?? new Uint8Array(list.buffer);
    this.#tolerated.set(key, known);
    return known;
  }
}

function joined(head: Uint8Array, data: StepData, steps: number): Uint8Array {
  const body = data.bytes();
  const relocations = new Uint8Array(Uint32Array.from(data.relocations).buffer);
  const bytes = new Uint8Array(head.length + body.length + relocations.length);
  bytes.set(head);
  bytes.set(body, head.length);
  bytes.set(relocations, head.length + body.length);
  const header = [MAGIC, bytes.length, steps, data.relocations.length];
  const view = new DataView(bytes.buffer);
  for (const [index, value] of header.entries()) view.setUint32(4 * index, value, true);
  return bytes;
}

function callText(name: string, args: readonly StepArgument[]): string {
  const texts = args.filter((arg) => typeof arg === "string");
  return [`call ${name}`, ...texts].join(" ");
}
