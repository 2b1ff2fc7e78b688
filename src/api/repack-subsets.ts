import type { Endpoints } from "./object.ts";

type Subset = NonNullable<Endpoints["subsets"]>[number];
type Address = NonNullable<Subset["addresses"]>[number];
type Port = NonNullable<Subset["ports"]>[number];
/** Who offers a port, and whether he is ready; nobody's port stands for none. */
interface Offer {
  readonly port?: Port;
  readonly ready: Map<Address, boolean>;
}

/**
 * Subsets as Kubernetes keeps them: each address once for each port, addresses that offer the same
 * ports together, who is anywhere not ready is not ready, and all of it in the order of their hashes
 * (`RepackSubsets`).
 */
export function repackSubsets(subsets: readonly Subset[]): Subset[] {
  const packed = new Map<string, Subset>();
  for (const { port, ready } of offersOf(subsets)) {
    const addresses = [...ready.keys()].sort(compareAddresses);
    const key = JSON.stringify(addresses.map((one) => [keyOf(one), ready.get(one)]));
    const subset = packed.get(key) ?? subsetOf(addresses, ready);
    packed.set(key, subset);
    if (port !== undefined) subset.ports = [...(subset.ports ?? []), port];
  }
  const all = [...packed.values()];
  for (const subset of all) subset.ports &&= byHash(subset.ports, dumpPort);
  return byHash(all, dumpSubset);
}

function subsetOf(addresses: readonly Address[], ready: ReadonlyMap<Address, boolean>): Subset {
  const { true: up, false: down } = Object.groupBy(
    addresses,
    (one) => `${ready.get(one) ?? false}`,
  );
  return { ...(up && { addresses: up }), ...(down && { notReadyAddresses: down }) };
}

function offersOf(subsets: readonly Subset[]): Iterable<Offer> {
  const known = new Map<string, Address>();
  const offers = new Map<unknown, Offer>();
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of subsets) {
    for (const port of ports.length === 0 ? [undefined] : ports) {
      const key = portKey(port);
      const offer = offers.get(key) ?? { ...(port && { port }), ready: new Map() };
      offers.set(key, offer);
      const offering = (list: readonly Address[], ready: boolean): void => {
        for (const address of list) {
          const one = known.get(keyOf(address)) ?? address;
          known.set(keyOf(address), one);
          offer.ready.set(one, ready && (offer.ready.get(one) ?? true));
        }
      };
      offering(addresses, true);
      offering(notReadyAddresses, false);
    }
  }
  return offers.values();
}

/** Ports with a protocol of applications are never the same: Kubernetes compares where it lies. */
function portKey(port: Port | undefined): unknown {
  if (port === undefined) return "";
  return port.appProtocol === undefined ? dumpPort(port) : port;
}

const uidOf = ({ targetRef }: Address): string => targetRef?.uid ?? "";
const keyOf = (address: Address): string => `${address.ip} ${uidOf(address)}`;

function compareAddresses(a: Address, b: Address): number {
  return Buffer.compare(Buffer.from(a.ip), Buffer.from(b.ip)) || (uidOf(a) < uidOf(b) ? -1 : 1);
}

function byHash<T>(items: readonly T[], dump: (item: T) => string): T[] {
  return items
    .map((item) => ({ item, hash: new Bun.CryptoHasher("md5").update(dump(item)).digest() }))
    .sort((a, b) => Buffer.compare(a.hash, b.hash))
    .map(({ item }) => item);
}

/** Values as Go prints them for a hash, with the types that Kubernetes holds them in. */
const pointer = (type: string, dumped: string | undefined): string =>
  `(*${type})${dumped ?? "<nil>"}`;
const list = (type: string, dumped: readonly string[] | undefined): string =>
  `([]core.${type})${dumped ? `[${dumped.join(" ")}]` : "<nil>"}`;

function portFields({ name = "", port, protocol = "", appProtocol }: Port): string {
  const app = pointer("string", appProtocol);
  return `{Name:(string)${name} Port:(int32)${port} Protocol:(core.Protocol)${protocol} AppProtocol:${app}}`;
}

function dumpPort(port: Port): string {
  return `(core.EndpointPort)${portFields(port)}`;
}

function addressFields({ ip, hostname = "", nodeName, targetRef }: Address): string {
  const node = pointer("string", nodeName);
  const target = pointer("core.ObjectReference", targetRef && referenceFields(targetRef));
  return `{IP:(string)${ip} Hostname:(string)${hostname} NodeName:${node} TargetRef:${target}}`;
}

function referenceFields(reference: NonNullable<Address["targetRef"]>): string {
  const { kind = "", namespace = "", name = "", uid = "" } = reference;
  const { apiVersion = "", resourceVersion = "", fieldPath = "" } = reference;
  const place = `Kind:(string)${kind} Namespace:(string)${namespace} Name:(string)${name}`;
  const version = `APIVersion:(string)${apiVersion} ResourceVersion:(string)${resourceVersion}`;
  return `{${place} UID:(types.UID)${uid} ${version} FieldPath:(string)${fieldPath}}`;
}

function dumpSubset({ addresses, notReadyAddresses, ports }: Subset): string {
  const up = list("EndpointAddress", addresses?.map(addressFields));
  const down = list("EndpointAddress", notReadyAddresses?.map(addressFields));
  const offered = list("EndpointPort", ports?.map(portFields));
  return `(core.EndpointSubset){Addresses:${up} NotReadyAddresses:${down} Ports:${offered}}`;
}
