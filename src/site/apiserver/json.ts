import type { KubeObject } from "#api/object.ts";

/** A deep copy of a JSON value; what comes out may be changed freely. */
export function cloneJson<T>(value: T): T;
export function cloneJson(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((element) => cloneJson(element));
  const copy: Record<string, unknown> = {};
  for (const [name, child] of Object.entries(value)) {
    if (child === undefined) continue;
    if (name === "__proto__") define(copy, name, cloneJson(child));
    else copy[name] = cloneJson(child);
  }
  return copy;
}

/** The one name that an assignment takes for something else; a ConfigMap's key may be called so. */
function define(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}

/** One top-level field of an object whose kind is not known here. */
export function field(object: KubeObject, name: "spec" | "status"): unknown {
  return Object.entries(object).find(([key]) => key === name)?.[1];
}

/** True when the JSON of both is the same, whatever the order of their fields. */
export function sameJson(a: unknown, b: unknown): boolean {
  return Bun.deepEquals(a, b);
}
