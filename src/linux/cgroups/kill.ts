import { join } from "node:path";
import { sleep } from "#lib/abort.ts";
import { Backoff } from "#lib/backoff.ts";
import { errorCode } from "#lib/errors.ts";
import { CgroupError, writeControl } from "./control-file.ts";

/** A group whose processes are to end. */
export interface Victims {
  /** Those that still run. */
  readonly processes: () => readonly number[];
  /** Its directory in version 2. */
  readonly unified: string | undefined;
  /** Its directory in the hierarchy of version 1 that can freeze. */
  readonly freezer: string | undefined;
}

/** How long the kernel may take to end a killed process before it is looked at again. */
const LOOK_AGAIN = { initialMs: 1, maxMs: 50 };

/**
 * Kills all processes of a group, those that are forked meanwhile too, and waits until none is
 * left. The group is frozen meanwhile where the kernel cannot kill it as a whole (before 5.14).
 * @throws the reason of the signal.
 */
export async function killAll(victims: Victims, signal: AbortSignal): Promise<void> {
  const backoff = new Backoff(LOOK_AGAIN);
  while (victims.processes().length > 0) {
    killOnce(victims);
    await sleep(backoff.next(), signal);
  }
}

function killOnce(victims: Victims): void {
  const { unified } = victims;
  const killed = unified !== undefined && tryWrite(join(unified, "cgroup.kill"), "1");
  using _frozen = killed ? undefined : freeze(victims);
  // Where version 1 has the controllers, a process may be in one of its groups alone.
  for (const pid of victims.processes()) killOne(pid);
}

/** Until the answer is disposed of; a frozen process dies once it is thawed. */
function freeze({ unified, freezer }: Victims): Disposable | undefined {
  const [file, frozen, thawed] =
    freezer !== undefined
      ? [join(freezer, "freezer.state"), "FROZEN", "THAWED"]
      : [join(unified ?? "/", "cgroup.freeze"), "1", "0"];
  if (!tryWrite(file, frozen)) return undefined;
  return { [Symbol.dispose]: () => tryWrite(file, thawed) };
}

function killOne(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (errorCode(error) !== "ESRCH") throw error;
  }
}

/** Whether there was such a file: kernels differ, and the group may be gone. */
function tryWrite(file: string, value: string): boolean {
  try {
    writeControl(file, value);
    return true;
  } catch (error) {
    if (error instanceof CgroupError && (error.code === "ENOENT" || error.code === "ENODEV")) {
      return false;
    }
    throw error;
  }
}
