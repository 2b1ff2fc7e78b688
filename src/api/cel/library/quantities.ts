import { Quantity } from "../../quantity.ts";
import { CelError, noOverload } from "../errors.ts";
import { define, type Overload } from "../functions.ts";
import { toInt } from "../operators.ts";
import type { CelValue } from "../values.ts";
import { int, text } from "./standard.ts";

const quantity = (value: CelValue | undefined): Quantity => {
  if (value instanceof Quantity) return value;
  throw noOverload();
};

function parse(value: string): Quantity {
  const parsed = Quantity.tryParse(value);
  if (parsed) return parsed;
  throw new CelError(
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  );
}

const added = (sign: 1 | -1) => (a: CelValue | undefined, b: CelValue | undefined) => {
  const other = b instanceof Quantity ? b : parse(String(int(b)));
  return sign === 1 ? quantity(a).plus(other) : quantity(a).minus(other);
};

/** Kubernetes' quantities: `quantity("1Gi").isGreaterThan(quantity("500Mi"))`. */
export const QUANTITIES: readonly Overload[] = [
  define("quantity(string): quantity", (value) => parse(text(value))),
  define("isQuantity(string): bool", (value) => Quantity.tryParse(text(value)) !== undefined),
  define("quantity.isInteger(): bool", (value) => quantity(value).isWhole),
  define("quantity.asInteger(): int", (value) => {
    if (!quantity(value).isWhole) throw new CelError("cannot convert value to integer");
    return toInt(quantity(value).value);
  }),
  define("quantity.asApproximateFloat(): double", (value) => approximate(quantity(value))),
  define("sign(quantity): int", (value) => BigInt(quantity(value).compare(Quantity.zero))),
  define("quantity.add(quantity): quantity", added(1)),
  define("quantity.add(int): quantity", added(1)),
  define("quantity.sub(quantity): quantity", added(-1)),
  define("quantity.sub(int): quantity", added(-1)),
  define("quantity.isLessThan(quantity): bool", (a, b) => quantity(a).compare(quantity(b)) < 0),
  define("quantity.isGreaterThan(quantity): bool", (a, b) => quantity(a).compare(quantity(b)) > 0),
  define("quantity.compareTo(quantity): int", (a, b) => BigInt(quantity(a).compare(quantity(b)))),
];

function approximate(value: Quantity): number {
  return value.isWhole ? Number(value.value) : Number(value.milli) / 1000;
}
