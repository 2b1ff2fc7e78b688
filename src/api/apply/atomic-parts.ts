import { isJsonObject } from "../codec/json-value.ts";
import type { ObjectType } from "../schema.ts";
import { isUntyped, type Place, placeOf, placeOfElements, structureOf } from "./place.ts";

/** The paths of the maps and lists in a configuration that are owned as a whole: `.spec.template`. */
export function atomicParts(type: ObjectType, applied: unknown): string[] {
  return [...inside({ type }, applied, "")];
}

function* inside(place: Place, value: unknown, path: string): Iterable<string> {
  const isList = Array.isArray(value);
  if ((!isList && !isJsonObject(value)) || isUntyped(place)) return;
  if (structureOf(place, value) === "leaf") yield path;
  if (isList) {
    for (const [index, element] of value.entries())
      yield* inside(placeOfElements(place), element, `${path}[${index}]`);
    return;
  }
  for (const [name, child] of Object.entries(value))
    yield* inside(placeOf(place, name), child, `${path}.${name}`);
}
