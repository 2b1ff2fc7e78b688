import { CelError, noOverload } from "../errors.ts";
import { define, type Overload } from "../functions.ts";
import { type CelValue, Duration, Timestamp } from "../values.ts";
import { text } from "./standard.ts";

const NANOS_PER_MS = 1_000_000n;

interface Parts {
  readonly year: number;
  /** From 0. */
  readonly month: number;
  /** From 1. */
  readonly day: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** A time on the clocks of a zone: `America/New_York`, `-08:00`; UTC where absent. */
function partsOf(value: CelValue | undefined, zone: CelValue | undefined): Parts {
  if (!(value instanceof Timestamp)) throw noOverload();
  const ms = Number(floor(value.nanos, NANOS_PER_MS));
  const shifted = new Date(ms + offsetMs(new Date(ms), zone === undefined ? "UTC" : text(zone)));
  return {
    year: shifted.getUTCFullYear(),
    month: shifted.getUTCMonth(),
    day: shifted.getUTCDate(),
    weekday: shifted.getUTCDay(),
    hour: shifted.getUTCHours(),
    minute: shifted.getUTCMinutes(),
    second: shifted.getUTCSeconds(),
  };
}

const floor = (a: bigint, b: bigint): bigint => (a % b < 0n ? a / b - 1n : a / b);

function offsetMs(at: Date, zone: string): number {
  const [, sign, hours, minutes] = /^([+-]?)(\d\d):(\d\d)$/.exec(zone) ?? [];
  if (hours !== undefined)
    return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  try {
    // "2020-01-01 00:30:00"
    const written = at.toLocaleString("sv-SE", { timeZone: zone });
    return Date.parse(`${written.replace(" ", "T")}Z`) - Math.floor(at.getTime() / 1000) * 1000;
  } catch {
    throw new CelError(`unknown time zone ${zone}`);
  }
}

const PARTS: Readonly<Record<string, (parts: Parts) => number>> = {
  getFullYear: ({ year }) => year,
  getMonth: ({ month }) => month,
  getDate: ({ day }) => day,
  getDayOfMonth: ({ day }) => day - 1,
  getDayOfWeek: ({ weekday }) => weekday,
  getDayOfYear: ({ year, month, day }) =>
    (Date.UTC(year, month, day) - Date.UTC(year, 0, 1)) / 86_400_000,
  getHours: ({ hour }) => hour,
  getMinutes: ({ minute }) => minute,
  getSeconds: ({ second }) => second,
};

const LENGTHS: Readonly<Record<string, bigint>> = {
  getHours: 3_600_000_000_000n,
  getMinutes: 60_000_000_000n,
  getSeconds: 1_000_000_000n,
};

function milliseconds(value: CelValue | undefined): bigint {
  if (value instanceof Timestamp) return (((value.nanos / NANOS_PER_MS) % 1000n) + 1000n) % 1000n;
  if (value instanceof Duration) return (value.nanos / NANOS_PER_MS) % 1000n;
  throw noOverload();
}

/** The parts of timestamps and durations. */
export const TIME: readonly Overload[] = [
  ...Object.entries(PARTS).flatMap(([name, read]) => [
    define(`timestamp.${name}(): int`, (value) => BigInt(read(partsOf(value, undefined)))),
    define(`timestamp.${name}(string): int`, (value, zone) => BigInt(read(partsOf(value, zone)))),
  ]),
  ...Object.entries(LENGTHS).map(([name, unit]) =>
    define(`duration.${name}(): int`, (value) => {
      if (value instanceof Duration) return value.nanos / unit;
      throw noOverload();
    }),
  ),
  define("timestamp.getMilliseconds(): int", milliseconds),
  define("timestamp.getMilliseconds(string): int", milliseconds),
  define("duration.getMilliseconds(): int", milliseconds),
];
