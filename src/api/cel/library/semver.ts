import { CelError, noOverload } from "../errors.ts";
import { define, type Overload } from "../functions.ts";
import { type CelValue, Opaque } from "../values.ts";
import { text } from "./standard.ts";

interface Version {
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly pre: readonly string[];
}

const NUMBER = "(0|[1-9]\\d*)";
const IDENTIFIERS = "[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*";
const VERSION = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-(${IDENTIFIERS}))?(?:\\+${IDENTIFIERS})?$`,
);

function tryParse(value: string): Version | undefined {
  const [, major, minor, patch, pre] = VERSION.exec(value) ?? [];
  if (major === undefined || minor === undefined || patch === undefined) return undefined;
  const identifiers = pre?.split(".") ?? [];
  if (identifiers.some((one) => /^0\d+$/.test(one))) return undefined;
  return { numbers: [BigInt(major), BigInt(minor), BigInt(patch)], pre: identifiers };
}

/** `v1.2` is 1.2.0 where one is generous. */
function normalized(value: string): string {
  const [, core = "", rest = ""] = /^v?([^-+]*)(.*)$/.exec(value) ?? [];
  const parts = core.split(".").map((part) => part.replace(/^0+(?=\d)/, ""));
  while (parts.length < 3) parts.push("0");
  return parts.join(".") + rest;
}

function parse(value: string, isGenerous: boolean): Opaque {
  const parsed = tryParse(isGenerous ? normalized(value) : value);
  if (parsed) return new Opaque("semver", parsed);
  throw new CelError(`No Major.Minor.Patch elements found`);
}

const version = (value: CelValue | undefined): Version => {
  if (value instanceof Opaque && value.kind === "semver") return value.value as Version;
  throw noOverload();
};

function compare(a: Version, b: Version): number {
  for (const [index, number] of a.numbers.entries()) {
    const other = b.numbers[index] ?? 0n;
    if (number !== other) return number < other ? -1 : 1;
  }
  if (a.pre.length === 0 || b.pre.length === 0) return b.pre.length - a.pre.length;
  for (const [index, identifier] of a.pre.entries()) {
    const other = b.pre[index];
    if (other === undefined) return 1;
    const order = compareIdentifiers(identifier, other);
    if (order !== 0) return order;
  }
  return a.pre.length - b.pre.length;
}

function compareIdentifiers(a: string, b: string): number {
  const [isNumberA, isNumberB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumberA && isNumberB) return Number(BigInt(a) - BigInt(b));
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1;
  return a < b ? -1 : Number(a > b);
}

const sign = (value: number): bigint => BigInt(Math.sign(value));

/** Kubernetes' semantic versions. */
export const SEMVER: readonly Overload[] = [
  define("semver(string): semver", (value) => parse(text(value), false)),
  define("semver(string, bool): semver", (value, isGenerous) =>
    parse(text(value), isGenerous === true),
  ),
  define("isSemver(string): bool", (value) => tryParse(text(value)) !== undefined),
  define("isSemver(string, bool): bool", (value, isGenerous) => {
    const given = text(value);
    return tryParse(isGenerous === true ? normalized(given) : given) !== undefined;
  }),
  define("semver.major(): int", (value) => version(value).numbers[0]),
  define("semver.minor(): int", (value) => version(value).numbers[1]),
  define("semver.patch(): int", (value) => version(value).numbers[2]),
  define("semver.isLessThan(semver): bool", (a, b) => compare(version(a), version(b)) < 0),
  define("semver.isGreaterThan(semver): bool", (a, b) => compare(version(a), version(b)) > 0),
  define("semver.compareTo(semver): int", (a, b) => sign(compare(version(a), version(b)))),
];
