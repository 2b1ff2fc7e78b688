import { formatIPv4 } from "#lib/cidr.ts";
import { ipv4Key, keyOf, PROTOCOLS, portKey, protocolKey } from "#linux/nftables/keys.ts";
import type { Element } from "#linux/nftables/table.ts";
import type { HostPort } from "./pod-network.ts";

/** A port of the host that leads to a pod. */
export interface PortMapping extends HostPort {
  /** The pod's. */
  readonly address: string;
}

const PROTOCOL_NAMES = ["TCP", "UDP", "SCTP"] as const;
const REGISTER_BYTES = 4;

/** Elements of a map protocol . port → address . port. One port leads to one pod: the first. */
export function anyAddressElements(mappings: readonly PortMapping[]): readonly Element[] {
  const elements = mappings
    .filter(({ hostIP }) => isAnyAddress(hostIP))
    .map((mapping) => ({
      key: keyOf(protocolKey(mapping.protocol), portKey(mapping.hostPort)),
      data: target(mapping),
    }));
  return firstOfEachKey(elements);
}

/** Elements of a map address . protocol . port → address . port, for those with a host address. */
export function oneAddressElements(mappings: readonly PortMapping[]): readonly Element[] {
  const elements = mappings.flatMap(({ hostIP, ...mapping }) => {
    if (hostIP === undefined || isAnyAddress(hostIP) || hostIP.includes(":")) return [];
    const { protocol, hostPort } = mapping;
    const key = keyOf(ipv4Key(hostIP), protocolKey(protocol), portKey(hostPort));
    return [{ key, data: target(mapping) }];
  });
  return firstOfEachKey(elements);
}

/** Reads back what the two functions above made. */
export function parseElement({ key, data }: Element): PortMapping | undefined {
  const parts = words(key);
  const [address, containerPort] = words(data ?? new Uint8Array());
  const [hostIP, protocol, hostPort] = parts.length === 3 ? parts : [undefined, ...parts];
  if (!address || !containerPort || !protocol || !hostPort) return undefined;
  const name = PROTOCOL_NAMES.find((one) => PROTOCOLS[one] === protocol.readUInt8(0));
  if (name === undefined) return undefined;
  return {
    protocol: name,
    hostPort: hostPort.readUInt16BE(0),
    containerPort: containerPort.readUInt16BE(0),
    address: formatIPv4(address.readUInt32BE(0)),
    ...(hostIP && { hostIP: formatIPv4(hostIP.readUInt32BE(0)) }),
  };
}

function isAnyAddress(hostIP: string | undefined): boolean {
  return hostIP === undefined || hostIP === "" || hostIP === "0.0.0.0";
}

function target({ address, containerPort }: PortMapping): Uint8Array {
  return keyOf(ipv4Key(address), portKey(containerPort));
}

function firstOfEachKey(elements: readonly Element[]): readonly Element[] {
  const found = new Map<string, Element>();
  for (const element of elements) {
    const key = Buffer.from(element.key).toString("hex");
    if (!found.has(key)) found.set(key, element);
  }
  return [...found.values()];
}

function words(value: Uint8Array): Buffer[] {
  const bytes = Buffer.from(value);
  const count = Math.ceil(bytes.length / REGISTER_BYTES);
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * REGISTER_BYTES, (index + 1) * REGISTER_BYTES),
  );
}
