import { accessSync, closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import { errorCode } from "#lib/errors.ts";
import { readableText } from "../readable-text.ts";
import { type ContainerContexts, containerContexts } from "./se-linux.ts";

const INTERFACE = "/sys/fs/selinux";
const ANSWER_BYTES = 256;
/** What all processes are called while no policy is loaded. */
const NO_POLICY = "kernel";

/** What this host can do with SELinux. */
export type SeLinuxHost =
  | { readonly state: "off" }
  /** It is on, but containers can have no labels of their own. */
  | { readonly state: "unusable"; readonly reason: string; readonly contexts: ContainerContexts }
  | { readonly state: "ready"; readonly enforcing: boolean; readonly contexts: ContainerContexts };

/**
 * Looks whether the kernel has SELinux on, whether the policy knows the labels of containers, and
 * whether it lets this process start others under them.
 */
export function seLinuxHost(): SeLinuxHost {
  const own = ownContext();
  if (!canAsk() || own === NO_POLICY) return { state: "off" };
  const contexts = containerContexts();
  const enforcing = readableText(`${INTERFACE}/enforce`)?.startsWith("1") ?? false;
  const unknown = Object.values<string>({ ...contexts }).find((context) => !isKnown(context));
  if (unknown !== undefined) {
    return { state: "unusable", reason: `its policy has no ${unknown}`, contexts };
  }
  if (enforcing && !mayBecome(own, contexts.process)) {
    const reason = `its policy lets no ${own} start a ${contexts.process}`;
    return { state: "unusable", reason, contexts };
  }
  return { state: "ready", enforcing, contexts };
}

/** In a container of somebody else's the kernel's files are not there, or read-only: it is not ours to use. */
function canAsk(): boolean {
  try {
    accessSync(`${INTERFACE}/context`, constants.W_OK);
    return true;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return false;
  }
}

function ownContext(): string {
  return (readableText("/proc/self/attr/current") ?? "").replace(/[\0\n]+$/, "");
}

function isKnown(context: string): boolean {
  return ask("context", context) !== undefined;
}

/** Whether the policy allows `from` to execute a program as `to` (class process, transition). */
function mayBecome(from: string, to: string): boolean {
  const number = (path: string) => Number(readableText(`${INTERFACE}/class/process/${path}`));
  const bit = 1 << (number("perms/transition") - 1);
  const answer = ask("access", `${from} ${to} ${number("index")}`);
  return (Number.parseInt(answer?.split(" ")[0] ?? "0", 16) & bit) !== 0;
}

/** What the kernel says where a question names what it does not know, or is not ours to ask. */
const REFUSALS: ReadonlySet<string> = new Set(["EINVAL", "EACCES"]);

/** Asks the kernel through one of its files; undefined where it refuses. */
function ask(file: "context" | "access", question: string): string | undefined {
  const descriptor = openSync(`${INTERFACE}/${file}`, constants.O_RDWR);
  try {
    writeSync(descriptor, question);
    const answer = Buffer.alloc(ANSWER_BYTES);
    return answer.toString("latin1", 0, readSync(descriptor, answer, 0, ANSWER_BYTES, 0));
  } catch (error) {
    if (REFUSALS.has(errorCode(error) ?? "")) return undefined;
    throw error;
  } finally {
    closeSync(descriptor);
  }
}
