import { CelError, noOverload } from "../errors.ts";
import { define, type Overload } from "../functions.ts";
import { compare } from "../operators.ts";
import { type CelValue, isList, Uint } from "../values.ts";
import { list } from "./standard.ts";

const NUMBERS = ["int", "uint", "double"];

function greatest(values: readonly CelValue[], sign: 1 | -1): CelValue {
  const [first, ...others] = values;
  if (first === undefined) throw new CelError("math.@max(list) argument must not be empty");
  return others.reduce(
    (best, value) => ((compare(value, best) ?? 0) * sign > 0 ? value : best),
    first,
  );
}

function absolute(value: CelValue | undefined): CelValue {
  if (typeof value === "bigint") {
    if (value === -(2n ** 63n)) throw new CelError("integer overflow");
    return value < 0n ? -value : value;
  }
  if (typeof value === "number") return Math.abs(value);
  if (value instanceof Uint) return value;
  throw noOverload();
}

/** cel-go's math extension, as far as Kubernetes has it. */
export const MATH: readonly Overload[] = [
  ...(["greatest", "least"] as const).flatMap((name) => {
    const sign = name === "greatest" ? 1 : -1;
    return [
      define(`math_${name}(list<A>): A`, (values) => greatest(list(values), sign)),
      define(`math_${name}(A): A`, (value = null) =>
        isList(value) ? greatest(value, sign) : value,
      ),
      define(`math_${name}(dyn, dyn): dyn`, (...values) => greatest(values, sign)),
      define(`math_${name}(dyn, dyn, dyn): dyn`, (...values) => greatest(values, sign)),
      define(`math_${name}(dyn, dyn, dyn, dyn): dyn`, (...values) => greatest(values, sign)),
    ];
  }),
  ...NUMBERS.map((type) => define(`math_abs(${type}): ${type}`, absolute)),
  define("math_ceil(double): double", (value) => Math.ceil(Number(value))),
  define("math_floor(double): double", (value) => Math.floor(Number(value))),
  define("math_trunc(double): double", (value) => Math.trunc(Number(value))),
  define("math_isNaN(double): bool", (value) => Number.isNaN(Number(value))),
  define("math_isInf(double): bool", (value) => Math.abs(Number(value)) === Infinity),
  define("math_isFinite(double): bool", (value) => Number.isFinite(Number(value))),
];
