import { MAX_ELEMENTS } from "../budget.ts";
import { clauseProblem } from "../check-formats.ts";
import { CelCostError, CelError } from "../errors.ts";
import { runtimeName } from "../operators.ts";
import {
  type CelValue,
  Duration,
  isList,
  isMadeOfMore,
  isMap,
  Timestamp,
  TypeValue,
  Uint,
} from "../values.ts";
import { doubleText } from "./standard.ts";
import { durationText, timestampText } from "./time-text.ts";

const VERB = /%(?:(%)|(?:\.(\d+))?([a-zA-Z]))/g;
const DIGITS = 6;
const MAX_DIGITS = 100;

/** cel-go's `format`: `%s %d %f %e %b %x %X %o`. @throws CelError */
export function formatText(format: string, args: readonly CelValue[]): string {
  let out = "";
  let last = 0;
  let next = 0;
  for (const match of format.matchAll(VERB)) {
    const [whole, percent, digits, verb = ""] = match;
    out += format.slice(last, match.index);
    last = match.index + whole.length;
    if (percent !== undefined) {
      out += "%";
      continue;
    }
    if (next >= args.length) throw new CelError(`index ${next} out of range`);
    if (Number(digits ?? 0) > MAX_DIGITS)
      throw new CelError(`precision ${digits} is more than ${MAX_DIGITS}`);
    const value = args[next++] ?? null;
    out += formatOne(value, { verb, digits: digits === undefined ? DIGITS : Number(digits) });
  }
  return out + format.slice(last);
}

interface Clause {
  readonly verb: string;
  readonly digits: number;
}

type Writer = (value: CelValue, digits: number) => string | undefined;

const whole =
  (radix: number): Writer =>
  (value) => {
    const number = numberOf(value);
    return typeof number === "bigint" ? number.toString(radix) : undefined;
  };

const WRITERS: Readonly<Record<string, Writer>> = {
  s(value) {
    if (isMadeOfMore(value, MAX_ELEMENTS)) throw new CelCostError();
    return shownText(value);
  },
  d: whole(10),
  o: whole(8),
  b: (value, digits) =>
    typeof value === "boolean" ? String(Number(value)) : whole(2)(value, digits),
  x: hexOf,
  X: (value) => hexOf(value)?.toUpperCase(),
  f(value, digits) {
    const number = numberOf(value);
    return number === undefined ? undefined : fixed(Number(number), digits);
  },
  e(value, digits) {
    const number = numberOf(value);
    if (number === undefined) return undefined;
    return Number(number)
      .toExponential(digits)
      .replace(/e([+-])(\d)$/, "e$10$2");
  },
};

function formatOne(value: CelValue, { verb, digits }: Clause): string {
  const write = WRITERS[verb];
  if (write === undefined)
    throw new CelError(
      `could not parse formatting clause: unrecognized formatting clause "${verb}"`,
    );
  const written = write(value, digits);
  if (written !== undefined) return written;
  const problem = clauseProblem(verb);
  throw new CelError(`error during formatting: ${problem}, was given ${runtimeName(value)}`);
}

function numberOf(value: CelValue): bigint | number | undefined {
  if (value instanceof Uint) return value.value;
  return typeof value === "bigint" || typeof value === "number" ? value : undefined;
}

function fixed(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : doubleText(value);
}

function hexOf(value: CelValue): string | undefined {
  const number = numberOf(value);
  if (typeof number === "bigint") return number.toString(16);
  if (typeof value === "string") return Buffer.from(value).toString("hex");
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : undefined;
}

function shownText(value: CelValue): string {
  if (value === null) return "null";
  if (typeof value === "number") return doubleText(value);
  if (typeof value !== "object") return String(value);
  if (isList(value)) return `[${value.map(quotedText).join(", ")}]`;
  if (isMap(value)) {
    const entries = value
      .keys()
      .map((key) => [quotedText(key), quotedText(value.get(key) ?? null)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, inner]) => `${key}:${inner}`).join(", ")}}`;
  }
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Timestamp) return timestampText(value);
  if (value instanceof Duration) return durationText(value);
  if (value instanceof TypeValue) return value.typeName;
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  throw new CelError(
    `error during formatting: ${clauseProblem("s")}, was given ${runtimeName(value)}`,
  );
}

/** A value inside of another one, as an expression would have it. */
function quotedText(value: CelValue): string {
  if (typeof value === "number" && Number.isFinite(value)) return fixed(value, DIGITS);
  const text = shownText(value);
  if (typeof value === "string" || typeof value === "number") return JSON.stringify(text);
  if (value instanceof Timestamp) return `timestamp(${JSON.stringify(text)})`;
  if (value instanceof Duration) return `duration(${JSON.stringify(text)})`;
  return value instanceof Uint8Array ? `b${JSON.stringify(text)}` : text;
}
