import type { Service } from "#api/object.ts";
import { SERVICES } from "#api/resources.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { collectionOf, itemOf } from "../kind.ts";
import { NumberSet } from "./number-set.ts";

const FIRST_NODE_PORT = 30_000;
const LAST_NODE_PORT = 32_767;
/** Kubernetes' reserved share for node ports that are chosen by hand. */
const RESERVED_NODE_PORTS = 86;
const MAX_ADDRESSES = 2 ** 20;

/** What a service may be given: cluster addresses and node ports. What is in the store is taken. */
export class ServiceAllocators {
  readonly cidr: string;
  readonly #base: number;
  readonly #addresses: NumberSet;
  readonly #reservedAddresses: number;
  readonly #ports = new NumberSet(LAST_NODE_PORT - FIRST_NODE_PORT + 1);

  constructor({ store, cidr }: { store: ObjectStore; cidr: string }) {
    const { base, size } = parseCidr(cidr);
    this.cidr = cidr;
    this.#base = base;
    this.#addresses = new NumberSet(Math.min(size, MAX_ADDRESSES) - 1);
    this.#reservedAddresses = Math.min(Math.max(16, Math.floor(size / 16)), 256);
    this.#addresses.take(0);
    for (const item of store.list(collectionOf(SERVICES)).items) {
      this.adopt(itemOf(SERVICES, item).value);
    }
  }

  /** Counts what a service that exists has as taken. */
  adopt(service: Service): void {
    for (const address of service.spec?.clusterIPs ?? []) {
      this.#addresses.take(this.#indexOf(address));
    }
    for (const port of nodePortsOf(service)) this.#ports.take(port - FIRST_NODE_PORT);
  }

  /** True for an address that belongs to the range. */
  contains(address: string): boolean {
    const index = this.#indexOf(address);
    return index > 0 && index < this.#addresses.size;
  }

  /** Takes an address by name; false when another service has it. */
  takeAddress(address: string): boolean {
    return this.#addresses.take(this.#indexOf(address));
  }

  /** Any free address but the first; `undefined` when the range is full. */
  anyAddress(): string | undefined {
    const kept = this.#addresses.take(1);
    const index = this.#addresses.takeAny(this.#reservedAddresses);
    if (kept) this.#addresses.release(1);
    return index === undefined ? undefined : formatAddress(this.#base + index);
  }

  releaseAddress(address: string): void {
    if (this.contains(address)) this.#addresses.release(this.#indexOf(address));
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

  #indexOf(address: string): number {
    return parseAddress(address) - this.#base;
  }
}

/** Every port of the nodes that a service has. */
export function nodePortsOf({ spec }: Service): number[] {
  const ports = (spec?.ports ?? []).map(({ nodePort }) => nodePort);
  return [...ports, spec?.healthCheckNodePort].flatMap((port) => (port ? [port] : []));
}

/** The first usable address of a range: that of the Service `default/kubernetes`. */
export function firstAddress(cidr: string): string {
  return formatAddress(parseCidr(cidr).base + 1);
}

function parseCidr(cidr: string): { base: number; size: number } {
  const [address = "", length = ""] = cidr.split("/");
  const size = 2 ** (32 - Number(length));
  return { base: Math.floor(parseAddress(address) / size) * size, size };
}

function parseAddress(text: string): number {
  const parts = text.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255))) return Number.NaN;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
