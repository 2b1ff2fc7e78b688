import { jsonText } from "#lib/json-text.ts";

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** Where two JSON values differ, one line per path: `containers[0].name: "a" -> "b"`. */
export function differences(
  { current, next }: { current: unknown; next: unknown },
  path = "",
): string[] {
  if (Bun.deepEquals(current, next)) return [];
  if (!(isObject(current) && isObject(next)) || Array.isArray(current) !== Array.isArray(next)) {
    return [`${path}: ${shown(current)} -> ${shown(next)}`];
  }
  const keys = new Set([...Object.keys(current), ...Object.keys(next)]);
  return [...keys].flatMap((key) => {
    const dotted = path === "" ? key : `${path}.${key}`;
    const below = Array.isArray(current) ? `${path}[${key}]` : dotted;
    return differences({ current: current[key], next: next[key] }, below);
  });
}

const shown = (value: unknown): string => (value === undefined ? "undefined" : jsonText(value));
