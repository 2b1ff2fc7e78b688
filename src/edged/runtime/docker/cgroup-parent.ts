/** Where Docker is to put a site's containers: its systemd driver wants a slice, its cgroupfs driver a path. */
export function cgroupParent(siteId: string, driver: string): string {
  return driver === "systemd" ? `edgesite-${siteId}.slice` : `/edgesite-${siteId}`;
}

/** The cgroups that Docker may have made for a site, and never removes. */
export function siteCgroups(siteId: string): readonly string[] {
  return ["systemd", "cgroupfs"].map((driver) => cgroupParent(siteId, driver));
}
