import { jsonText } from "#lib/json-text.ts";
import { isJsonObject, type JsonObject } from "../codec/json-value.ts";
import { goFormat } from "../patch/go-format.ts";
import type { ObjectType, Scalar } from "../schema.ts";
import { elementText, fieldElement } from "./path-element.ts";
import {
  declaredField,
  elementOf,
  isUntyped,
  type Place,
  placeOf,
  placeOfElements,
  structureOf,
} from "./place.ts";

/** An applied configuration names each element once; an object that is there already may not. */
type Duplicates = "refused" | "allowed";

/** What is wrong with an applied configuration in the words of structured-merge-diff. */
export function appliedErrors(type: ObjectType, object: unknown): string[] {
  return errorsAt({ type }, object, "refused");
}

/** True for an object of which it can be told who owns what: its values are of their types. */
export function isOfType(type: ObjectType, object: unknown): boolean {
  return errorsAt({ type }, object, "allowed").length === 0;
}

/** One error as it is, several in a list. */
export function joinErrors(errors: readonly string[]): string {
  return errors.length === 1
    ? (errors[0] ?? "")
    : ["errors:", ...errors.map((error) => `  ${error}`)].join("\n");
}

/** `path: message`; the path grows on the way up. */
const located = (step: string, errors: readonly string[]): string[] =>
  errors.map((error) =>
    error.startsWith(".") || error.startsWith("[") ? step + error : `${step}: ${error}`,
  );

function errorsAt(place: Place, value: unknown, duplicates: Duplicates): string[] {
  if (value === null || value === undefined || isUntyped(place)) return [];
  switch (place.type.is) {
    case "scalar":
      return scalarErrors(place.type.scalar, value);
    case "list":
      return Array.isArray(value)
        ? elementErrors(place, value, duplicates)
        : [`expected list, got ${goValue(value)}`];
    case "map":
    case "object":
      return isJsonObject(value)
        ? entryErrors(place, value, duplicates)
        : [`expected map, got ${goValue(value)}`];
  }
}

function entryErrors(place: Place, value: JsonObject, duplicates: Duplicates): string[] {
  const isClosed = place.type.is === "object" && place.type.open !== true;
  return Object.entries(value).flatMap(([name, child]) => {
    const step = elementText(fieldElement(name));
    if (isClosed && declaredField(place, name) === undefined)
      return [`${step}: field not declared in schema`];
    return located(step, errorsAt(placeOf(place, name), child, duplicates));
  });
}

function elementErrors(place: Place, list: readonly unknown[], duplicates: Duplicates): string[] {
  const elements = placeOfElements(place);
  const seen = new Set<string>();
  const errors: string[] = [];
  const isKeyed = structureOf(place, list) === "list";
  for (const [index, child] of list.entries()) {
    const element = isKeyed ? keyOf(place, { index, child }) : `i:${index}`;
    if (typeof element !== "string") return [...errors, element.error];
    const step = elementText(element);
    if (seen.has(element) && duplicates === "refused")
      errors.push(`duplicate entries for key ${step}`);
    seen.add(element);
    errors.push(...located(step, errorsAt(elements, child, duplicates)));
  }
  return errors;
}

function keyOf(
  place: Place,
  { index, child }: { index: number; child: unknown },
): string | { error: string } {
  try {
    return elementOf(place, child);
  } catch (error) {
    return { error: `element ${index}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

type ScalarKind = "numeric" | "string" | "boolean" | "any scalar";

const SCALAR_KINDS: Readonly<Partial<Record<Scalar, ScalarKind>>> = {
  bool: "boolean",
  bytes: "string",
  double: "numeric",
  int32: "numeric",
  int64: "numeric",
  string: "string",
};

function scalarErrors(scalar: Scalar, value: unknown): string[] {
  const kind = SCALAR_KINDS[scalar] ?? "any scalar";
  switch (kind) {
    case "numeric":
      if (typeof value === "number" || typeof value === "bigint") return [];
      return [`expected numeric (int or float), got ${goTypeOf(value)}`];
    case "string":
      if (typeof value === "string") return [];
      return [`expected string, got &value.valueUnstructured{Value:${goLiteral(value)}}`];
    case "boolean":
      if (typeof value === "boolean") return [];
      return [`expected boolean, got ${goValue(value)}`];
    case "any scalar":
      return typeof value === "object" ? [`expected any scalar, got ${goValue(value)}`] : [];
  }
}

/** A value of structured-merge-diff as Go prints it with `%v`. */
const goValue = (value: unknown): string => `&{${goFormat(value)}}`;

function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return "[]interface {}";
  if (typeof value === "object") return "map[string]interface {}";
  return typeof value === "boolean" ? "bool" : typeof value;
}

/** A value as Go prints it with `%#v`. */
function goLiteral(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goLiteral).join(", ")}}`;
  if (!isJsonObject(value)) return value === null ? "interface {}(nil)" : jsonText(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  const texts = entries.map(([key, child]) => `${JSON.stringify(key)}:${goLiteral(child)}`);
  return `map[string]interface {}{${texts.join(", ")}}`;
}
