import { isIPv4, isIPv6 } from "node:net";
import { CelError, noOverload } from "../errors.ts";
import { define, type Overload } from "../functions.ts";
import { type CelValue, Opaque } from "../values.ts";
import { text } from "./standard.ts";

interface Address {
  readonly family: 4 | 6;
  readonly bits: bigint;
}

interface Range {
  readonly address: Address;
  readonly prefix: number;
}

function parseAddress(value: string): Address {
  if (isIPv4(value)) {
    const bits = value.split(".").reduce((sum, part) => sum * 256n + BigInt(part), 0n);
    return { family: 4, bits };
  }
  if (value.includes("%"))
    throw new CelError(`IP address "${value}" with zone value is not allowed`);
  if (!isIPv6(value))
    throw new CelError(
      `IP Address "${value}" parse error during conversion from string: ${addressProblem(value)}`,
    );
  if (value.includes(".")) throw new CelError(`IPv4-mapped IPv6 address "${value}" is not allowed`);
  const [head = "", tail] = value.split("::");
  const groups = (part: string): string[] => (part === "" ? [] : part.split(":"));
  const missing = 8 - groups(head).length - groups(tail ?? "").length;
  const middle = tail === undefined ? [] : Array.from({ length: missing }, () => "0");
  const all = [...groups(head), ...middle, ...groups(tail ?? "")];
  const bits = all.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
  return { family: 6, bits };
}

/** What Go's `netip.ParseAddr` says of what is no address. */
function addressProblem(value: string): string {
  const say = (why: string, at = ""): string => {
    const where = at === "" ? "" : ` (at ${JSON.stringify(at)})`;
    return `ParseAddr(${JSON.stringify(value)}): ${why}${where}`;
  };
  const [mark] = /[.:%]/.exec(value) ?? [];
  if (mark === "%") return say("missing IPv6 address");
  if (mark === ":")
    return say("unexpected character, want colon", /[^0-9a-f:].*/i.exec(value)?.[0]);
  if (mark === undefined) return say("unable to parse IP");
  const stray = /[^\d.].*/.exec(value);
  let read = 0;
  for (const field of value.split(".")) {
    const isCut = stray !== null && read + field.length > stray.index;
    if (/^0\d/.test(field)) return say("IPv4 field has octet with leading zero");
    if (Number(/^\d*/.exec(field)?.[0]) > 255) return say("IPv4 field has value >255");
    if (isCut) return say("unexpected character", stray[0]);
    if (field === "") {
      return say("IPv4 field must have at least one digit", value.slice(Math.max(0, read - 1)));
    }
    read += field.length + 1;
  }
  const isShort = value.split(".").length < 4;
  return say(isShort ? "IPv4 address too short" : "IPv4 address too long");
}

/** The one spelling of an address (RFC 5952). */
function addressText({ family, bits }: Address): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 255n).join(".");
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((bits >> BigInt(16 * (7 - index))) & 65_535n).toString(16),
  );
  const text_ = groups.join(":");
  const zeros = [...text_.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].map(([run]) => run);
  const longest = zeros.reduce((best, run) => (run.length > best.length ? run : best), "");
  if (longest === "") return text_;
  const shortened = text_
    .replace(longest, ":")
    .replace(/^:(?!:)/, "::")
    .replace(/^:::/, "::");
  return shortened.endsWith(":") && !shortened.endsWith("::") ? `${shortened}:` : shortened;
}

const width = ({ family }: Address): number => (family === 4 ? 32 : 128);

function mask({ address, prefix }: Range): Address {
  const host = BigInt(width(address) - prefix);
  return { ...address, bits: (address.bits >> host) << host };
}

/** What Go's `netip.ParsePrefix` says of what is no range. */
const noRange = (value: string, why: string): CelError =>
  new CelError(
    `network address parse error during conversion from string: network address parse error during conversion from string: netip.ParsePrefix(${JSON.stringify(value)}): ${why}`,
  );

function parseRange(value: string): Range {
  const [head = "", prefix = "", ...rest] = value.split("/");
  const isPlain = rest.length === 0 && /^(?:0|[1-9]\d{0,2})$/.test(prefix);
  if (!value.includes("/")) throw noRange(value, "no '/'");
  if (!isIPv4(head) && !isIPv6(head)) throw noRange(value, addressProblem(head));
  if (!isPlain) throw noRange(value, `bad bits after slash: ${JSON.stringify(prefix)}`);
  const address = parseAddress(head);
  if (Number(prefix) > width(address)) throw noRange(value, "prefix length out of range");
  return { address, prefix: Number(prefix) };
}

