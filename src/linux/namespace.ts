import { closeSync, openSync } from "node:fs";
import { check, libc } from "./libc.ts";

/** CLONE_NEW* of linux/sched.h, by what a namespace keeps apart. */
const NAMESPACES = {
  mount: 0x00020000,
  cgroup: 0x02000000,
  uts: 0x04000000,
  ipc: 0x08000000,
  pid: 0x20000000,
  network: 0x40000000,
} as const;

const CLONE_NEWNET = NAMESPACES.network;
const OWN_NAMESPACE = "/proc/thread-self/ns/net";

/** What can be kept apart for the calling thread alone. */
export type NamespaceKind = keyof typeof NAMESPACES;

/**
 * Moves the calling thread into a new namespace for good: for threads that are made for that and end
 * soon. One for PIDs is left at once: a thread whose children would be in it can start no other thread.
 */
export function leaveNamespace(kind: NamespaceKind): void {
  if (kind !== "pid") return unshare(kind);
  const own = openSync("/proc/thread-self/ns/pid", "r");
  try {
    unshare(kind);
    check(libc.setns(own, NAMESPACES.pid), "return to the own namespace of PIDs");
  } finally {
    closeSync(own);
  }
}

function unshare(kind: NamespaceKind): void {
  check(libc.unshare(NAMESPACES[kind]), `make a namespace (${kind})`);
}

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
