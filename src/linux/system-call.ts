import { ptr } from "bun:ffi";
import { check, libc } from "./libc.ts";
import { type SystemCall, systemCallNumber } from "./syscalls.ts";

/** A number, or bytes that are handed over by their address for as long as the call takes. */
export type SystemCallArgument = number | bigint | Uint8Array;

/** A system call that the C library has no function for, or not every C library. */
export interface SystemCallRequest {
  readonly name: SystemCall;
  /** At most six. */
  readonly args: readonly SystemCallArgument[];
  /** For the error: `open /x beneath /y`. */
  readonly what: string;
}

/** @throws {SystemCallError} when the kernel refuses. */
export function systemCall({ name, args, what }: SystemCallRequest): number {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = args.map(wordOf);
  return check(libc.syscall(systemCallNumber(name, ARCH), a, b, c, d, e, f), what);
}

const ARCH = process.arch === "arm64" ? "arm64" : "x64";

/**
 * The address of bytes that a structure points to. Such bytes must be made by `stableBytes`, and be
 * referred to until the call is over.
 */
export function addressOf(bytes: Uint8Array): number {
  return ptr(bytes);
}

/** Bytes that never move: Bun may move those that no ArrayBuffer was made for. */
export function stableBytes(length: number): Buffer {
  return Buffer.from(new ArrayBuffer(length));
}

/** A text as C reads it, in bytes that never move. */
export function stableCString(text: string): Buffer {
  const bytes = stableBytes(Buffer.byteLength(text) + 1);
  bytes.write(text);
  return bytes;
}

function wordOf(argument: SystemCallArgument): number | bigint {
  if (!(argument instanceof Uint8Array)) return argument;
  return argument.length === 0 ? 0 : ptr(argument);
}
