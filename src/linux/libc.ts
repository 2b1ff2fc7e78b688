import { dlopen, FFIType, read } from "bun:ffi";
import { constants } from "node:os";

const { cstring, i32, i64, i64_fast, ptr, u32, u64 } = FFIType;

/**
 * Buffers are handed over as such and never as kept addresses: Bun asks for the address at each
 * call, so that bytes which moved meanwhile are found again.
 */
const SIGNATURES = {
  socket: { args: [i32, i32, i32], returns: i32 },
  bind: { args: [i32, ptr, u32], returns: i32 },
  send: { args: [i32, ptr, u64, i32], returns: i64_fast },
  recv: { args: [i32, ptr, u64, i32], returns: i64_fast },
  setsockopt: { args: [i32, i32, i32, ptr, u32], returns: i32 },
  close: { args: [i32], returns: i32 },
  setns: { args: [i32, i32], returns: i32 },
  unshare: { args: [i32], returns: i32 },
  mount: { args: [cstring, cstring, cstring, u64, cstring], returns: i32 },
  umount2: { args: [cstring, i32], returns: i32 },
  syscall: { args: [i64, u64, u64, u64, u64, u64, u64], returns: i64_fast },
  __errno_location: { args: [], returns: ptr },
} as const;

/** A system call that failed. `code` is errno's name. */
export class SystemCallError extends Error {
  override readonly name: string = "SystemCallError";
  readonly code: string;
  readonly errno: number;

  constructor(what: string, errno: number) {
    const code = errnoName(errno);
    super(`Cannot ${what}: ${code}`);
    this.code = code;
    this.errno = errno;
  }
}

/** The C library of this process: glibc, or musl under the name of its architecture. */
export const libc = open().symbols;

/** Passes a result through; a negative one becomes the error that errno tells. */
export function check(result: number | bigint, what: string): number {
  if (result >= 0) return Number(result);
  throw new SystemCallError(what, lastErrno());
}

/** errno of the calling thread. Right only directly after the call that failed. */
export function lastErrno(): number {
  const location = libc.__errno_location();
  return location === null ? 0 : read.i32(location, 0);
}

/** `EEXIST` for 17. */
export function errnoName(errno: number): string {
  const preferred = PREFERRED_NAMES.get(errno);
  if (preferred !== undefined) return preferred;
  const found = Object.entries(constants.errno).find(([, value]) => value === errno);
  return found?.[0] ?? `errno ${errno}`;
}

/** Names that Node does not list, and the usual ones of numbers that have two. */
const PREFERRED_NAMES: ReadonlyMap<number, string> = new Map([
  [11, "EAGAIN"],
  [95, "EOPNOTSUPP"],
  [524, "ENOTSUPP"],
  [94, "ESOCKTNOSUPPORT"],
]);

/** Text as C reads it. */
export function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

function open(): ReturnType<typeof dlopen<typeof SIGNATURES>> {
  const machine = process.arch === "arm64" ? "aarch64" : "x86_64";
  const failures: unknown[] = [];
  for (const name of ["libc.so.6", `libc.musl-${machine}.so.1`, `/lib/ld-musl-${machine}.so.1`]) {
    try {
      return dlopen(name, SIGNATURES);
    } catch (error) {
      failures.push(error);
    }
  }
  throw new AggregateError(failures, "Cannot open the C library");
}
