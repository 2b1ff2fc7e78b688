import type { Service, ServiceCIDR } from "#api/object.ts";
import { SERVICE_CIDRS, SERVICES } from "#api/resources.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { collectionOf, itemOf } from "../kind.ts";
import { AddressRange } from "./address-range.ts";
import { NumberSet } from "./number-set.ts";

const FIRST_NODE_PORT = 30_000;
const LAST_NODE_PORT = 32_767;
/** Kubernetes' reserved share for node ports that are chosen by hand. */
const RESERVED_NODE_PORTS = 86;

interface AllocatorsOptions {
  readonly store: ObjectStore;
  /** The site's own range, which is there whatever ServiceCIDRs there are. */
  readonly cidr: string;
  readonly signal: AbortSignal;
}

/**
 * What a service may be given: node ports, and cluster addresses of the site's own range and of
 * those that ServiceCIDRs add to it. What is in the store is taken; an address in several ranges is
 * taken in all of them.
 */
export class ServiceAllocators {
  readonly cidr: string;
  readonly #store: ObjectStore;
  readonly #own: AddressRange;
  /** By the name of the ServiceCIDR that has them. */
  readonly #added = new Map<string, readonly AddressRange[]>();
  readonly #ports = new NumberSet(LAST_NODE_PORT - FIRST_NODE_PORT + 1);

  constructor({ store, cidr, signal }: AllocatorsOptions) {
    this.cidr = cidr;
    this.#store = store;
    this.#own = new AddressRange(cidr);
    for (const item of store.list(collectionOf(SERVICE_CIDRS)).items) {
      this.#follow(itemOf(SERVICE_CIDRS, item).value, "here");
    }
    for (const service of this.#services()) this.adopt(service);
    const since = store.resourceVersion;
    const followed = store.subscribe(collectionOf(SERVICE_CIDRS), since, ({ type, item }) => {
      this.#follow(itemOf(SERVICE_CIDRS, item).value, type === "DELETED" ? "gone" : "here");
    });
    signal.addEventListener("abort", () => followed.close(), { once: true });
  }

  /** Counts what a service that exists has as taken. */
  adopt(service: Service): void {
    for (const address of service.spec?.clusterIPs ?? []) {
      for (const range of this.#rangesOf(address)) range.take(address);
    }
    for (const port of nodePortsOf(service)) this.#ports.take(port - FIRST_NODE_PORT);
  }

  /** True for an address that belongs to a range. */
  contains(address: string): boolean {
    return this.#rangesOf(address).length > 0;
  }

  /** Takes an address by name; false when another service has it. */
  takeAddress(address: string): boolean {
    const ranges = this.#rangesOf(address);
    if (ranges.length === 0 || ranges.some((range) => range.isTaken(address))) return false;
    for (const range of ranges) range.take(address);
    return true;
  }

  /** Any free address, of the site's own range by preference; `undefined` when all are full. */
  anyAddress(): string | undefined {
    for (const range of this.#ranges()) {
      const address = range.takeAny();
      if (address === undefined) continue;
      for (const other of this.#rangesOf(address)) other.take(address);
      return address;
    }
    return undefined;
  }

  releaseAddress(address: string): void {
    for (const range of this.#rangesOf(address)) range.release(address);
  }

  /** True for a port that the range of node ports holds. */
  isNodePort(port: number): boolean {
    return port >= FIRST_NODE_PORT && port <= LAST_NODE_PORT;
  }

  takePort(port: number): boolean {
    return this.#ports.take(port - FIRST_NODE_PORT);
  }

  anyPort(): number | undefined {
    const index = this.#ports.takeAny(RESERVED_NODE_PORTS);
    return index === undefined ? undefined : FIRST_NODE_PORT + index;
  }

  releasePort(port: number): void {
    if (this.isNodePort(port)) this.#ports.release(port - FIRST_NODE_PORT);
  }

  /** A ServiceCIDR that is being deleted gives no addresses any more. */
  #follow({ metadata, spec }: ServiceCIDR, state: "here" | "gone"): void {
    const name = metadata?.name ?? "";
    const isOpen = state === "here" && metadata?.deletionTimestamp === undefined;
    const cidrs = (isOpen ? (spec?.cidrs ?? []) : []).filter(
      (cidr) => cidr !== this.cidr && !cidr.includes(":"),
    );
    const known = this.#added.get(name) ?? [];
    if (
      Bun.deepEquals(
        cidrs,
        known.map(({ cidr }) => cidr),
      )
    )
      return;
    this.#added.delete(name);
    if (cidrs.length === 0) return;
    const taken = this.#services().flatMap((service) => service.spec?.clusterIPs ?? []);
    const ranges = cidrs.map((cidr) => rangeWith(cidr, taken));
    this.#added.set(name, ranges);
  }

  #services(): Service[] {
    const { items } = this.#store.list(collectionOf(SERVICES));
    return items.map((item) => itemOf(SERVICES, item).value);
  }

  #ranges(): readonly AddressRange[] {
    return [this.#own, ...[...this.#added.values()].flat()];
  }

  #rangesOf(address: string): readonly AddressRange[] {
    return this.#ranges().filter((range) => range.contains(address));
  }
}

function rangeWith(cidr: string, taken: readonly string[]): AddressRange {
  const range = new AddressRange(cidr);
  for (const address of taken) range.take(address);
  return range;
}

/** Every port of the nodes that a service has. */
export function nodePortsOf({ spec }: Service): number[] {
  const ports = (spec?.ports ?? []).map(({ nodePort }) => nodePort);
  return [...ports, spec?.healthCheckNodePort].flatMap((port) => (port ? [port] : []));
}
