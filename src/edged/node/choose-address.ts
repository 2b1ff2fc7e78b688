import { contains, parseCidr, parseIPv4 } from "#lib/cidr.ts";
import type { KnownAddress } from "#linux/rtnetlink/addresses.ts";
import type { DefaultRoute } from "#linux/rtnetlink/routes.ts";

/** What is known of this machine's place in networks, of one family. */
export interface Surroundings {
  /** Those of links that are up and lead to other machines, in the kernel's order. */
  readonly addresses: readonly KnownAddress[];
  readonly defaultRoutes: readonly DefaultRoute[];
}

/** The address that the node goes by. */
export interface Choice {
  readonly address: string;
  /** Whether a way out to everywhere told which; else it was the first of all, and is a guess. */
  readonly byRoute: boolean;
}

/**
 * Chooses the node's address as kubelet does: that of the link by which the best default route
 * leaves, else the first one. One that was chosen is kept while the machine has it; only a guess
 * gives way to a default route.
 */
export function chooseAddress(around: Surroundings, before?: Choice): Choice | undefined {
  const { addresses, defaultRoutes } = around;
  const fitting = addresses.filter(({ scope, lasting }) => scope === "global" && lasting);
  const isThere = addresses.some(({ address }) => address === before?.address);
  if (before?.byRoute && isThere) return before;
  for (const route of defaultRoutes.toSorted(bestFirst)) {
    const address = addressOn(route, fitting);
    if (address !== undefined) return { address, byRoute: true };
  }
  if (before && isThere) return before;
  const [first] = fitting;
  return first && { address: first.address, byRoute: false };
}

function bestFirst(one: DefaultRoute, other: DefaultRoute): number {
  return Number(other.inOrder) - Number(one.inOrder) || one.metric - other.metric;
}

/** What the machine is called at the other end of a route. */
function addressOn(
  { link, source, gateway }: DefaultRoute,
  addresses: readonly KnownAddress[],
): string | undefined {
  const own = addresses.filter((one) => one.link === link);
  const found =
    own.find(({ address }) => address === source) ??
    own.find((one) => gateway !== undefined && isNextTo(one, gateway)) ??
    own[0];
  return found?.address;
}

/** IPv6's routers have addresses of the link alone: those say nothing about a network. */
function isNextTo({ address, bits }: KnownAddress, gateway: string): boolean {
  if (address.includes(":") || gateway.includes(":")) return false;
  return contains(parseCidr(`${address}/${bits}`), parseIPv4(gateway));
}
