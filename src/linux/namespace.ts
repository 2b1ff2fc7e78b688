import { closeSync, openSync } from "node:fs";
import { check, libc } from "./libc.ts";

const CLONE_NEWNET = 0x40000000;
const OWN_NAMESPACE = "/proc/thread-self/ns/net";

/** The file of a process's network namespace. */
export function networkNamespacePath(pid: number): string {
  return `/proc/${pid}/ns/net`;
}

/**
 * Runs `fn` with the calling thread inside a network namespace: of a process, or under a path.
 * Sockets that `fn` opens stay there. `fn` must be synchronous: what it starts and does not finish
 * goes on outside.
 * @throws what `fn` throws; a SystemCallError when the namespace cannot be entered.
 */
export function withNetworkNamespace<T>(pidOrPath: number | string, fn: () => T): T {
  const path = typeof pidOrPath === "number" ? networkNamespacePath(pidOrPath) : pidOrPath;
  const target = openSync(path, "r");
  try {
    return inNamespace(target, path, fn);
  } finally {
    closeSync(target);
  }
}

/**
 * Moves the calling thread into a new network namespace until the answer is disposed of. For tests
 * and tools: a site itself never leaves the namespace that it was started in.
 */
export function enterNewNetworkNamespace(): Disposable {
  const own = openSync(OWN_NAMESPACE, "r");
  try {
    check(libc.unshare(CLONE_NEWNET), "make a network namespace");
  } catch (error) {
    closeSync(own);
    throw error;
  }
  return { [Symbol.dispose]: () => comeBack(own) };
}

function inNamespace<T>(target: number, path: string, fn: () => T): T {
  const own = openSync(OWN_NAMESPACE, "r");
  try {
    check(libc.setns(target, CLONE_NEWNET), `enter the network namespace ${path}`);
  } catch (error) {
    closeSync(own);
    throw error;
  }
  try {
    return fn();
  } finally {
    comeBack(own);
  }
}

function comeBack(own: number): void {
  try {
    check(libc.setns(own, CLONE_NEWNET), "return to the own network namespace");
  } finally {
    closeSync(own);
  }
}
