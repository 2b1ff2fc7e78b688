import type { CelField, CelType } from "./types.ts";

const WORDS = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);

/** How an expression writes the name of a property; undefined where it cannot. */
export function escapedName(name: string): string | undefined {
  if (WORDS.has(name)) return `__${name}__`;
  if (!/^[A-Za-z_.\-/][\w.\-/]*$/.test(name)) return undefined;
  return name
    .replaceAll("__", "__underscores__")
    .replaceAll(".", "__dot__")
    .replaceAll("-", "__dash__")
    .replaceAll("/", "__slash__");
}

/** An object type of properties by their wire names; those without a type are not to be seen. */
export function objectOf(
  name: string,
  properties: Iterable<readonly [property: string, type: CelType | undefined]>,
): Extract<CelType, { is: "object" }> {
  const fields = new Map<string, CelField>();
  for (const [property, type] of properties) {
    const written = escapedName(property);
    if (written === undefined || type === undefined) continue;
    const field = { name: property, type };
    fields.set(written, field);
    // After a dot a reserved word is a name like any other.
    if (WORDS.has(property)) fields.set(property, field);
  }
  return { is: "object", name, fields };
}
