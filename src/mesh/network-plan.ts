import {
  addressAt,
  type Cidr,
  contains,
  formatCidr,
  formatIPv4,
  overlaps,
  parseCidr,
  parseIPv4,
} from "#lib/cidr.ts";

/** What of a host's route the plan looks at; `readRoutes()` of the linux room answers these. */
export interface KnownRoute {
  readonly destination: Cidr;
}

/** The ranges of a site. Chosen at its first start and kept from then on. */
export interface NetworkPlan {
  readonly podCIDR: string;
  readonly serviceCIDR: string;
  /** The first address of the pod range. It lies on edge0 and never changes. */
  readonly gateway: string;
  /** The first address of the service range: `default/kubernetes`. */
  readonly kubernetesServiceIP: string;
  readonly dnsAddress: string;
}

/** What the configuration says; the rest is chosen. */
export type WantedRanges = Partial<Pick<NetworkPlan, "podCIDR" | "serviceCIDR" | "dnsAddress">>;

const DEFAULT_PODS = "10.42.0.0/24";
const DEFAULT_SERVICES = "10.43.0.0/16";
const DEFAULT_DNS = "169.254.96.16";

/**
 * Chooses ranges that the host does not route yet: the defaults where they are free, else the next
 * free ones. Ranges that `wanted` names are taken as they are.
 * @throws {RangeError} when a wanted range is malformed, or none of the private ones is free.
 */
export function planNetwork(routes: readonly KnownRoute[], wanted: WantedRanges = {}): NetworkPlan {
  // A default route, or one as wide as a whole provider's network, says nothing about a range.
  const taken = routes.map((route) => route.destination).filter((one) => one.bits >= 8);
  const pods = wanted.podCIDR
    ? parseCidr(wanted.podCIDR)
    : firstFree(podCandidates(), [...taken, ...parseAll(wanted.serviceCIDR)]);
  const services = wanted.serviceCIDR
    ? parseCidr(wanted.serviceCIDR)
    : firstFree(serviceCandidates(), [...taken, pods]);
  return {
    podCIDR: formatCidr(pods),
    serviceCIDR: formatCidr(services),
    gateway: addressAt(pods, 1),
    kubernetesServiceIP: addressAt(services, 1),
    dnsAddress: wanted.dnsAddress ?? freeDnsAddress(taken),
  };
}

function parseAll(text: string | undefined): Cidr[] {
  return text === undefined ? [] : [parseCidr(text)];
}

/** 10.42.0.0/24 to 10.42.255.0/24, then one in every second network of 172.16.0.0/12. */
function* podCandidates(): Generator<Cidr> {
  const { base } = parseCidr(DEFAULT_PODS);
  for (let index = 0; index < 256; index++) yield { base: base + index * 256, bits: 24 };
  for (let index = 0; index < 16; index += 2) yield parseCidr(`172.${16 + index}.0.0/24`);
}

/** 10.43.0.0/16 and the 16-bit networks behind it, then the other half of 172.16.0.0/12. */
function* serviceCandidates(): Generator<Cidr> {
  const { base } = parseCidr(DEFAULT_SERVICES);
  for (let index = 0; index < 200; index++) yield { base: base + index * 65_536, bits: 16 };
  for (let index = 1; index < 16; index += 2) yield parseCidr(`172.${16 + index}.0.0/16`);
}

function firstFree(candidates: Iterable<Cidr>, taken: readonly Cidr[]): Cidr {
  for (const candidate of candidates) {
    if (!taken.some((one) => overlaps(one, candidate))) return candidate;
  }
  throw new RangeError("Every private range is routed on this host: set podCIDR and serviceCIDR");
}

/** Link-local networks may be routed (metadata services, zeroconf): only the address itself counts. */
function freeDnsAddress(taken: readonly Cidr[]): string {
  const first = parseIPv4(DEFAULT_DNS);
  for (let address = first; address < first + 200; address++) {
    if (!taken.some((one) => one.bits === 32 && contains(one, address))) return formatIPv4(address);
  }
  throw new RangeError("No link-local address is free for DNS: set dnsAddress");
}
