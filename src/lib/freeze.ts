/** Filled in by the build script. */
declare const EDGESITE_BUILD: object | undefined;

/**
 * JavaScriptCore keeps a frozen array as a hash table: 160 bytes more each, and slower to read. The
 * binary that ships does without; everything else, tests among it, finds out who changes a list.
 */
const FREEZES_LISTS = typeof EDGESITE_BUILD === "undefined";

/**
 * Freezes a JSON value through and through and returns it; its lists only where the program is not
 * the built one. Nobody may change them all the same. Bytes inside stay as they are.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    if (FREEZES_LISTS) Object.freeze(value);
    for (const element of value) deepFreeze(element);
    return value;
  }
  if (Object.isFrozen(value) || ArrayBuffer.isView(value)) return value;
  Object.freeze(value);
  for (const name in value) deepFreeze(value[name]);
  return value;
}
