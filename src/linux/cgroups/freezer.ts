import { join } from "node:path";
import { tryWriteControl } from "./control-file.ts";

/** Directories of a group by which its processes can be frozen, those of groups below it too. */
export interface Freezer {
  /** In version 2. */
  readonly unified: string | undefined;
  /** In the hierarchy of version 1 that has the controller `freezer`. */
  readonly legacy: string | undefined;
}

/**
 * Freezes processes until the answer is disposed of: a killed one dies then. Undefined where there is
 * no such group. They stay frozen when the caller is killed meanwhile: see `thaw`.
 */
export function freeze(freezer: Freezer): Disposable | undefined {
  const { file, frozen } = controlOf(freezer);
  if (!tryWriteControl(file, frozen)) return undefined;
  return { [Symbol.dispose]: () => thaw(freezer) };
}

/** Lets frozen processes run, whoever has frozen them. */
export function thaw(freezer: Freezer): void {
  const { file, thawed } = controlOf(freezer);
  tryWriteControl(file, thawed);
}

function controlOf({ unified, legacy }: Freezer) {
  return legacy === undefined
    ? { file: join(unified ?? "/", "cgroup.freeze"), frozen: "1", thawed: "0" }
    : { file: join(legacy, "freezer.state"), frozen: "FROZEN", thawed: "THAWED" };
}
