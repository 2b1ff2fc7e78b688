import { isIPv4, isIPv6 } from "node:net";

/** A name server outside the cluster. */
export interface Upstream {
  readonly address: string;
  readonly port: number;
}

const DNS_PORT = 53;
/** As many as glibc reads (MAXNS). */
const MAX_UPSTREAMS = 3;

/**
 * The name servers that a resolv.conf names, without those of `own`: to ask ourselves would go
 * round in circles.
 */
export function parseResolvConf(text: string, own: ReadonlySet<string>): readonly Upstream[] {
  const addresses = text
    .split("\n")
    .map((line) => /^\s*nameserver\s+([^\s#;]+)/.exec(line)?.[1] ?? "")
    .filter((address) => isIPv4(address) || isIPv6(address.replace(/%.*$/, "")));
  return select(addresses, own);
}

/** Configured servers: `9.9.9.9` or `10.0.0.1:5353`. @throws {RangeError} on anything else. */
export function parseUpstreams(
  texts: readonly string[],
  own: ReadonlySet<string>,
): readonly Upstream[] {
  const parsed = texts.map((text) => {
    const [, address = "", port = "53"] = /^([\d.]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
    const plain = isIPv6(text) ? text : address;
    const number = isIPv6(text) ? DNS_PORT : Number(port);
    if (!(isIPv4(plain) || isIPv6(plain)) || number < 1 || number > 65_535) {
      throw new RangeError(`Not the address of a name server: "${text}"`);
    }
    return { address: plain, port: number };
  });
  return parsed.filter((one) => !own.has(one.address));
}

function select(addresses: readonly string[], own: ReadonlySet<string>): readonly Upstream[] {
  const others = [...new Set(addresses)].filter((address) => !own.has(address));
  return others.slice(0, MAX_UPSTREAMS).map((address) => ({ address, port: DNS_PORT }));
}
