import type { JsonSchemaProps } from "./json-schema-props.ts";

/** The schema that a path of names leads to: `.spec.a`, `.map['key with dots']`. */
export function schemaAtPath(schema: JsonSchemaProps, path: string): JsonSchemaProps | undefined {
  let at: JsonSchemaProps | undefined = schema;
  let rest = path;
  while (rest !== "" && at !== undefined) {
    const [step, plain, quoted] = /^(?:\.([^.[\]]+)|\[(?:'((?:[^'\\]|\\.)*)')\])/.exec(rest) ?? [];
    if (step === undefined) return undefined;
    const name: string = plain ?? (quoted ?? "").replaceAll(/\\(.)/g, "$1");
    const inside: JsonSchemaProps | undefined = at.properties?.[name];
    const more: JsonSchemaProps["additionalProperties"] = at.additionalProperties;
    at = inside ?? (quoted !== undefined && typeof more === "object" ? more : undefined);
    rest = rest.slice(step.length);
  }
  return path === "" ? undefined : at;
}
