import { CelError } from "./errors.ts";
import { compare, runtimeName } from "./operators.ts";
import type { CelValue } from "./values.ts";

const COMPARABLE: readonly string[] = [
  ...["bool", "bytes", "double", "int", "string", "uint"],
  ...["google.protobuf.Duration", "google.protobuf.Timestamp"],
];

/** Elements in the order of their keys. @throws CelError where those have no order. */
export function sortByKeys(
  elements: readonly CelValue[],
  keys: readonly CelValue[],
): readonly CelValue[] {
  const [first] = keys;
  if (first === undefined) return elements;
  const type = runtimeName(first);
  if (!COMPARABLE.includes(type)) throw new CelError("list elements must be comparable");
  if (keys.some((key) => runtimeName(key) !== type))
    throw new CelError("list elements must have the same type");
  return elements
    .map((element, index) => ({ element, key: keys[index] ?? first }))
    .toSorted((a, b) => compare(a.key, b.key) ?? 0)
    .map(({ element }) => element);
}
