import type { KubeObject } from "#api/object.ts";

/** A deep copy of a JSON value; what comes out may be changed freely. */
export function cloneJson<T>(value: T): T;
export function cloneJson(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((element) => cloneJson(element));
  const copy: Record<string, unknown> = {};
  for (const [name, child] of Object.entries(value)) {
    if (child !== undefined) copy[name] = cloneJson(child);
  }
  return copy;
}

/** One top-level field of an object whose kind is not known here. */
export function field(object: KubeObject, name: "spec" | "status"): unknown {
  return Object.entries(object).find(([key]) => key === name)?.[1];
}

/** True when the JSON of both is the same, whatever the order of their fields. */
export function sameJson(a: unknown, b: unknown): boolean {
  return Bun.deepEquals(a, b);
}
