import { readCidr, readIp } from "../ip-text.ts";

/** Warnings of an address that is spelled otherwise than Kubernetes would. */
export function addressWarnings(value: string, path: string): string[] {
  const ip = readIp(value);
  if (ip === undefined || ip.canonical === value) return [];
  const [given, canonical] = [JSON.stringify(value), JSON.stringify(ip.canonical)];
  return ip.hasLeadingZeros || ip.isMapped
    ? [`${path}: non-standard IP address ${given} is invalid: use ${canonical}`]
    : [`${path}: IPv6 address ${given} should be in RFC 5952 canonical format (${canonical})`];
}

/**
 * The same of a network. What is read differently by different readers is refused where it is
 * written, so that only its spelling is left to warn of.
 */
export function networkWarnings(value: string, path: string): string[] {
  const cidr = readCidr(value);
  if (cidr === undefined || cidr.hasLeadingZeros || cidr.isMapped || cidr.isAmbiguous) return [];
  const canonical = `${cidr.canonical}/${cidr.bits}`;
  if (canonical === value) return [];
  const [given, better] = [JSON.stringify(value), JSON.stringify(canonical)];
  return [`${path}: IPv6 CIDR value ${given} should be in RFC 5952 canonical format (${better})`];
}
