import type { JsonSchemaProps } from "./json-schema-props.ts";

const ENDED = "unexpected end of JSON path";

interface Step {
  readonly name: string;
  readonly rest: string;
}

/**
 * The schema that a path of names leads to: `.spec.a`, `.map['key with dots']`; or what is wrong with
 * the path (apiextensions `ValidFieldPath`).
 */
export function schemaAtPath(
  schema: JsonSchemaProps,
  path: string,
  { allowsBrackets = true }: { readonly allowsBrackets?: boolean } = {},
): JsonSchemaProps | string {
  let at = schema;
  for (let rest = path; rest !== ""; ) {
    if (rest.startsWith("[") && !allowsBrackets) return "array notation is not allowed";
    const step = rest.startsWith("[") ? bracketed(rest) : dotted(rest);
    if (typeof step === "string") return step;
    const inside = fieldOf(at, step.name);
    if (inside === undefined) return "does not refer to a valid field";
    at = inside;
    rest = step.rest;
  }
  return at;
}

const TOKEN = /^(?:[.[\]]|'(?:[^'\\]|\\.)*'|[^.[\]]+)/s;

const tokenOf = (text: string): string => TOKEN.exec(text)?.[0] ?? "";

function dotted(text: string): Step | string {
  if (!text.startsWith(".")) return `expected [ or . but got: ${tokenOf(text)}`;
  const name = tokenOf(text.slice(1));
  return name === "" ? ENDED : { name, rest: text.slice(1 + name.length) };
}

function bracketed(text: string): Step | string {
  const token = tokenOf(text.slice(1));
  if (token === "") return ENDED;
  const [isQuoted, quoted = ""] = /^'(.*)'$/s.exec(token) ?? [];
  if (isQuoted === undefined) return `expected single quoted string but got ${token}`;
  const rest = text.slice(1 + token.length);
  const closing = tokenOf(rest);
  if (closing === "") return ENDED;
  if (closing !== "]") return `expected ] but got ${closing}`;
  return { name: quoted.replaceAll(/\\(.)/g, "$1"), rest: rest.slice(1) };
}

function fieldOf(
  { properties, additionalProperties }: JsonSchemaProps,
  name: string,
): JsonSchemaProps | undefined {
  if (properties !== undefined)
    return Object.hasOwn(properties, name) ? properties[name] : undefined;
  return typeof additionalProperties === "object" ? additionalProperties : undefined;
}
