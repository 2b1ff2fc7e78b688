import type { SiteMarks } from "#lib/site-marks.ts";
import { Cgroup } from "#linux/cgroups/cgroup.ts";
import { allCgroups } from "#linux/cgroups/layout.ts";

/** Where Docker is to put a site's containers: its systemd driver wants a slice, its cgroupfs driver a path. */
export function cgroupParent({ cgroup }: SiteMarks, driver: string): string {
  return driver === "systemd" ? `${cgroup}.slice` : `/${cgroup}`;
}

/**
 * Removes the groups of a site, and those below them, that an engine made and never removes. Answers
 * which stay, because something runs in them.
 */
export function removeSiteCgroups({ cgroup }: SiteMarks): readonly string[] {
  const layout = allCgroups();
  // systemd puts a slice below the one that its name begins with: systemd.slice(5).
  const [above] = cgroup.split("-");
  const paths = [cgroup, `${above}.slice/${cgroup}.slice`];
  return paths.filter((path) => !new Cgroup(layout, path).remove());
}
