import { isJsonObject, type JsonObject } from "../codec/json-value.ts";

/** How a map or a list element takes part: `replace`, `delete`, `merge`. */
export const PATCH = "$patch";
/** All keys that may stay; the others go. */
export const RETAIN_KEYS = "$retainKeys";
/** `$setElementOrder/containers`: the order of a list after the patch. */
export const SET_ELEMENT_ORDER = "$setElementOrder/";
/** `$deleteFromPrimitiveList/finalizers`: values that leave a list. */
export const DELETE_FROM_LIST = "$deleteFromPrimitiveList/";

export function isDirective(key: string): boolean {
  return (
    key === PATCH ||
    key === RETAIN_KEYS ||
    key.startsWith(SET_ELEMENT_ORDER) ||
    key.startsWith(DELETE_FROM_LIST)
  );
}

const isMarker = (element: unknown): boolean =>
  isJsonObject(element) && (element[PATCH] === "delete" || element[PATCH] === "replace");

/** A part of a patch where there is nothing to merge it with: without directives and nulls. */
export function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value))
    return value.filter((element) => !isMarker(element)).map(withoutDirectives);
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).filter(([key, child]) => child !== null && !isDirective(key));
  return Object.fromEntries(kept.map(([key, child]) => [key, withoutDirectives(child)]));
}

/** The fields that a patch speaks of, by value or by directive. */
export function fieldsOfPatch(patch: JsonObject): Set<string> {
  const names = Object.keys(patch).filter((key) => key !== PATCH && key !== RETAIN_KEYS);
  return new Set(
    names.map((key) =>
      isDirective(key) ? key.replace(SET_ELEMENT_ORDER, "").replace(DELETE_FROM_LIST, "") : key,
    ),
  );
}
