import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { entriesOf } from "#lib/entries.ts";
import { deviceNumbers } from "#linux/devices/number.ts";
import type { DeviceNode } from "#linux/devices/rules.ts";

const DEV = "/dev";
/** Directories of /dev that hold no devices, or that every container has its own of. */
const OWN: ReadonlySet<string> = new Set(["pts", "shm", "mqueue", "fd", "console", "ptmx"]);

/** Every device of the host, for containers that are privileged. */
export async function hostDevices(): Promise<readonly DeviceNode[]> {
  const names = (await entriesOf(DEV)).filter((name) => !OWN.has(name));
  return (await Promise.all(names.map((name) => nodesAt(join(DEV, name))))).flat();
}

async function nodesAt(path: string): Promise<readonly DeviceNode[]> {
  const found = await lstat(path);
  if (found.isDirectory()) {
    const names = await entriesOf(path);
    return (await Promise.all(names.map((name) => nodesAt(join(path, name))))).flat();
  }
  if (!found.isCharacterDevice() && !found.isBlockDevice()) return [];
  return [
    {
      path,
      type: found.isBlockDevice() ? "b" : "c",
      ...deviceNumbers(found.rdev),
      mode: found.mode & 0o777,
    },
  ];
}
