import type { MountInfo } from "#linux/mount-info.ts";
import { mountOf } from "#linux/mount-info.ts";
import type { Mount } from "../types.ts";

/**
 * Looks whether mounts can spread as they are to: a copy of a private mount spreads nothing, and the
 * kernel does not say so.
 * @throws as containerd does, in its words.
 */
export function checkPropagation(mounts: readonly Mount[], known: readonly MountInfo[]): void {
  for (const { hostPath, propagation } of mounts) {
    const mount = mountOf(known, hostPath);
    if (propagation === "private" || mount === undefined) continue;
    const fits = mount.shared || (propagation === "rslave" && mount.slave);
    if (fits) continue;
    const kind = propagation === "rslave" ? "a shared or slave mount" : "a shared mount";
    throw new Error(`path "${hostPath}" is mounted on "${mount.mountPoint}" but it is not ${kind}`);
  }
}
