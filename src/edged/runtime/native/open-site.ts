import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Logger } from "#lib/log.ts";
import { detectCgroups } from "#linux/cgroups/layout.ts";
import { hasFileSystem } from "#linux/file-system.ts";
import { expectKernel, OLDEST_FOR_CONTAINERS } from "#linux/kernel-release.ts";
import { HOST_ARCH } from "#linux/syscalls.ts";
import { lowestOomScore } from "../lowest-oom-score.ts";
import { Confinement } from "./confinement.ts";
import { kernelPaths } from "./kernel-paths.ts";
import type { ContainerImages, NativeSite } from "./native-site.ts";
import { shimProgram } from "./shim/shim-program.ts";

export interface NativePlaces {
  /** Marks what is ours on the host; nothing else is touched. */
  readonly siteId: string;
  /** `store/` of the data directory. */
  readonly storeDirectory: string;
  /** Below it the site has its own directory, in memory. */
  readonly runDirectory: string;
  readonly images: ContainerImages;
  readonly log: Logger;
}

/**
 * Gets ready to run containers on this host.
 * @throws with the reason why it cannot: not root, no cgroups, no overlayfs, a kernel that is too old.
 */
export async function openSite(places: NativePlaces, signal: AbortSignal): Promise<NativeSite> {
  const { siteId, runDirectory, storeDirectory, log } = places;
  if (process.geteuid?.() !== 0) throw new Error("Containers need root");
  expectKernel("Containers without an engine", OLDEST_FOR_CONTAINERS);
  const cgroups = detectCgroups();
  if (cgroups.kind === "none") {
    throw new Error("No cgroups are mounted: mount -t cgroup2 none /sys/fs/cgroup");
  }
  if (!hasFileSystem("overlay")) throw new Error("The kernel has no overlayfs: modprobe overlay");
  const own = join(runDirectory, siteId);
  await mkdir(own, { recursive: true, mode: 0o700 });
  return {
    ...places,
    runDirectory: own,
    cgroups,
    kernelPaths: await kernelPaths(),
    confinement: await Confinement.prepare(
      { siteId, profiles: join(dirname(storeDirectory), "seccomp"), log },
      signal,
    ),
    lowestOomScore: await lowestOomScore(),
    shimProgram: shimProgram(HOST_ARCH),
  };
}
