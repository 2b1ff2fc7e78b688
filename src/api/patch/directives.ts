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

/**
 * A part of a patch where there is nothing to merge it with: without directives and nulls, and
 * without the maps that are an order themselves; undefined where it is one.
 */
export function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withoutDirectives).filter((element) => element !== undefined);
  }
  if (!isJsonObject(value)) return value;
  return PATCH in value ? undefined : contentOf(value);
}

/** What a map says beside its directives. */
export function contentOf(value: JsonObject): JsonObject {
  const kept = Object.entries(value).flatMap(([key, child]) => {
    const content = child === null || isDirective(key) ? undefined : withoutDirectives(child);
    return content === undefined ? [] : [[key, content] as const];
  });
  return Object.fromEntries(kept);
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
