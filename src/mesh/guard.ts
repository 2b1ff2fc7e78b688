import type { SiteMarks } from "#lib/site-marks.ts";
import {
  type AddressField,
  addressIn,
  destinationPortIs,
  type Expression,
  inputInterface,
  isDestinationTranslated,
  isEstablished,
  isUnroutedDestination,
  outputInterface,
  protocolIs,
  rejectPort,
  rejectWithReset,
  translateDestination,
  verdict,
} from "#linux/nftables/expressions.ts";
import { ipv4Key, keyOf, portKey, protocolKey } from "#linux/nftables/keys.ts";
import type { Chain, Table } from "#linux/nftables/table.ts";
import type { BoundListener } from "./proxy/protocol.ts";

export interface GuardOptions {
  readonly marks: SiteMarks;
  /** The name of the link that carries the addresses. */
  readonly edgeLink: string;
  readonly gateway: string;
  readonly dnsAddress: string;
  readonly serviceCIDR: string;
  readonly podCIDR: string;
  readonly listeners: readonly BoundListener[];
  /** Whether this kernel can refuse packets before it routes them (Linux 5.9). */
  readonly refusesEarly: boolean;
}

/** Before connection tracking (-200) and everybody's `raw` rules. */
const FIRST = -310;
const DESTINATION_NAT = -100;
const AFTER_DESTINATION_NAT = -90;
const FILTER = 0;

const DNS_PORT = 53;
/** ClusterIP and port of a Service → where the proxy listens for it. */
const SERVICE_PORTS = "service-ports";

/**
 * What keeps the mesh to this box and the box out of the mesh:
 * - packets to its addresses that come in by other links than the pods' are dropped;
 * - a Service's port is translated to the one where the proxy listens, so that programs of the
 *   host may hold the same port on all addresses, before us or after;
 * - a ClusterIP refuses what was not translated, so that no such program is found there;
 * - what no pod and no Service has is refused to pods at once: the kernel's own refusal of a
 *   forwarded packet is rate-limited and takes seconds.
 */
export function guardTable(options: GuardOptions): Table {
  return {
    family: "ip",
    name: options.marks.meshTable,
    sets: [
      {
        name: SERVICE_PORTS,
        key: ["ipv4", "protocol", "port"],
        data: ["ipv4", "port"],
        elements: options.listeners.map(({ protocol, address, port, boundPort }) => ({
          key: keyOf(ipv4Key(address), protocolKey(protocol), portKey(port)),
          data: keyOf(ipv4Key(address), portKey(boundPort)),
        })),
      },
    ],
    chains: [strangers(options), ports(options), ...translations(), ...unrouted(options)],
  };
}

/** No ARP answer for the mesh's addresses leaves the box, nor a question in their name. */
export function arpTable(options: GuardOptions): Table {
  const chain = (
    at: "input" | "output",
    link: (name: string) => Expression[],
    field: AddressField,
  ): Chain => ({
    name: at,
    hook: { type: "filter", at, priority: FILTER },
    rules: [
      ...ownLinks(options, link),
      ...ownAddresses(options, field).map((match) => [...match, ...verdict("drop")]),
    ],
  });
  return {
    family: "arp",
    name: options.marks.meshTable,
    sets: [],
    chains: [
      chain("input", inputInterface, "arpTarget"),
      chain("output", outputInterface, "arpSender"),
    ],
  };
}

function strangers(options: GuardOptions): Chain {
  return {
    name: "strangers",
    hook: { type: "filter", at: "prerouting", priority: FIRST },
    rules: [
      ...ownLinks(options, inputInterface),
      ...ownAddresses(options, "destination").map((match) => [...match, ...verdict("drop")]),
    ],
  };
}

function ports({ dnsAddress, serviceCIDR }: GuardOptions): Chain {
  const toService = addressIn("destination", serviceCIDR);
  const toDns = addressIn("destination", `${dnsAddress}/32`);
  return {
    name: "ports",
    hook: { type: "filter", at: "input", priority: FILTER },
    rules: [
      [...isEstablished(), ...verdict("accept")],
      [...toService, ...isDestinationTranslated(), ...verdict("accept")],
      ...refused(toService),
      ...(["UDP", "TCP"] as const).map((protocol) => [
        ...toDns,
        ...protocolIs(protocol),
        ...destinationPortIs(DNS_PORT),
        ...verdict("accept"),
      ]),
      ...refused(toDns),
    ],
  };
}

function refused(match: Expression[]): Expression[][] {
  return [
    [...match, ...protocolIs("TCP"), ...rejectWithReset()],
    [...match, ...rejectPort()],
  ];
}

function unrouted({ marks, podCIDR, serviceCIDR, refusesEarly }: GuardOptions): Chain[] {
  if (!refusesEarly) return [];
  const hook = { type: "filter", at: "prerouting", priority: AFTER_DESTINATION_NAT } as const;
  const rules = [podCIDR, serviceCIDR].flatMap((network) =>
    refused([
      ...inputInterface(`${marks.podLinkPrefix}*`),
      ...addressIn("destination", network),
      ...isUnroutedDestination(),
    ]),
  );
  return [{ name: "unrouted", hook, rules }];
}

function translations(): Chain[] {
  const rule = translateDestination(SERVICE_PORTS, ["destination", "protocol", "destinationPort"]);
  return (["prerouting", "output"] as const).map((at) => ({
    name: `services-${at}`,
    hook: { type: "nat", at, priority: DESTINATION_NAT },
    rules: [rule],
  }));
}

/** Rules that let everything pass on the links of this box: loopback, edge0, and the pods'. */
function ownLinks(
  { marks, edgeLink }: GuardOptions,
  link: (name: string) => Expression[],
): Expression[][] {
  return ["lo", edgeLink, `${marks.podLinkPrefix}*`].map((name) => [
    ...link(name),
    ...verdict("accept"),
  ]);
}

function ownAddresses(
  { gateway, dnsAddress, serviceCIDR }: GuardOptions,
  field: AddressField,
): Expression[][] {
  return [`${gateway}/32`, `${dnsAddress}/32`, serviceCIDR].map((network) =>
    addressIn(field, network),
  );
}
