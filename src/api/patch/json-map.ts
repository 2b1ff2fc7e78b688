/**
 * A JSON object to work on: no key of it means anything to the language, and it may change while it
 * is walked.
 */
export type JsonMap = Map<string, unknown>;

export const isMap = (value: unknown): value is JsonMap => value instanceof Map;

/** A copy whose objects are Maps. */
export function toMaps(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toMaps);
  return typeof value === "object" && value !== null ? toMap(value) : value;
}

export function toMap(object: object): JsonMap {
  return new Map(Object.entries(object).map(([key, child]) => [key, toMaps(child)]));
}

/** The copy as JSON again. */
export function fromMaps(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromMaps);
  return isMap(value) ? fromMap(value) : value;
}

export function fromMap(map: JsonMap): Record<string, unknown> {
  return Object.fromEntries([...map].map(([key, child]) => [key, fromMaps(child)]));
}
