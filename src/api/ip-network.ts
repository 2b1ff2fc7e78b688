import { ipBytes } from "#lib/x509/ip-bytes.ts";

/** A network of either family: its first address, bits behind the prefix cleared or not, and the prefix's length. */
interface IpNetwork {
  readonly bytes: Uint8Array;
  readonly bits: number;
}

/** `10.0.0.0/8` or `2001:db8::/64`; `undefined` for what is no network. */
function parseNetwork(text: string): IpNetwork | undefined {
  const [address = "", length = "", ...rest] = text.split("/");
  const bytes = ipBytes(address);
  const bits = Number(length);
  if (bytes === undefined || rest.length > 0 || !/^\d{1,3}$/.test(length)) return undefined;
  return bits <= bytes.length * 8 ? { bytes, bits } : undefined;
}

const bitAt = (bytes: Uint8Array, index: number): number =>
  ((bytes[index >> 3] ?? 0) >> (7 - (index & 7))) & 1;

/** True where all of `inner` lies in `outer` and leaves some of it over; false for what is no network. */
export function isStrictSubset({ inner, outer }: { inner: string; outer: string }): boolean {
  const [small, large] = [parseNetwork(inner), parseNetwork(outer)];
  if (small === undefined || large === undefined) return false;
  if (small.bytes.length !== large.bytes.length || large.bits >= small.bits) return false;
  for (let index = 0; index < large.bits; index++) {
    if (bitAt(small.bytes, index) !== bitAt(large.bytes, index)) return false;
  }
  return true;
}

/** True for a network whose address is its first: `10.0.0.0/8`, and not `10.0.0.1/8`. */
export function isFirstAddress(text: string): boolean {
  const network = parseNetwork(text);
  if (network === undefined) return false;
  for (let index = network.bits; index < network.bytes.length * 8; index++) {
    if (bitAt(network.bytes, index) === 1) return false;
  }
  return true;
}
