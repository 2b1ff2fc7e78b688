import type { SiteMarks } from "#lib/site-marks.ts";
import type { Admission } from "#linux/nftables/admission.ts";
import {
  addressIn,
  addressNotIn,
  counter,
  type Expression,
  inputInterface,
  isDestinationTranslated,
  isIPv4,
  isLocalDestination,
  masquerade,
  outputInterface,
  translateDestination,
  translateSource,
  verdict,
} from "#linux/nftables/expressions.ts";
import type { Chain, Table } from "#linux/nftables/table.ts";
import { anyAddressElements, oneAddressElements, type PortMapping } from "./host-ports.ts";
import { neighbourDiscovery } from "./pod-table6.ts";

export interface PodTableOptions {
  readonly marks: SiteMarks;
  readonly gateway: string;
  readonly podCIDR: string;
  readonly serviceCIDR: string;
  readonly mappings: readonly PortMapping[];
}

/** Names of the maps, from which a later process reads back what is mapped. */
export const ANY_ADDRESS_MAP = "host-ports";
export const ONE_ADDRESS_MAP = "host-ports-of-address";

const FIRST = -310;
const DESTINATION_NAT = -100;
const SOURCE_NAT = 100;
const LOOPBACK = "127.0.0.0/8";
const LINK_LOCAL = "169.254.0.0/16";

/** All of the pod network that nf_tables does: the way out, and the ports of the host. */
export function podTable(options: PodTableOptions): Table {
  return {
    family: "ip",
    name: options.marks.podTable,
    sets: [
      {
        name: ANY_ADDRESS_MAP,
        key: ["protocol", "port"],
        data: ["ipv4", "port"],
        elements: anyAddressElements(options.mappings),
      },
      {
        name: ONE_ADDRESS_MAP,
        key: ["ipv4", "protocol", "port"],
        data: ["ipv4", "port"],
        elements: oneAddressElements(options.mappings),
      },
    ],
    chains: [loopbackGuard(options), ...hostPortChains(options), sourceChain(options)],
  };
}

/** What pods may speak to beside each other and the world. */
export interface Admitted extends Pick<PodTableOptions, "gateway" | "serviceCIDR"> {
  /** Absent: pods have no IPv6. */
  readonly podCIDR6?: string;
}

/** Networks of the site itself that pods speak to. */
export function ownNetworks({
  gateway,
  serviceCIDR,
}: Pick<Admitted, "gateway" | "serviceCIDR">): readonly string[] {
  return [`${gateway}/32`, serviceCIDR, LINK_LOCAL];
}

/**
 * What must get through other people's firewalls: all that pods send and are sent, and what they
 * send to the addresses of the site.
 */
export function podAdmissions(
  { podLinkPrefix }: Pick<SiteMarks, "podLinkPrefix">,
  admitted: Admitted,
): readonly Admission[] {
  const accept = [...counter(), ...verdict("accept")];
  const fromPods = inputInterface(`${podLinkPrefix}*`);
  const toPods = outputInterface(`${podLinkPrefix}*`);
  return [
    {
      at: "forward",
      families: admitted.podCIDR6 === undefined ? ["ip", "inet"] : ["ip", "inet", "ip6"],
      rules: [
        [...fromPods, ...accept],
        [...toPods, ...accept],
      ],
    },
    {
      at: "input",
      families: ["ip", "inet"],
      rules: ownNetworks(admitted).map((network) => [
        ...fromPods,
        ...isIPv4(),
        ...addressIn("destination", network),
        ...accept,
      ]),
    },
    {
      at: "input",
      families: admitted.podCIDR6 === undefined ? [] : ["ip6"],
      rules: [[...neighbourDiscovery({ podLinkPrefix }), ...accept]],
    },
  ];
}

/** `route_localnet` opens loopback to the links of pods with host ports; this closes it again. */
function loopbackGuard({ marks }: PodTableOptions): Chain {
  return {
    name: "loopback-guard",
    hook: { type: "filter", at: "prerouting", priority: FIRST },
    rules: [
      [
        ...inputInterface(`${marks.podLinkPrefix}*`),
        ...addressIn("destination", LOOPBACK),
        ...verdict("drop"),
      ],
    ],
  };
}

/** Ports of the host, for packets from outside and from the host itself. */
function hostPortChains({ gateway, serviceCIDR }: PodTableOptions): Chain[] {
  const rules: Expression[][] = [
    translateDestination(ONE_ADDRESS_MAP, ["destination", "protocol", "destinationPort"]),
    [
      // The site's own addresses have ports of their own.
      ...ownNetworks({ gateway, serviceCIDR }).flatMap((network) =>
        addressNotIn("destination", network),
      ),
      ...isLocalDestination(),
      ...translateDestination(ANY_ADDRESS_MAP, ["protocol", "destinationPort"]),
    ],
  ];
  return (["prerouting", "output"] as const).map((at) => ({
    name: `host-ports-${at}`,
    hook: { type: "nat", at, priority: DESTINATION_NAT },
    rules,
  }));
}

function sourceChain({ marks, gateway, podCIDR, serviceCIDR }: PodTableOptions): Chain {
  const fromPods = addressIn("source", podCIDR);
  return {
    name: "source",
    hook: { type: "nat", at: "postrouting", priority: SOURCE_NAT },
    rules: [
      [
        ...fromPods,
        ...addressNotIn("destination", podCIDR),
        ...addressNotIn("destination", serviceCIDR),
        ...masquerade(),
      ],
      // A pod that reaches a pod by a port of the host must see the answer come from there.
      [
        ...fromPods,
        ...addressIn("destination", podCIDR),
        ...isDestinationTranslated(),
        ...translateSource(gateway),
      ],
      // From 127.0.0.1 of the host by a port of the host: no pod could answer that address.
      [
        ...addressIn("source", LOOPBACK),
        ...outputInterface(`${marks.podLinkPrefix}*`),
        ...translateSource(gateway),
      ],
    ],
  };
}
