import { siteMarks } from "#lib/site-marks.ts";
import { NETLINK_NETFILTER, NETLINK_ROUTE, NetlinkSocket } from "#linux/netlink/socket.ts";
import { deleteTable } from "#linux/nftables/table.ts";
import { deleteLink } from "#linux/rtnetlink/links.ts";
import { findEdge0, removeRangeRoutes } from "./edge0.ts";

/** Removes what the mesh of a site has left on this host: edge0, its routes, its tables. */
export async function removeMesh(siteId: string): Promise<void> {
  const marks = siteMarks(siteId);
  using routes = new NetlinkSocket({ protocol: NETLINK_ROUTE });
  const link = findEdge0(routes, marks);
  if (link) {
    removeRangeRoutes(routes, link, marks);
    await deleteLink(routes, link.name);
  }
  using netfilter = new NetlinkSocket({ protocol: NETLINK_NETFILTER });
  for (const family of ["ip", "arp"] as const) {
    deleteTable(netfilter, { family, name: marks.meshTable });
  }
}
