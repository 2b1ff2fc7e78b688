import { NumberSet } from "./number-set.ts";

const MAX_ADDRESSES = 2 ** 20;
/** Bounds of the share of a range that is left to those who ask for an address by name. */
const MIN_RESERVED = 16;
const MAX_RESERVED = 256;

/** A range of IPv4 addresses, and which of them are taken. Its first address is nobody's. */
export class AddressRange {
  readonly cidr: string;
  readonly #base: number;
  readonly #taken: NumberSet;
  readonly #reserved: number;

  /** @throws RangeError for what is no range of IPv4. */
  constructor(cidr: string) {
    const { base, size } = parseCidr(cidr);
    this.cidr = cidr;
    this.#base = base;
    this.#taken = new NumberSet(Math.min(size, MAX_ADDRESSES) - 1);
    const share = Math.floor(size / MIN_RESERVED);
    this.#reserved = Math.min(Math.max(MIN_RESERVED, share), MAX_RESERVED, this.#taken.size);
    this.#taken.take(0);
  }

  contains(address: string): boolean {
    const index = this.#indexOf(address);
    return index > 0 && index < this.#taken.size;
  }

  isTaken(address: string): boolean {
    return this.#taken.has(this.#indexOf(address));
  }

  take(address: string): void {
    this.#taken.take(this.#indexOf(address));
  }

  /** Takes any free address but that of `default/kubernetes`; `undefined` when the range is full. */
  takeAny(): string | undefined {
    const kept = this.#taken.take(1);
    const index = this.#taken.takeAny(this.#reserved);
    if (kept) this.#taken.release(1);
    return index === undefined ? undefined : formatAddress(this.#base + index);
  }

  release(address: string): void {
    if (this.contains(address)) this.#taken.release(this.#indexOf(address));
  }

  #indexOf(address: string): number {
    return parseAddress(address) - this.#base;
  }
}

/** The first usable address of a range: that of the Service `default/kubernetes`. */
export function firstAddress(cidr: string): string {
  return formatAddress(parseCidr(cidr).base + 1);
}

function parseCidr(cidr: string): { base: number; size: number } {
  const [address = "", length = ""] = cidr.split("/");
  const size = 2 ** (32 - Number(length));
  const base = Math.floor(parseAddress(address) / size) * size;
  if (Number.isNaN(base)) throw new RangeError(`${cidr} is no range of IPv4 addresses`);
  return { base, size };
}

function parseAddress(text: string): number {
  const parts = text.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255))) return Number.NaN;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
