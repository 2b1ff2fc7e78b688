import { isJsonObject } from "../codec/json-value.ts";
import { type FieldError, invalid } from "../field-error.ts";
import { goFormat, goTypeOf } from "../patch/go-format.ts";
import type { ScalePaths } from "./definition.ts";
import { simplePath } from "./json-path.ts";

const MAX_REPLICAS = 2 ** 31 - 1;

/** What lies at a path; `value` is absent where nothing does, `error` says why it cannot be read. */
export type Reading<T> = { readonly value?: T } | { readonly error: string };

/** The whole number at a path of names such as `.spec.replicas`. */
export function integerAt(object: object, path: string): Reading<number> {
  return readingAt(object, path, (found) =>
    goTypeOf(found) === "int64"
      ? { value: Number(found) }
      : { error: mistyped(path, found, "int64") },
  );
}

/** The text at a path of names such as `.status.selector`. */
export function textAt(object: object, path: string): Reading<string> {
  return readingAt(object, path, (found) =>
    typeof found === "string" ? { value: found } : { error: mistyped(path, found, "string") },
  );
}

function readingAt<T>(
  object: object,
  path: string,
  read: (found: unknown) => Reading<T>,
): Reading<T> {
  let found: unknown = object;
  const passed: string[] = [];
  for (const name of simplePath(path)) {
    if (found === null) return {};
    passed.push(name);
    if (!isJsonObject(found)) {
      return { error: mistyped(`.${passed.join(".")}`, found, "map[string]interface{}") };
    }
    if (!Object.hasOwn(found, name) || found[name] === undefined) return {};
    found = found[name];
  }
  return read(found);
}

/** In the words of apimachinery's `unstructured` helpers. */
const mistyped = (path: string, found: unknown, expected: string): string =>
  `${path} accessor error: ${goFormat(found)} is of the type ${found === null ? "<nil>" : goTypeOf(found)}, expected ${expected}`;

/** Errors in the number of replicas that a custom object wants. */
export function validateScaleSpec(object: object, scale: ScalePaths | undefined): FieldError[] {
  return scale === undefined ? [] : replicasErrors(object, scale.specReplicasPath);
}

/** Errors in the number of replicas that a custom object has, and in their selector. */
export function validateScaleStatus(object: object, scale: ScalePaths | undefined): FieldError[] {
  if (scale === undefined) return [];
  const { statusReplicasPath, labelSelectorPath: path } = scale;
  const errors = replicasErrors(object, statusReplicasPath);
  if (path === undefined) return errors;
  const selector = textAt(object, path);
  if ("error" in selector) errors.push(invalid(path, { value: "", detail: selector.error }));
  return errors;
}

function replicasErrors(object: object, path: string): FieldError[] {
  const reading = integerAt(object, path);
  if ("error" in reading) return [invalid(path, { value: 0, detail: reading.error })];
  const { value = 0 } = reading;
  if (value < 0) return [invalid(path, { value, detail: "should be a non-negative integer" })];
  if (value <= MAX_REPLICAS) return [];
  return [invalid(path, { value, detail: `should be less than or equal to ${MAX_REPLICAS}` })];
}
