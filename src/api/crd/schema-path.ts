import type { JsonSchemaProps } from "./json-schema-props.ts";

const NO_FIELD = "does not refer to a valid field";
const ENDED = "unexpected end of JSON path";

/**
 * The schema that a path of names leads to: `.spec.a`, `.map['key with dots']`; or what is wrong with
 * the path (apiextensions `ValidFieldPath`).
 */
export function schemaAtPath(
  schema: JsonSchemaProps,
  path: string,
  { allowsBrackets = true }: { readonly allowsBrackets?: boolean } = {},
): JsonSchemaProps | string {
  const tokens = path.match(/[.[\]]|'(?:[^'\\]|\\[^])*'|[^.[\]]+/g) ?? [];
  let at = schema;
  for (let next = 0; next < tokens.length; next += 1) {
    const opening = tokens[next];
    if (opening !== "." && opening !== "[") return `expected [ or . but got: ${opening}`;
    const isBracketed = opening === "[";
    if (isBracketed && !allowsBrackets) return "array notation is not allowed";
    next += 1;
    const token = tokens[next];
    if (token === undefined) return ENDED;
    const [isQuoted, quoted = ""] = /^'([^]*)'$/.exec(token) ?? [];
    if (isBracketed && isQuoted === undefined)
      return `expected single quoted string but got ${token}`;
    const inside = fieldOf(at, isBracketed ? quoted.replaceAll(/\\(.)/g, "$1") : token);
    if (inside === undefined) return NO_FIELD;
    at = inside;
    if (!isBracketed) continue;
    next += 1;
    if (tokens[next] === undefined) return ENDED;
    if (tokens[next] !== "]") return `expected ] but got ${tokens[next]}`;
  }
  return at;
}

function fieldOf(
  { properties, additionalProperties }: JsonSchemaProps,
  name: string,
): JsonSchemaProps | undefined {
  if (properties !== undefined)
    return Object.hasOwn(properties, name) ? properties[name] : undefined;
  return typeof additionalProperties === "object" ? additionalProperties : undefined;
}
