import { jsonText } from "#lib/json-text.ts";
import { isJsonObject, sorted } from "../codec/json-value.ts";
import { duplicate, type FieldError, invalid } from "../field-error.ts";
import { itemsOf, type JsonSchemaProps, placeIn, propertyOf } from "./json-schema-props.ts";

/** Errors in lists that are sets or maps: elements and keys that stand twice. */
export function validateListTypes(
  value: unknown,
  schema: JsonSchemaProps | undefined,
  path = "",
): FieldError[] {
  if (schema === undefined) return [];
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    return [
      ...duplicatesIn(value, schema, path),
      ...value.flatMap((element, index) => validateListTypes(element, items, `${path}[${index}]`)),
    ];
  }
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([name, child]) =>
    validateListTypes(
      child,
      propertyOf(schema, name),
      `${path}${placeIn(schema, name)}`.replace(/^\./, ""),
    ),
  );
}

function duplicatesIn(
  elements: readonly unknown[],
  schema: JsonSchemaProps,
  path: string,
): FieldError[] {
  const type = schema["x-kubernetes-list-type"];
  if (type !== "set" && type !== "map") return [];
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const stray = elements.findIndex((element) => element !== null && !isJsonObject(element));
  if (type === "map" && stray !== -1) {
    const detail = "must be an object for an array of list-type map";
    return [invalid(`${path}[${stray}]`, { value: elements[stray], detail })];
  }
  const seen = new Map<string, number>();
  return elements.flatMap((element, index) => {
    const identity = type === "set" ? element : mapKeyOf(element, keys);
    const shown = sorted(identity);
    const text = jsonText(shown);
    const times = seen.get(text) ?? 0;
    seen.set(text, times + 1);
    // However often it stands there, that is said once.
    return times === 1 ? [duplicate(`${path}[${index}]`, shown)] : [];
  });
}

/** The keys of an element of a list that is a map. */
function mapKeyOf(element: unknown, keys: readonly string[]): Record<string, unknown> {
  if (!isJsonObject(element)) return {};
  return Object.fromEntries(keys.filter((key) => key in element).map((key) => [key, element[key]]));
}

/** Finds the earlier version of an element: only lists that are maps say which that is. */
export function correlate(schema: JsonSchemaProps, old: unknown): (element: unknown) => unknown {
  const isMap = schema["x-kubernetes-list-type"] === "map";
  if (!isMap || !Array.isArray(old)) return () => undefined;
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const keyOf = (element: unknown): string => jsonText(sorted(mapKeyOf(element, keys)));
  const known = new Map(old.map((each: unknown) => [keyOf(each), each]));
  return (element) => known.get(keyOf(element));
}
