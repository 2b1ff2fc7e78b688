import { basename } from "node:path";
import type { CgroupLayout } from "#linux/cgroups/layout.ts";
import type { CgroupView } from "./program/proc-and-sys.ts";

/** The host's hierarchies as a container mounts them; each then shows the container's own group as its root. */
export function cgroupViews({ kind, hierarchies }: CgroupLayout): readonly CgroupView[] {
  if (kind === "unified") return [{ name: "", type: "cgroup2", options: "" }];
  return hierarchies.map(({ version, mountPoint, controllers }) => ({
    name: basename(mountPoint),
    type: version === 2 ? "cgroup2" : "cgroup",
    options: version === 2 ? "" : controllers.join(),
  }));
}
