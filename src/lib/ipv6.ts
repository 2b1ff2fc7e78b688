import { ipBytes } from "./x509/ip-bytes.ts";

/** An IPv6 network: `base` is its first address as an unsigned 128-bit number. */
export interface Cidr6 {
  readonly base: bigint;
  /** Length of the prefix, 0 to 128. */
  readonly bits: number;
}

const ADDRESS_BITS = 128;

/** The sixteen bytes of an address, in network order. @throws {RangeError} when it is none. */
export function ipv6Bytes(text: string): Uint8Array {
  const bytes = ipBytes(text);
  if (bytes?.length !== 16) throw new RangeError(`Not an IPv6 address: "${text}"`);
  return bytes;
}

/**
 * `fd42::/112` as a network; bits behind the prefix are cleared.
 * @throws {RangeError} when it is not in that form.
 */
export function parseCidr6(text: string): Cidr6 {
  const [address = "", length = "", ...rest] = text.split("/");
  const bits = Number(length);
  if (rest.length > 0 || !/^\d{1,3}$/.test(length) || bits > ADDRESS_BITS) {
    throw new RangeError(`Not an IPv6 network: "${text}"`);
  }
  const value = BigInt(`0x${Buffer.from(ipv6Bytes(address)).toString("hex")}`);
  const hostBits = BigInt(ADDRESS_BITS - bits);
  return { base: (value >> hostBits) << hostBits, bits };
}

/** The netmask of a prefix length as bytes. */
export function maskBytes6(bits: number): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, index) => {
    const set = Math.min(Math.max(bits - index * 8, 0), 8);
    return (0xff << (8 - set)) & 0xff;
  });
}

/**
 * The address `offset` places behind the first one of a network, as RFC 5952 writes it.
 * @throws {RangeError} when the network ends before.
 */
export function addressAt6({ base, bits }: Cidr6, offset: number): string {
  if (offset < 0 || BigInt(offset) >= 1n << BigInt(ADDRESS_BITS - bits)) {
    throw new RangeError(`No address ${offset} in a network of ${bits} bits`);
  }
  return formatIPv6(base + BigInt(offset));
}

/** An address in the form of RFC 5952. */
export function formatIPv6(value: bigint): string {
  const groups = value.toString(16).padStart(32, "0").match(/..../g) ?? [];
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}
