import { isMap } from "./json-map.ts";

/** How a map or a list element takes part: `replace`, `delete`. */
export const PATCH = "$patch";
/** All keys that may stay; the others go. */
export const RETAIN_KEYS = "$retainKeys";
/** `$setElementOrder/containers`: the order of a list after the patch. */
export const SET_ELEMENT_ORDER = "$setElementOrder";
/** `$deleteFromPrimitiveList/finalizers`: values that leave a list. */
export const DELETE_FROM_LIST = "$deleteFromPrimitiveList";

/** The field that `$setElementOrder/containers` speaks of; undefined for another form. */
export function fieldOf(key: string, directive: string): string | undefined {
  return key.startsWith(`${directive}/`) ? key.slice(directive.length + 1) : undefined;
}

/** A map that says by `$patch` what to do, and is no content. */
export const isOrder = (element: unknown): boolean => isMap(element) && element.has(PATCH);

export const isDeletion = (element: unknown): boolean =>
  isMap(element) && element.get(PATCH) === "delete";

/** Takes the nulls out of all maps of a part of a patch; elements of lists stay. */
export function discardNulls(value: unknown): void {
  if (Array.isArray(value)) for (const element of value) discardNulls(element);
  if (!isMap(value)) return;
  for (const [key, child] of value)
    if (child === null) value.delete(key);
    else discardNulls(child);
}

/**
 * What is left of a part of a patch where there is nothing that it could be an order for: maps that
 * are one are gone; undefined where `value` is one. Maps are changed in place, as they are in the
 * patch that errors show.
 */
export function withoutOrders(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutOrders).filter((each) => each !== undefined);
  if (isOrder(value)) return undefined;
  if (isMap(value))
    for (const [key, child] of value) {
      const kept = withoutOrders(child);
      if (kept === undefined) value.delete(key);
      else value.set(key, kept);
    }
  return value;
}
