import { isIP } from "node:net";
import { isFirstAddress } from "./ip-network.ts";

/** An address as somebody wrote it. */
export interface IpText {
  /** As Kubernetes writes it: RFC 5952, and an IPv4-mapped address as IPv4. */
  readonly canonical: string;
  readonly family: 4 | 6;
  /** `010.0.0.1`, which some read as octal. */
  readonly hasLeadingZeros: boolean;
  /** `::ffff:10.0.0.1` */
  readonly isMapped: boolean;
}

const MAPPED = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/** Reads an address generously, as Kubernetes once did everywhere; undefined for what is none. */
export function readIp(text: string): IpText | undefined {
  const plain = text.replaceAll(/(^|\.)0+(?=\d)/g, "$1");
  if (isIP(plain) === 4) {
    return { canonical: plain, family: 4, hasLeadingZeros: plain !== text, isMapped: false };
  }
  if (isIP(text) !== 6 || text.includes("%")) return undefined;
  const canonical = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const [, high = "", low = ""] = MAPPED.exec(canonical) ?? [];
  if (high === "") return { canonical, family: 6, hasLeadingZeros: false, isMapped: false };
  const bytes = [high, low].map((part) => Number.parseInt(part, 16));
  const dotted = bytes.flatMap((pair) => [pair >> 8, pair & 255]).join(".");
  return { canonical: dotted, family: 4, hasLeadingZeros: false, isMapped: true };
}

/** A network as somebody wrote it: an address and the length of its prefix. */
export interface CidrText extends IpText {
  readonly bits: number;
  /** Bits behind the prefix are set. */
  readonly isAmbiguous: boolean;
}

/** See `readIp`. */
export function readCidr(text: string): CidrText | undefined {
  const [address = "", prefix = "", ...rest] = text.split("/");
  const ip = readIp(address);
  const bits = Number(prefix);
  if (ip === undefined || rest.length > 0 || !/^\d{1,3}$/.test(prefix)) return undefined;
  if (bits > (ip.family === 4 && !ip.isMapped ? 32 : 128)) return undefined;
  const hasLeadingZeros = ip.hasLeadingZeros || String(bits) !== prefix;
  return { ...ip, bits, hasLeadingZeros, isAmbiguous: !isFirstAddress(`${ip.canonical}/${bits}`) };
}
