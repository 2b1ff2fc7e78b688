import { errorCode, must } from "#lib/errors.ts";
import type { SiteMarks } from "#lib/site-marks.ts";
import type { NetlinkSocket } from "#linux/netlink/socket.ts";
import { addAddress, listAddresses, removeAddress } from "#linux/rtnetlink/addresses.ts";
import {
  createLink,
  findLink,
  type Link,
  setLinkAlias,
  setLinkUp,
} from "#linux/rtnetlink/links.ts";
import { removeRoute, replaceRoute } from "#linux/rtnetlink/routes.ts";

/** The link that carries the site's own addresses: gateway, DNS, and one per ClusterIP. */
export interface Edge0 {
  readonly name: string;
  readonly index: number;
  readonly kind: "dummy" | "bridge";
  /** Why it is not the usual thing, for the status. */
  readonly note?: string;
}

export interface SiteRanges {
  readonly podCIDR: string;
  readonly serviceCIDR: string;
}

const NO_DUMMY = "This kernel has no dummy links: edge0 is a bridge without ports";

/** Routes that lose against every other one to the same place. */
const LAST_METRIC = 0xffff_fffe;

/**
 * Finds the site's link, or makes it: a dummy, or where the kernel has none a bridge without
 * ports. It is called `edge0`, or by a name of its own where another site, or somebody else, has
 * that one. It stays when the process ends.
 */
export function ensureEdge0(socket: NetlinkSocket, marks: SiteMarks, ranges: SiteRanges): Edge0 {
  const existing = findEdge0(socket, marks);
  const link = existing ?? makeEdge0(socket, marks);
  // The alias says whose the link is, and which ranges go when it goes.
  setLinkAlias(socket, link.name, [marks.edgeLinkAlias, ...rangesOf(ranges)].join(" "));
  setLinkUp(socket, link.name);
  // What no pod and no Service has must not leave by the default route: it fails at once instead.
  for (const destination of rangesOf(ranges)) {
    replaceRoute(socket, { type: "unreachable", destination, metric: LAST_METRIC });
  }
  const kind = link.kind === "dummy" ? "dummy" : "bridge";
  const note = kind === "bridge" ? { note: NO_DUMMY } : {};
  return { name: link.name, index: link.index, kind, ...note };
}

/** The link that carries the site's mark. */
export function findEdge0(socket: NetlinkSocket, marks: SiteMarks): Link | undefined {
  return [marks.edgeLink, marks.edgeLinkOfSecondSite]
    .map((name) => findLink(socket, name))
    .find((link) => link && isOwn(link, marks));
}

/** Puts addresses on the link that are not there yet. */
export function addEdgeAddresses(
  socket: NetlinkSocket,
  { index }: Pick<Edge0, "index">,
  wanted: ReadonlySet<string>,
): void {
  const present = addressesOn(socket, index);
  for (const address of wanted) {
    // Scope host: the kernel never chooses it as the source of what it sends to others.
    if (!present.has(address))
      addAddress(socket, { link: index, address, bits: 32, scope: "host" });
  }
}

/** Takes addresses off the link that are not wanted any more. */
export function pruneEdgeAddresses(
  socket: NetlinkSocket,
  { index }: Pick<Edge0, "index">,
  wanted: ReadonlySet<string>,
): void {
  for (const address of addressesOn(socket, index)) {
    if (!wanted.has(address)) removeAddress(socket, { link: index, address, bits: 32 });
  }
}

/** Removes the routes that came with the link; the ranges are read from its alias. */
export function removeRangeRoutes(socket: NetlinkSocket, link: Link, marks: SiteMarks): void {
  const ranges = link.alias.slice(marks.edgeLinkAlias.length).split(" ").filter(Boolean);
  for (const destination of ranges) {
    removeRoute(socket, { type: "unreachable", destination, metric: LAST_METRIC });
  }
}

function makeEdge0(socket: NetlinkSocket, marks: SiteMarks): Link {
  const free = findLink(socket, marks.edgeLink) === undefined;
  const name = free ? marks.edgeLink : marks.edgeLinkOfSecondSite;
  const alias = marks.edgeLinkAlias;
  try {
    createLink(socket, { name, kind: "dummy", alias });
  } catch (error) {
    if (errorCode(error) !== "EOPNOTSUPP") throw error;
    createLink(socket, { name, kind: "bridge", alias });
  }
  return must(findLink(socket, name), `the link ${name} that was just made`);
}

function isOwn({ alias }: Link, { edgeLinkAlias }: SiteMarks): boolean {
  return alias === edgeLinkAlias || alias.startsWith(`${edgeLinkAlias} `);
}

function addressesOn(socket: NetlinkSocket, index: number): ReadonlySet<string> {
  const own = listAddresses(socket).filter(({ link }) => link === index);
  return new Set(own.map(({ address }) => address));
}

function rangesOf({ podCIDR, serviceCIDR }: SiteRanges): readonly string[] {
  return [podCIDR, serviceCIDR];
}
