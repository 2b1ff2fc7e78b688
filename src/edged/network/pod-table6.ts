import { podLinkName, type SiteMarks } from "#lib/site-marks.ts";
import {
  addressIn,
  addressNotIn,
  type Expression,
  inputInterface,
  isDestinationTranslated,
  isIn,
  masquerade,
  outputInterface,
  protocolIs,
  rejectPort6,
  translateDestination,
  verdict,
} from "#linux/nftables/expressions.ts";
import { ipv6Key, keyOf, linkKey, portKey, protocolKey } from "#linux/nftables/keys.ts";
import type { Chain, Element, Table } from "#linux/nftables/table.ts";
import type { PortMapping } from "./host-ports.ts";

export interface PodTable6Options {
  readonly marks: SiteMarks;
  readonly podCIDR6: string;
  /** UID → address of each pod. */
  readonly pods: ReadonlyMap<string, string>;
  /** Ports of the host, each with the pod's IPv6 address. */
  readonly mappings: readonly PortMapping[];
  /** Where the ports of the host are. */
  readonly hostAddresses: readonly string[];
}

const POD_ADDRESSES = "pod-addresses";
const HOST_PORTS = "host-ports";

const FIRST = -310;
const DESTINATION_NAT = -100;
const FILTER = 0;
const SOURCE_NAT = 100;
const LINK_LOCAL = "fe80::/10";
const UNSPECIFIED = "::/128";

/**
 * What nf_tables does for IPv6: as for IPv4, but without `fib`, which not every kernel has for it.
 * Ports of the host are at its addresses of the moment, and a pod may only use its own address.
 */
export function podTable6(options: PodTable6Options): Table {
  const { marks, pods } = options;
  return {
    family: "ip6",
    name: marks.podTable,
    sets: [
      {
        name: POD_ADDRESSES,
        key: ["link", "ipv6"],
        elements: [...pods].map(([uid, address]) => ({
          key: keyOf(linkKey(podLinkName(marks, uid)), ipv6Key(address)),
        })),
      },
      {
        name: HOST_PORTS,
        key: ["ipv6", "protocol", "port"],
        data: ["ipv6", "port"],
        elements: hostPorts(options),
      },
    ],
    chains: [ownAddresses(options), ...translations(), unrouted(options), source(options)],
  };
}

function hostPorts({ mappings, hostAddresses }: PodTable6Options): readonly Element[] {
  const found = new Map<string, Element>();
  for (const { hostIP = "::", protocol, hostPort, address, containerPort } of mappings) {
    const at = hostIP === "::" || hostIP === "" ? hostAddresses : [hostIP];
    for (const one of at.filter((text) => text.includes(":"))) {
      const key = keyOf(ipv6Key(one), protocolKey(protocol), portKey(hostPort));
      const name = key.toString("hex");
      // One port leads to one pod: the first.
      if (found.has(name)) continue;
      found.set(name, { key, data: keyOf(ipv6Key(address), portKey(containerPort)) });
    }
  }
  return [...found.values()];
}

/** No pod sends in the name of another one; IPv6 has no filter of reverse paths. */
function ownAddresses({ marks }: PodTable6Options): Chain {
  const fromPods = inputInterface(`${marks.podLinkPrefix}*`);
  return {
    name: "own-addresses",
    hook: { type: "filter", at: "prerouting", priority: FIRST },
    rules: [
      // Neighbour discovery; nobody forwards these.
      ...[LINK_LOCAL, UNSPECIFIED].map((network) => [
        ...fromPods,
        ...addressIn("source", network),
        ...verdict("accept"),
      ]),
      [...fromPods, ...isIn(POD_ADDRESSES, ["inputInterface", "source6"]), ...verdict("accept")],
      [...fromPods, ...verdict("drop")],
    ],
  };
}

function translations(): Chain[] {
  const fields = ["destination6", "protocol", "destinationPort"] as const;
  return (["prerouting", "output"] as const).map((at) => ({
    name: `host-ports-${at}`,
    hook: { type: "nat", at, priority: DESTINATION_NAT },
    rules: [translateDestination(HOST_PORTS, fields, "ip6")],
  }));
}

/** What no pod has must not leave by the default route. */
function unrouted({ marks, podCIDR6 }: PodTable6Options): Chain {
  const toRange = addressIn("destination", podCIDR6);
  return {
    name: "unrouted",
    hook: { type: "filter", at: "forward", priority: FILTER },
    rules: [
      [...outputInterface(`${marks.podLinkPrefix}*`), ...verdict("accept")],
      [...toRange, ...rejectPort6()],
    ],
  };
}

function source({ podCIDR6 }: PodTable6Options): Chain {
  const fromPods: Expression[] = addressIn("source", podCIDR6);
  return {
    name: "source",
    hook: { type: "nat", at: "postrouting", priority: SOURCE_NAT },
    rules: [
      [...fromPods, ...addressNotIn("destination", podCIDR6), ...masquerade()],
      // A pod that reaches a pod by a port of the host must see the answer come from there.
      [...fromPods, ...isDestinationTranslated(), ...masquerade()],
    ],
  };
}

/** Neighbour discovery between pods and the host, for firewalls that close the host. */
export function neighbourDiscovery({
  podLinkPrefix,
}: Pick<SiteMarks, "podLinkPrefix">): Expression[] {
  return [...inputInterface(`${podLinkPrefix}*`), ...protocolIs("ICMPV6")];
}
