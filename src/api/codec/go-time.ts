import { DecodeError } from "./decode-error.ts";

/** A moment in UTC and the digits of its fraction of a second. */
export interface GoTime {
  /** `2006-01-02T15:04:05` */
  readonly seconds: string;
  readonly fraction: string;
}

/** What stands between two numbers of a time, or the fraction that a layout asks for. */
type Part =
  | { readonly text: string }
  | {
      readonly name: string;
      readonly layout: string;
      readonly digits: RegExp;
      readonly range: [number, number];
    };

const two = (layout: string, name: string, range: [number, number]): Part => ({
  name,
  layout,
  digits: /^\d\d/,
  range,
});

const PARTS: readonly Part[] = [
  { name: "year", layout: "2006", digits: /^\d{4}/, range: [0, 9999] },
  { text: "-" },
  two("01", "month", [1, 12]),
  { text: "-" },
  two("02", "day", [0, 99]),
  { text: "T" },
  { name: "hour", layout: "15", digits: /^\d\d?/, range: [0, 23] },
  { text: ":" },
  two("04", "minute", [0, 59]),
  { text: ":" },
  two("05", "second", [0, 59]),
];
const ZONE = "Z07:00";
const MAX_ZONE = { hour: 24, minute: 60 };

/** Walks through a time as Go does, to say where it is none. */
class Reader {
  readonly #text: string;
  readonly #layout: string;
  #rest: string;

  constructor(text: string, layout: string) {
    this.#text = text;
    this.#layout = layout;
    this.#rest = text;
  }

  /** What comes next, if it is so. */
  take(expected: RegExp, layout: string): string {
    const found = this.find(expected);
    if (found === undefined) throw this.#unexpected(layout);
    return found;
  }

  skip(text: string): void {
    if (!this.#rest.startsWith(text)) throw this.#unexpected(text);
    this.#rest = this.#rest.slice(text.length);
  }

  find(expected: RegExp): string | undefined {
    const found = expected.exec(this.#rest)?.[0];
    if (found !== undefined) this.#rest = this.#rest.slice(found.length);
    return found;
  }

  end(): void {
    if (this.#rest !== "") throw this.refused(`extra text: ${JSON.stringify(this.#rest)}`);
  }

  refused(why: string): DecodeError {
    return new DecodeError(`parsing time ${JSON.stringify(this.#text)}: ${why}`);
  }

  #unexpected(layout: string): DecodeError {
    const [text, whole, rest, part] = [this.#text, this.#layout, this.#rest, layout].map((one) =>
      JSON.stringify(one),
    );
    return new DecodeError(`parsing time ${text} as ${whole}: cannot parse ${rest} as ${part}`);
  }
}

/** Minutes east of Greenwich. */
function readZone(reader: Reader): number {
  const text = reader.take(/^(?:Z|[+-]\d\d:\d\d)/, ZONE);
  if (text === "Z") return 0;
  const [hour = 0, minute = 0] = text.slice(1).split(":").map(Number);
  if (hour > MAX_ZONE.hour) throw reader.refused("time zone offset hour out of range");
  if (minute > MAX_ZONE.minute) throw reader.refused("time zone offset minute out of range");
  return (text.startsWith("-") ? -1 : 1) * (hour * 60 + minute);
}

function readNumbers(reader: Reader): number[] {
  const numbers: number[] = [];
  for (const part of PARTS) {
    if ("text" in part) {
      reader.skip(part.text);
      continue;
    }
    const { digits, layout, name, range } = part;
    const found = Number(reader.take(digits, layout));
    if (found < range[0] || found > range[1]) throw reader.refused(`${name} out of range`);
    numbers.push(found);
  }
  return numbers;
}

/**
 * Go's `time.Parse` with RFC 3339, or with the layout that has so many digits of a second.
 * @throws DecodeError in Go's words.
 */
export function parseGoTime(text: string, fractionDigits: number): GoTime {
  const asked = fractionDigits > 0 ? `.${"0".repeat(fractionDigits)}` : "";
  const reader = new Reader(text, `2006-01-02T15:04:05${asked}${ZONE}`);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = readNumbers(reader);
  const fraction =
    asked === ""
      ? (reader.find(/^[.,]\d+/) ?? "")
      : reader.take(new RegExp(`^[.,]\\d{${fractionDigits}}`), asked);
  const east = readZone(reader);
  reader.end();
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  if (at.getUTCDate() !== day) throw reader.refused("day out of range");
  at.setUTCHours(hour, minute - east, second);
  return { seconds: at.toISOString().replace(/\.\d+Z$/, ""), fraction: fraction.slice(1) };
}
