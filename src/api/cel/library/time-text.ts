import { noConversion } from "../errors.ts";
import { toDuration, toTimestamp } from "../operators.ts";
import type { Duration, Timestamp } from "../values.ts";

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const PART = /(\d+)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)|\.(\d+)(ns|us|µs|μs|ms|s|m|h)/gy;
/** As Go reads RFC 3339: an hour may have one digit, and a comma may begin the fraction. */
const TIME =
  /^(\d{4}-\d\d-\d\d)T([01]?\d|2[0-3]):([0-5]\d:[0-5]\d)(?:[.,](\d+))?(?:Z|([+-])([01]\d|2[0-4]):([0-5]\d|60))$/;
const SECOND = 1_000_000_000n;

/** Go's `time.ParseDuration`. @throws CelError */
export function parseDuration(text: string): Duration {
  const [, sign = "", body = ""] = /^([+-]?)(.*)$/.exec(text) ?? [];
  if (body === "0") return toDuration(0n);
  let nanos = 0n;
  let end = 0;
  for (const match of body.matchAll(PART)) {
    const [whole, ints = "0", fraction = match[4] ?? "", unit = match[5] ?? ""] = match;
    const scale = UNITS[unit] ?? 0n;
    nanos += BigInt(ints) * scale;
    if (fraction !== "") nanos += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length);
    end = match.index + whole.length;
  }
  if (body === "" || end !== body.length) throw noConversion("google.protobuf.Duration");
  return toDuration(sign === "-" ? -nanos : nanos);
}

/** Seconds, as protobuf writes a duration in JSON: `3600s`, `1.5s`. */
export function durationText({ nanos }: Duration): string {
  const negative = nanos < 0n;
  const size = negative ? -nanos : nanos;
  const fraction = String(size % SECOND)
    .padStart(9, "0")
    .replace(/0+$/, "");
  return `${negative ? "-" : ""}${size / SECOND}${fraction === "" ? "" : `.${fraction}`}s`;
}

/** RFC 3339. @throws CelError */
export function parseTimestamp(text: string): Timestamp {
  const [, date = "", hour = "", rest = "", fraction = "", sign, hours, minutes] =
    TIME.exec(text) ?? [];
  if (date === "" || !isDate(date)) throw noConversion("google.protobuf.Timestamp");
  const seconds = BigInt(Date.parse(`${date}T${hour.padStart(2, "0")}:${rest}Z`)) / 1000n;
  const ahead = BigInt(hours ?? 0) * 3600n + BigInt(minutes ?? 0) * 60n;
  const utc = sign === "-" ? seconds + ahead : seconds - ahead;
  return toTimestamp(utc * SECOND + BigInt(fraction.slice(0, 9).padEnd(9, "0")));
}

function isDate(date: string): boolean {
  const time = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
}

export function timestampText({ nanos }: Timestamp): string {
  const rest = ((nanos % SECOND) + SECOND) % SECOND;
  const seconds = Number((nanos - rest) / SECOND);
  const whole = new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, "");
  const fraction = String(rest).padStart(9, "0").replace(/0+$/, "");
  return `${whole}${fraction === "" ? "" : `.${fraction}`}Z`;
}
