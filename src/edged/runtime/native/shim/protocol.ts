import type { Steps } from "#linux/steps.ts";
import type { Arch } from "#linux/syscalls.ts";

/** What the shim is asked for. `u32` numbers as its sources have them. */
export const REQUEST = {
  start: 1,
  signal: 2,
  closeStdin: 3,
  resize: 4,
  forget: 5,
  end: 6,
  startBeside: 7,
} as const;

const FLAG_TTY = 1;
const FLAG_STDIN = 2;
const FLAG_LEAD = 4;
const HEADER_BYTES = 24;
const START_BYTES = 56;
const KEY_BYTES = 8;
const MAX_PATH_BYTES = 4096;
/** Longer requests are refused by the shim. */
const MAX_REQUEST_BYTES = 16 * 1024 * 1024;
const STARTS_BESIDE = 1;
const NO_STEP = 0xffffffff;

/** A container to start. */
export interface StartRequest {
  /** What it is called from then on; nobody else's in this shim. */
  readonly key: bigint;
  /** CLONE_NEW… of the namespaces that it gets. */
  readonly namespaces: number;
  /** The key of a container that runs, in whose process namespace it lives. */
  readonly processesOf?: bigint;
  /**
   * Its directory on the host, where the shim puts `log`, `log.1` …, `exit` and, with `stdin`, the
   * FIFO of that name.
   */
  readonly directory: string;
  /**
   * What it does until it executes its program. It finds its output in descriptors 1 and 2, its
   * input (or /dev/null) in 0. With `tty` it finds /dev/null there, makes its terminal, sends the
   * master over the socket in 3 (`sendmsg`, SCM_RIGHTS, one byte of data), and puts the slave into
   * 0, 1 and 2.
   */
  readonly steps: Steps;
  readonly tty: boolean;
  readonly stdin: boolean;
  /** A log file that would grow beyond it becomes `log.1`. 0: it grows on. */
  readonly logLimitBytes: number;
  /** How many log files there are at most. */
  readonly logFiles: number;
  /** How long the steps may take; then the container is killed. */
  readonly timeoutMs: number;
}

/** The first process of a process namespace that the containers which start later live in. */
export type LeadRequest = Pick<StartRequest, "key" | "namespaces" | "steps" | "timeoutMs">;

/** A request without its serial number. */
export interface Request {
  readonly kind: number;
  readonly key: bigint;
  readonly body: Uint8Array;
}

