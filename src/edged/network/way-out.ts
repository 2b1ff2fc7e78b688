import type { SiteMarks } from "#lib/site-marks.ts";
import type { NetlinkSocket } from "#linux/netlink/socket.ts";
import { listLinks } from "#linux/rtnetlink/links.ts";
import { listRoutes } from "#linux/rtnetlink/routes.ts";

/** What Ethernet carries: the MTU where no link leads anywhere. */
const ETHERNET_MTU = 1500;
/** What every link must carry that is to carry IPv6 (RFC 8200, section 5). */
const LEAST_MTU = 1280;

/**
 * The largest packet, in bytes, that every link takes by which a packet of a pod may leave the
 * host: a VPN takes less than the wire below it, and whoever sends more waits to be told so, which
 * firewalls on the way may keep from him.
 */
export function wayOutMtu(
  socket: NetlinkSocket,
  { edgeLinkAlias, podLinkPrefix }: SiteMarks,
): number {
  const routed = new Set(
    listRoutes(socket).flatMap(({ type, link }) => (type === "unicast" ? [link] : [])),
  );
  const sizes = listLinks(socket)
    .filter(({ index, up }) => up && routed.has(index))
    .filter(
      ({ name, alias }) => !name.startsWith(podLinkPrefix) && !alias.startsWith(edgeLinkAlias),
    )
    .map(({ mtu }) => mtu);
  return Math.max(LEAST_MTU, sizes.length > 0 ? Math.min(...sizes) : ETHERNET_MTU);
}
