/** How a quantity was written, and so how it is printed again. */
type Notation = "decimalSI" | "binarySI" | "decimalExponent";

const NANO = 1_000_000_000n;
/** Kubernetes caps what does not fit an int64. */
const MAX_NANOS = (2n ** 63n - 1n) * NANO;

const DECIMAL_SUFFIXES: readonly string[] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
const DECIMAL_UNITY = 3;
const BINARY_SUFFIXES: readonly string[] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

const WRITTEN = /^([+-]?)(\d+\.?\d*|\.\d+)(|[numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)$/;
/** Far beyond the cap already; a hostile exponent must not build a number of megabytes. */
const MAX_DIGITS = 400;

/** The text that Kubernetes rejects a malformed quantity with. */
export const QUANTITY_ERROR =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

interface Unit {
  readonly notation: Notation;
  /** Billionths in one of it, to be divided by `divisor`. */
  readonly nanos: bigint;
  readonly divisor: bigint;
}

const decimalUnits = DECIMAL_SUFFIXES.map((suffix, power): [string, Unit] => [
  suffix,
  { notation: "decimalSI", nanos: 1000n ** BigInt(power), divisor: 1n },
]);
const binaryUnits = BINARY_SUFFIXES.slice(1).map((suffix, power): [string, Unit] => [
  suffix,
  { notation: "binarySI", nanos: NANO * 1024n ** BigInt(power + 1), divisor: 1n },
]);
const UNITS: ReadonlyMap<string, Unit> = new Map([...decimalUnits, ...binaryUnits]);

/** The unit of `e3` or `E-3`, unless it is out of all bounds. */
function exponentUnit(suffix: string): Unit | undefined {
  const exponent = Number(suffix.slice(1));
  if (Math.abs(exponent) > MAX_DIGITS) return undefined;
  const power = 10n ** BigInt(Math.abs(exponent));
  const notation = "decimalExponent";
  if (exponent < 0) return { notation, nanos: NANO, divisor: power };
  return { notation, nanos: NANO * power, divisor: 1n };
}

/** Away from zero, as Kubernetes rounds what is finer than it keeps. */
function divideUp(value: bigint, by: bigint): bigint {
  if (by === 1n) return value;
  const quotient = value / by;
  if (quotient * by === value) return quotient;
  return value > 0n ? quotient + 1n : quotient - 1n;
}

const cap = (nanos: bigint) => {
  if (nanos > MAX_NANOS) return MAX_NANOS;
  return nanos < -MAX_NANOS ? -MAX_NANOS : nanos;
};

/**
 * An amount of a resource, exact to a billionth: `500m`, `1Gi`, `1e3`. Immutable. Printed in the
 * canonical form: no fraction, and the largest unit that needs none.
 */
export class Quantity {
  static readonly zero = new Quantity(0n, "decimalSI");

  readonly #nanos: bigint;
  readonly #notation: Notation;

  private constructor(nanos: bigint, notation: Notation) {
    this.#nanos = nanos;
    this.#notation = notation;
  }

  /** The quantity that `text` stands for, or undefined where it is none. */
  static tryParse(text: string | number): Quantity | undefined {
    const match = WRITTEN.exec(String(text));
    if (match === null) return undefined;
    const [, sign, digits = "", suffix = ""] = match;
    const unit = UNITS.get(suffix) ?? exponentUnit(suffix);
    if (unit === undefined || digits.length > MAX_DIGITS) return undefined;
    const [integer = "", fraction = ""] = digits.split(".");
    const amount = BigInt(integer + fraction) * unit.nanos;
    const nanos = divideUp(amount, unit.divisor * 10n ** BigInt(fraction.length));
    return new Quantity(cap(sign === "-" ? -nanos : nanos), unit.notation);
  }

  /** Throws a RangeError where `text` is no quantity. */
  static parse(text: string | number): Quantity {
    const quantity = Quantity.tryParse(text);
    if (quantity === undefined) throw new RangeError(QUANTITY_ERROR);
    return quantity;
  }

  /** In billionths. */
  get nanos(): bigint {
    return this.#nanos;
  }

  /** In thousandths, rounded up: cpu. */
  get milli(): bigint {
    return divideUp(this.#nanos, NANO / 1000n);
  }

  /** In whole units, rounded up: bytes, counts. */
  get value(): bigint {
    return divideUp(this.#nanos, NANO);
  }

  get isWhole(): boolean {
    return this.#nanos % NANO === 0n;
  }

  compare(other: Quantity): -1 | 0 | 1 {
    if (this.#nanos === other.#nanos) return 0;
    return this.#nanos < other.#nanos ? -1 : 1;
  }

  plus(other: Quantity): Quantity {
    return new Quantity(cap(this.#nanos + other.#nanos), this.#notationWith(other));
  }

  minus(other: Quantity): Quantity {
    return new Quantity(cap(this.#nanos - other.#nanos), this.#notationWith(other));
  }

  toString(): string {
    if (this.#notation !== "binarySI" || !this.isWhole) return this.#decimalText();
    const { value } = this;
    return value <= -1024n || value >= 1024n ? binaryText(value) : this.#decimalText();
  }

  toJSON(): string {
    return this.toString();
  }

  #notationWith(other: Quantity): Notation {
    return this.#nanos === 0n ? other.#notation : this.#notation;
  }

  #decimalText(): string {
    if (this.#nanos === 0n) return "0";
    let mantissa = this.#nanos;
    let power = 0;
    while (mantissa % 1000n === 0n && power < DECIMAL_SUFFIXES.length - 1) {
      mantissa /= 1000n;
      power += 1;
    }
    if (this.#notation !== "decimalExponent") return `${mantissa}${DECIMAL_SUFFIXES[power] ?? ""}`;
    const exponent = 3 * (power - DECIMAL_UNITY);
    return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`;
  }
}

function binaryText(value: bigint): string {
  let mantissa = value;
  let power = 0;
  while (mantissa % 1024n === 0n && power < BINARY_SUFFIXES.length - 1) {
    mantissa /= 1024n;
    power += 1;
  }
  return `${mantissa}${BINARY_SUFFIXES[power] ?? ""}`;
}

/** The canonical form, or the text itself where it is no quantity (validation says so then). */
export function canonicalQuantity(text: string | number): string {
  return Quantity.tryParse(text)?.toString() ?? String(text);
}

/** Thousandths as a number; 0 where there is no quantity. */
export function milliValue(text: string | undefined): number {
  return Number(Quantity.tryParse(text ?? "0")?.milli ?? 0n);
}

/** Bytes as a number; 0 where there is no quantity. */
export function byteValue(text: string | undefined): number {
  return Number(Quantity.tryParse(text ?? "0")?.value ?? 0n);
}
