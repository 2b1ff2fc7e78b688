/** An IPv4 network: `base` is its first address as an unsigned 32-bit number. */
export interface Cidr {
  readonly base: number;
  /** Length of the prefix, 0 to 32. */
  readonly bits: number;
}

/**
 * An IPv4 address in dotted form as an unsigned 32-bit number.
 * @throws {RangeError} when it is anything else; leading zeros are refused, as RFC 6943 advises.
 */
export function parseIPv4(text: string): number {
  const value = tryParseIPv4(text);
  if (value === undefined) throw new RangeError(`Not an IPv4 address: "${text}"`);
  return value;
}

/** As `parseIPv4`, but `undefined` for what is not an address. */
export function tryParseIPv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

/** The dotted form of an unsigned 32-bit number. */
export function formatIPv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** The four bytes of an address, in network order. */
export function ipv4Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, parseIPv4(text));
  return bytes;
}

/**
 * `10.42.0.0/24` as a network; bits behind the prefix are cleared.
 * @throws {RangeError} when it is not in that form.
 */
export function parseCidr(text: string): Cidr {
  const [address = "", length = "", ...rest] = text.split("/");
  if (rest.length > 0 || !/^\d{1,2}$/.test(length) || Number(length) > 32) {
    throw new RangeError(`Not an IPv4 network: "${text}"`);
  }
  const bits = Number(length);
  return { base: (parseIPv4(address) & maskOf(bits)) >>> 0, bits };
}

export function formatCidr({ base, bits }: Cidr): string {
  return `${formatIPv4(base)}/${bits}`;
}

/** The netmask of a prefix length as an unsigned 32-bit number. */
export function maskOf(bits: number): number {
  return bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
}

/** How many addresses a network has. */
export function sizeOf({ bits }: Cidr): number {
  return 2 ** (32 - bits);
}

/** Whether a network holds an address. */
export function contains(network: Cidr, address: number): boolean {
  return (address & maskOf(network.bits)) >>> 0 === network.base;
}

/** Whether two networks share an address. */
export function overlaps(one: Cidr, other: Cidr): boolean {
  return one.bits <= other.bits ? contains(one, other.base) : contains(other, one.base);
}

/**
 * The address `offset` places behind the first one of a network.
 * @throws {RangeError} when the network ends before.
 */
export function addressAt(network: Cidr, offset: number): string {
  if (offset < 0 || offset >= sizeOf(network)) {
    throw new RangeError(`No address ${offset} in ${formatCidr(network)}`);
  }
  return formatIPv4(network.base + offset);
}
