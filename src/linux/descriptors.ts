import { closeSync } from "node:fs";
import { stableBytes, systemCall } from "./system-call.ts";

/** A descriptor that is closed with the block that it is used in. */
export interface OwnDescriptor extends Disposable {
  readonly descriptor: number;
}

/** The two ends of a pipe, both closed by execve. */
export interface Pipe {
  readonly reading: number;
  readonly writing: number;
}

/** Makes a pipe (pipe2(2)); both ends are the caller's to close. */
export function openPipe(): Pipe {
  const ends = stableBytes(8);
  systemCall({ name: "pipe2", args: [ends, O_CLOEXEC], what: "make a pipe" });
  return { reading: ends.readInt32LE(0), writing: ends.readInt32LE(4) };
}

/**
 * A descriptor of a running process (pidfd_open(2)): it goes on meaning that one when its number is
 * given to another.
 */
export function openProcess(pid: number): OwnDescriptor {
  const what = `open the process ${pid}`;
  const descriptor = systemCall({ name: "pidfd_open", args: [pid, 0], what });
  return { descriptor, [Symbol.dispose]: () => closeSync(descriptor) };
}

const O_CLOEXEC = 0o2000000;
