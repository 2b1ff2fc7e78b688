import { isJsonObject } from "../codec/json-value.ts";

/** RFC 7386. Neither value is changed; the result may share parts with both. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const result = new Map(Object.entries(isJsonObject(target) ? target : {}));
  for (const [name, value] of Object.entries(patch))
    if (value === null) result.delete(name);
    else result.set(name, applyMergePatch(result.get(name), value));
  return Object.fromEntries(result);
}
