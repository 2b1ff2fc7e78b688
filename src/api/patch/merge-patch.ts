import { isJsonObject, type JsonObject } from "../codec/json-value.ts";

/** What a patch says where there is nothing to merge with: no map of it has a null, in lists neither. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).filter(([, child]) => child !== null);
  return Object.fromEntries(kept.map(([name, child]) => [name, withoutNulls(child)]));
}

/**
 * RFC 7386 as Kubernetes reads it, which takes the nulls out of lists that replace something else
 * than an object, too. Neither value is changed; the result may share parts with both.
 */
export function applyMergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const result = new Map(Object.entries(target));
  for (const [name, value] of Object.entries(patch)) {
    const found = result.get(name);
    if (value === null) result.delete(name);
    else if (!isJsonObject(found)) result.set(name, withoutNulls(value));
    else result.set(name, isJsonObject(value) ? applyMergePatch(found, value) : value);
  }
  return Object.fromEntries(result);
}
