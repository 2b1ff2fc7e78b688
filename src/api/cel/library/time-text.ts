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
const TIME = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;
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
  const [, date = "", clock = "", fraction = "", zone = ""] = TIME.exec(text) ?? [];
  const at = date === "" ? Number.NaN : Date.parse(`${date}T${clock}${zone}`);
  const isReal = !Number.isNaN(at) && isDate(date);
  if (!isReal) throw noConversion("google.protobuf.Timestamp");
  return toTimestamp(BigInt(at) * 1_000_000n + BigInt(fraction.padEnd(9, "0")));
}

function isDate(date: string): boolean {
  return new Date(`${date}T00:00:00Z`).toISOString().startsWith(date);
}

export function timestampText({ nanos }: Timestamp): string {
  const rest = ((nanos % SECOND) + SECOND) % SECOND;
  const seconds = Number((nanos - rest) / SECOND);
  const whole = new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, "");
  const fraction = String(rest).padStart(9, "0").replace(/0+$/, "");
  return `${whole}${fraction === "" ? "" : `.${fraction}`}Z`;
}
