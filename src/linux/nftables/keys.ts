import { ipv4Bytes } from "#lib/cidr.ts";
import { ipv6Bytes } from "#lib/ipv6.ts";

/** Types of the parts of a set's key, with the numbers by which `nft` prints them. */
const KEY_TYPES = {
  ipv4: { id: 7, length: 4 },
  ipv6: { id: 8, length: 16 },
  protocol: { id: 12, length: 1 },
  port: { id: 13, length: 2 },
  link: { id: 41, length: 16 },
} as const;

export type KeyType = keyof typeof KEY_TYPES;

/** Numbers of protocols (IPPROTO_*). */
export const PROTOCOLS = { ICMP: 1, TCP: 6, UDP: 17, ICMPV6: 58, SCTP: 132 } as const;

const BITS_PER_TYPE = 6;
const REGISTER_BYTES = 4;

/** The type number of a concatenation. */
export function keyTypeId(types: readonly KeyType[]): number {
  return types.reduce((id, type) => (id << BITS_PER_TYPE) | KEY_TYPES[type].id, 0);
}

/** How long a key is: a single value as it is, the parts of a concatenation each in whole registers. */
export function keyLength(types: readonly KeyType[]): number {
  const [only, ...more] = types;
  if (only !== undefined && more.length === 0) return KEY_TYPES[only].length;
  return types.reduce((length, type) => length + inRegisters(KEY_TYPES[type].length), 0);
}

/** A key from its parts, each as long as its type. */
export function keyOf(...parts: readonly Uint8Array[]): Buffer {
  const [only, ...more] = parts;
  if (only !== undefined && more.length === 0) return Buffer.from(only);
  const padded = parts.map((part) => {
    const registers = Buffer.alloc(inRegisters(part.length));
    registers.set(part);
    return registers;
  });
  return Buffer.concat(padded);
}

/** Bytes of the whole registers that a value takes. */
function inRegisters(bytes: number): number {
  return Math.ceil(bytes / REGISTER_BYTES) * REGISTER_BYTES;
}

export function ipv6Key(address: string): Uint8Array {
  return ipv6Bytes(address);
}

/** The name of a link. */
export function linkKey(name: string): Uint8Array {
  const key = Buffer.alloc(KEY_TYPES.link.length);
  key.write(name);
  return key;
}

export function ipv4Key(address: string): Uint8Array {
  return ipv4Bytes(address);
}

export function portKey(port: number): Uint8Array {
  return Uint8Array.of(port >>> 8, port & 255);
}

export function protocolKey(protocol: keyof typeof PROTOCOLS): Uint8Array {
  return Uint8Array.of(PROTOCOLS[protocol]);
}