function succeeds(parse: (value: string) => unknown, value: string): boolean {
  try {
    parse(value);
    return true;
  } catch (error) {
    if (error instanceof CelError) return false;
    throw error;
  }
}

const ip = (value: CelValue | undefined): Address => {
  if (value instanceof Opaque && value.kind === "ip") return value.value as Address;
  throw noOverload();
};

/** The bytes of an address, or of the prefix of a network; undefined of anything else. */
export function networkBytes({ kind, value }: Opaque): number | undefined {
  if (kind === "ip") return width(value as Address) / 8;
  return kind === "cidr" ? Math.ceil((value as Range).prefix / 8) : undefined;
}

const cidr = (value: CelValue | undefined): Range => {
  if (value instanceof Opaque && value.kind === "cidr") return value.value as Range;
  throw noOverload();
};

const inRange = (address: Address, range: string): boolean => isWithin(parseRange(range), address);

function isWithin(range: Range, address: Address): boolean {
  if (range.address.family !== address.family) return false;
  return mask({ address, prefix: range.prefix }).bits === mask(range).bits;
}

const PROPERTIES: Readonly<Record<string, (address: Address) => boolean>> = {
  isUnspecified: ({ bits }) => bits === 0n,
  isLoopback: (address) => inRange(address, address.family === 4 ? "127.0.0.0/8" : "::1/128"),
  isLinkLocalMulticast: (address) =>
    inRange(address, address.family === 4 ? "224.0.0.0/24" : "ff02::/16"),
  isLinkLocalUnicast: (address) =>
    inRange(address, address.family === 4 ? "169.254.0.0/16" : "fe80::/10"),
  isGlobalUnicast: (address) =>
    address.bits !== 0n &&
    addressText(address) !== "255.255.255.255" &&
    (address.family === 4
      ? !["127.0.0.0/8", "224.0.0.0/4", "169.254.0.0/16"].some((range) => inRange(address, range))
      : !["::1/128", "ff00::/8", "fe80::/10"].some((range) => inRange(address, range))),
};

const asIp = (value: CelValue | undefined): Address =>
  typeof value === "string" ? parseAddress(value) : ip(value);
const asRange = (value: CelValue | undefined): Range =>
  typeof value === "string" ? parseRange(value) : cidr(value);

/** Kubernetes' IP addresses and CIDRs. */
export const NETWORK: readonly Overload[] = [
  define("ip(string): ip", (value) => new Opaque("ip", parseAddress(text(value)))),
  define("isIP(string): bool", (value) => succeeds(parseAddress, text(value))),
  define(
    "ip_isCanonical(string): bool",
    (value) => addressText(parseAddress(text(value))) === text(value),
  ),
  define("ip.family(): int", (value) => BigInt(ip(value).family)),
  define("string(ip): string", (value) => addressText(ip(value))),
  ...Object.entries(PROPERTIES).map(([name, test]) =>
    define(`ip.${name}(): bool`, (value) => test(ip(value))),
  ),
  define("cidr(string): cidr", (value) => new Opaque("cidr", parseRange(text(value)))),
  define("isCIDR(string): bool", (value) => succeeds(parseRange, text(value))),
  define("string(cidr): string", (value) => rangeText(cidr(value))),
  define("cidr.ip(): ip", (value) => new Opaque("ip", cidr(value).address)),
  define("cidr.prefixLength(): int", (value) => BigInt(cidr(value).prefix)),
  define("cidr.masked(): cidr", (value) => {
    const range = cidr(value);
    return new Opaque("cidr", { ...range, address: mask(range) });
  }),
  ...["string", "ip"].map((type) =>
    define(`cidr.containsIP(${type}): bool`, (range, value) => isWithin(cidr(range), asIp(value))),
  ),
  ...["string", "cidr"].map((type) =>
    define(`cidr.containsCIDR(${type}): bool`, (range, value) => {
      const [outer, inner] = [cidr(range), asRange(value)];
      return inner.prefix >= outer.prefix && isWithin(outer, mask(inner));
    }),
  ),
];

const rangeText = ({ address, prefix }: Range): string => `${addressText(address)}/${prefix}`;
