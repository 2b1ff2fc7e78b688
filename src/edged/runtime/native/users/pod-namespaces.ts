import { closeSync, openSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { type OwnDescriptor, openProcess } from "#linux/descriptors.ts";
import type { Steps } from "#linux/steps.ts";
import type { Sysctls } from "../program/sysctls.ts";
import { ownedNamespacesProgram, userNamespaceProgram } from "../program/user-namespace-program.ts";
import { runSteps } from "../shim/run-steps.ts";
import type { IdRange } from "./id-ranges.ts";

export interface NamespacesPlan {
  /** The `shimProgram` of this machine. */
  readonly program: Uint8Array;
  /** Files that a process joins the pod's cgroups through. */
  readonly cgroupFiles: readonly string[];
  readonly users: IdRange;
  /** What its root sets of them. */
  readonly sysctls: Sysctls;
}

const SILENT = { stdin: "ignore", stdout: "ignore", stderr: "ignore" } as const;

/**
 * Makes a user namespace in which the range is 0 and what follows, users' and groups' alike, and network,
 * host name and IPC that it owns. Answers a descriptor of a process in them, which ends when it
 * is disposed of: somebody must have joined by then.
 */
export async function makePodNamespaces(
  { program, cgroupFiles, users, sysctls }: NamespacesPlan,
  signal: AbortSignal,
): Promise<OwnDescriptor> {
  const start = (steps: Steps, descriptors: readonly number[]) =>
    runSteps({ program, steps, descriptors, ...SILENT, title: "edgesite-users" }, signal);
  const first = await start(userNamespaceProgram(cgroupFiles), []);
  try {
    const map = `0 ${users.first} ${users.count}\n`;
    for (const file of ["uid_map", "gid_map"]) await writeFile(`/proc/${first.pid}/${file}`, map);
    const namespace = openSync(`/proc/${first.pid}/ns/user`, "r");
    try {
      return await holdOpen(await start(ownedNamespacesProgram(cgroupFiles, sysctls), [namespace]));
    } finally {
      closeSync(namespace);
    }
  } finally {
    first.kill("SIGKILL");
    await first.exited;
  }
}

async function holdOpen(child: Bun.Subprocess): Promise<OwnDescriptor> {
  const end = (): void => child.kill("SIGKILL");
  try {
    const { descriptor, [Symbol.dispose]: close } = openProcess(child.pid);
    return {
      descriptor,
      [Symbol.dispose]: () => {
        close();
        end();
      },
    };
  } catch (error) {
    end();
    throw error;
  }
}
