import { join } from "node:path";
import { sleep } from "#lib/abort.ts";
import { Backoff } from "#lib/backoff.ts";
import { errorCode } from "#lib/errors.ts";
import { tryWriteControl } from "./control-file.ts";
import { type Freezer, freeze } from "./freezer.ts";

/** A group whose processes are to end. */
export interface Victims {
  /** Those that still run. */
  readonly processes: () => readonly number[];
  readonly freezer: Freezer;
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
  const { unified } = victims.freezer;
  const killed = unified !== undefined && tryWriteControl(join(unified, "cgroup.kill"), "1");
  using _frozen = killed ? undefined : freeze(victims.freezer);
  // Where version 1 has the controllers, a process may be in one of its groups alone.
  for (const pid of victims.processes()) killOne(pid);
}

function killOne(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (errorCode(error) !== "ESRCH") throw error;
  }
}
