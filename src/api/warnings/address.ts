import { readIp } from "../ip-text.ts";

/** Warnings of an address that is spelled otherwise than Kubernetes would. */
export function addressWarnings(value: string, path: string): string[] {
  const ip = readIp(value);
  if (ip === undefined || ip.canonical === value) return [];
  const [given, canonical] = [JSON.stringify(value), JSON.stringify(ip.canonical)];
  return ip.hasLeadingZeros || ip.isMapped
    ? [`${path}: non-standard IP address ${given} is invalid: use ${canonical}`]
    : [`${path}: IPv6 address ${given} should be in RFC 5952 canonical format (${canonical})`];
}
