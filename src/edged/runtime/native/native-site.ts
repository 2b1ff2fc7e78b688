import type { Logger } from "#lib/log.ts";
import { siteMarks } from "#lib/site-marks.ts";
import { Cgroup } from "#linux/cgroups/cgroup.ts";
import type { CgroupLayout } from "#linux/cgroups/layout.ts";
import type { ImageStore } from "../../image/image-store.ts";
import type { Confinement } from "./confinement.ts";
import type { KernelPaths } from "./program/proc-and-sys.ts";
import type { SandboxRecord } from "./records.ts";

/** Where the images of containers come from. */
export type ContainerImages = Pick<
  ImageStore,
  "layersDirectory" | "list" | "find" | "pull" | "ensureWhole" | "hold"
>;

/** What all pods of a site have in common: places, the kernel's ways, images. */
export interface NativeSite {
  readonly siteId: string;
  /** `store/` of the data directory: what outlives a power cut. */
  readonly storeDirectory: string;
  /** In memory: sockets, and what must not be written to a card. */
  readonly runDirectory: string;
  readonly images: ContainerImages;
  readonly cgroups: CgroupLayout;
  readonly kernelPaths: KernelPaths;
  readonly confinement: Confinement;
  /** The lowest OOM score that this process may give. */
  readonly lowestOomScore: number;
  readonly shimProgram: Uint8Array;
  readonly log: Logger;
}

/**
 * The group of a sandbox; all that runs in it is in leaves below. One that replaces a lost sandbox of
 * the same pod has its own.
 */
export function podCgroup(
  { siteId, cgroups }: NativeSite,
  { pod, attempt }: SandboxRecord,
): Cgroup {
  return new Cgroup(cgroups, `${siteMarks(siteId).cgroup}/pod${pod.uid}-${attempt}`);
}