/** {u32 bytes in all, u32 kind, u32 serial, u32 0, u64 key}, then the body. */
export function encodeRequest({ kind, key, body }: Request, serial: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  if (bytes.length > MAX_REQUEST_BYTES) {
    throw new RangeError(`Cannot ask the shim with ${bytes.length} bytes: the most is 16 MiB`);
  }
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint32(4, kind, true);
  view.setUint32(8, serial, true);
  view.setBigUint64(16, key, true);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

/** Numbers as two u32 behind each other: the body of requests that need no more. */
export function smallBody(first = 0, second = 0): Uint8Array {
  return new Uint8Array(Uint32Array.of(first, second).buffer);
}

/** struct winsize. */
export function sizeBody({ rows, columns }: { rows: number; columns: number }): Uint8Array {
  return new Uint8Array(Uint16Array.of(rows, columns, 0, 0).buffer);
}

export function startBody(request: StartRequest, arch: Arch): Uint8Array {
  const flags = (request.tty ? FLAG_TTY : 0) | (request.stdin ? FLAG_STDIN : 0);
  return encodeStart(request, { arch, flags });
}

export function leadBody(request: LeadRequest, arch: Arch): Uint8Array {
  const silent = { directory: "", logLimitBytes: 0, logFiles: 0 };
  return encodeStart({ ...request, ...silent }, { arch, flags: FLAG_LEAD });
}

function encodeStart(
  request: Omit<StartRequest, "tty" | "stdin">,
  { arch, flags }: { readonly arch: Arch; readonly flags: number },
): Uint8Array {
  const path = request.directory === "" ? Buffer.alloc(0) : Buffer.from(`${request.directory}\0`);
  if (path.length > MAX_PATH_BYTES) {
    throw new RangeError(`Cannot start in ${request.directory}: the path is too long`);
  }
  const steps = request.steps.encode(arch);
  const targetAt = START_BYTES - HEADER_BYTES + Math.ceil(path.length / 8) * 8;
  const stepsAt = targetAt + (request.processesOf === undefined ? 0 : KEY_BYTES);
  const bytes = new Uint8Array(stepsAt + steps.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(request.namespaces), true);
  view.setBigUint64(8, BigInt(request.logLimitBytes), true);
  view.setUint32(16, request.logFiles, true);
  view.setUint32(20, flags, true);
  view.setUint32(24, request.timeoutMs, true);
  view.setUint32(28, path.length, true);
  bytes.set(path, START_BYTES - HEADER_BYTES);
  if (request.processesOf !== undefined) view.setBigUint64(targetAt, request.processesOf, true);
  bytes.set(steps, stepsAt);
  return bytes;
}

/** How long every message of the shim is. */
export const MESSAGE_BYTES = 48;

/** What the shim knows of a container: it runs, or it has ended. */
export interface ContainerState {
  readonly key: bigint;
  /** As the host numbers it. */
  readonly pid: number;
  /** When its steps had succeeded, by the wall clock. */
  readonly startedAtNs: bigint;
  readonly exit?: ContainerExit;
}

export interface ContainerExit {
  readonly atNs: bigint;
  /** Its exit code, or 128 and the signal that killed it. */
  readonly code: number;
}

export type ShimMessage =
  | {
      readonly kind: "hello";
      readonly protocol: number;
      /** It knows `startBeside`; shims of earlier versions do not. */
      readonly startsBeside: boolean;
      readonly pid: number;
      /** How many messages about containers follow. */
      readonly containers: number;
    }
  | {
      readonly kind: "reply";
      readonly serial: number;
      /** 0: done. */
      readonly errno: number;
      /** The step that failed, where one did. */
      readonly step: number | undefined;
      readonly container: ContainerState;
    }
  | { readonly kind: "container" | "exit"; readonly container: ContainerState };

/**
 * One message: {u32 kind, u32 serial, u64 key, u32 errno, u32 step, u32 pid, i32 wait status,
 * u64 start, u64 end}, times in ns of the wall clock, an end of 0 while it runs.
 * @throws TypeError for a kind that is not known.
 */
export function decodeMessage(view: DataView): ShimMessage {
  const kind = view.getUint32(0, true);
  const serial = view.getUint32(4, true);
  const step = view.getUint32(20, true);
  const pid = view.getUint32(24, true);
  switch (kind) {
    case 0x100:
      return {
        kind: "reply",
        serial,
        errno: view.getUint32(16, true),
        step: step === NO_STEP ? undefined : step,
        container: decodeState(view),
      };
    case 0x101:
      return {
        ...{ kind: "hello", protocol: step, pid, containers: serial },
        startsBeside: (view.getUint32(16, true) & STARTS_BESIDE) !== 0,
      };
    case 0x102:
      return { kind: "container", container: decodeState(view) };
    case 0x103:
      return { kind: "exit", container: decodeState(view) };
    default:
      throw new TypeError(`The shim sent a message of the unknown kind ${kind}`);
  }
}

/** The file `exit` of a container, {i32 wait status, u32 0, u64 end, u64 start}; undefined where it is not whole. */
export function decodeExitRecord(
  bytes: Uint8Array,
): { readonly startedAtNs: bigint; readonly exit: ContainerExit } | undefined {
  if (bytes.length !== 24) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const atNs = view.getBigUint64(8, true);
  return {
    startedAtNs: view.getBigUint64(16, true),
    exit: { atNs, code: exitCode(view.getInt32(0, true)) },
  };
}

function decodeState(view: DataView): ContainerState {
  const atNs = view.getBigUint64(40, true);
  return {
    key: view.getBigUint64(8, true),
    pid: view.getUint32(24, true),
    startedAtNs: view.getBigUint64(32, true),
    ...(atNs !== 0n && { exit: { atNs, code: exitCode(view.getInt32(28, true)) } }),
  };
}

/** Of a status as wait4 gives it. */
function exitCode(status: number): number {
  const signal = status & 0x7f;
  return signal === 0 ? (status >> 8) & 0xff : 128 + signal;
}
