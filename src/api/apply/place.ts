import { isJsonObject, type JsonObject } from "../codec/json-value.ts";
import type { Field, Scalar } from "../schema.ts";
import { keyElement, valueElement } from "./path-element.ts";

/** A place in an object, as far as the schema knows it. A `Field` is one. */
export type Place = Pick<Field, "type"> &
  Partial<Pick<Field, "listType" | "listMapKeys" | "mapType">>;

/**
 * What owns what at a place: a leaf is owned as a whole, the entries of a map and of a list are
 * owned one by one.
 */
export type Structure = "leaf" | "map" | "list";

/** A place of which nothing is declared: maps are merged, all else is replaced. */
export const UNTYPED: Place = { type: { is: "scalar", scalar: "raw" } };

/** True where any JSON may be. */
export const isUntyped = ({ type }: Place): boolean =>
  type.is === "scalar" && UNTYPED_SCALARS.includes(type.scalar);

const UNTYPED_SCALARS: readonly Scalar[] = [
  "fields",
  "json",
  "raw",
  "schemaOrArray",
  "schemaOrBool",
  "schemaOrStrings",
];

export function structureOf(place: Place, value: unknown): Structure {
  const { type } = place;
  switch (type.is) {
    case "scalar":
      return isUntyped(place) && isJsonObject(value) ? "map" : "leaf";
    case "list": {
      const { listType = type.listType } = place;
      return listType === "map" || listType === "set" ? "list" : "leaf";
    }
    case "map":
    case "object":
      return (place.mapType ?? type.mapType) === "atomic" ? "leaf" : "map";
  }
}

/** The declared field, where the place is a struct that has it. */
export function declaredField({ type }: Place, name: string): Field | undefined {
  return type.is === "object" ? type.fields.get(name) : undefined;
}

/** Where an entry of a map that is no declared field stands. */
export function placeOfEntries({ type }: Place): Place {
  return type.is === "map" ? { type: type.of } : UNTYPED;
}

/** Where an entry of a map, declared or not, stands. */
export function placeOf(place: Place, name: string): Place {
  return declaredField(place, name) ?? placeOfEntries(place);
}

/** A map's own entry: keys may be called like what every object inherits. */
export function entryOf(entries: JsonObject, name: string): unknown {
  return Object.hasOwn(entries, name) ? entries[name] : undefined;
}

/** Where the elements of a list stand. */
export function placeOfElements({ type }: Place): Place {
  return type.is === "list" ? { type: type.of } : UNTYPED;
}

/** An element of a list that nothing tells from the others. */
export class KeylessElement extends Error {
  override readonly name = "KeylessElement";
}

/**
 * The path element of a list's element.
 * @throws KeylessElement when the element has none.
 */
export function elementOf(list: Place, value: unknown): string {
  const type = list.type.is === "list" ? list.type : undefined;
  const keys = list.listMapKeys ?? type?.listMapKeys ?? [];
  if (keys.length === 0) return setElement(value);
  if (value === null)
    throw new KeylessElement("associative list with keys may not have a null element");
  if (!isJsonObject(value))
    throw new KeylessElement("associative list with keys may not have non-map elements");
  const elements = placeOfElements(list);
  const found = keys.flatMap((key): [string, unknown][] => {
    const part = value[key] ?? defaultOf(declaredField(elements, key));
    return part === undefined ? [] : [[key, part]];
  });
  if (found.length > 0) return keyElement(found);
  const names = keys.map((key) => JSON.stringify(key)).join(" ");
  throw new KeylessElement(
    `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
  );
}

function setElement(value: unknown): string {
  if (value === null)
    throw new KeylessElement(
      "associative list without keys has an element that's an explicit null",
    );
  if (Array.isArray(value))
    throw new KeylessElement("not supported: associative list with lists as elements");
  if (typeof value === "object")
    throw new KeylessElement("associative list without keys has an element that's a map type");
  return valueElement(value);
}

/** What a key that is left out counts as. */
function defaultOf(field: Field | undefined): unknown {
  if (field === undefined || field.default !== undefined) return field?.default;
  return field.always && field.type.is === "scalar" ? ZEROS[field.type.scalar] : undefined;
}

/** What Go has in a struct's field that JSON leaves out; undefined where it has nothing either. */
export function absent(field: Field | undefined): unknown {
  if (field === undefined) return undefined;
  if (field.pointer) return field.always ? null : undefined;
  if (field.type.is === "object") return {};
  if (!field.always) return undefined;
  if (field.type.is === "scalar") return ZEROS[field.type.scalar];
  return field.type.is === "list" ? [] : null;
}

/** What Go has in a scalar that nobody set; nothing for those that are not values of their own. */
const ZEROS: Readonly<Partial<Record<Scalar, unknown>>> = {
  bool: false,
  double: 0,
  int32: 0,
  int64: 0,
  microTime: null,
  string: "",
  time: null,
};

/** The elements of a list by their path elements; several where a key is there more than once. */
export function indexed(list: Place, values: readonly unknown[]): Map<string, unknown[]> {
  const found = new Map<string, unknown[]>();
  for (const value of values) {
    const element = elementOf(list, value);
    const same = found.get(element);
    if (same === undefined) found.set(element, [value]);
    else same.push(value);
  }
  return found;
}

/** A map or null as what it holds. */
export const entriesOf = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});
/** A list or null as its elements. */
export const elementsOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : [];
