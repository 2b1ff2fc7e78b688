import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { entriesOf } from "#lib/entries.ts";
import { siteMarks } from "#lib/site-marks.ts";
import { Cgroup } from "#linux/cgroups/cgroup.ts";
import { unmountBelow } from "#linux/mount.ts";
import type { NativeContainer } from "./native-container.ts";
import { type NativeSandbox, SHIM_GROUP } from "./native-sandbox.ts";
import type { NativeSite } from "./native-site.ts";

/** All that a site has records of. */
export interface Recorded {
  readonly sandboxes: readonly NativeSandbox[];
  readonly containers: readonly NativeContainer[];
}

/**
 * Ends and takes away what no record tells of: a full or damaged disk can lose one while what it told
 * of runs on.
 */
export async function sweep(
  site: NativeSite,
  { sandboxes, containers }: Recorded,
  signal: AbortSignal,
): Promise<void> {
  const groups = new Set([
    ...sandboxes.flatMap(({ cgroup }) => [cgroup.path, cgroup.child(SHIM_GROUP).path]),
    ...containers.map(({ cgroup }) => cgroup.path),
  ]);
  const ofSite = new Cgroup(site.cgroups, siteMarks(site.siteId).cgroup);
  const ofSandboxes = sandboxes.flatMap(({ cgroup }) => cgroup.children());
  for (const group of [...ofSite.children(), ...ofSandboxes]) {
    if (groups.has(group.path)) continue;
    site.log.warn("What no record tells of is ended", { cgroup: group.path });
    await group.kill(signal);
    group.remove();
  }
  const directories = new Set(sandboxes.map(({ runDirectory }) => basename(runDirectory)));
  for (const name of await entriesOf(site.runDirectory)) {
    if (directories.has(name)) continue;
    const path = join(site.runDirectory, name);
    unmountBelow(path);
    await rm(path, { recursive: true });
  }
}
