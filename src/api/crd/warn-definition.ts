import type { CustomResourceDefinition } from "./definition.ts";
import { isKnownFormat } from "./formats.ts";
import { isSchemaList, type JsonSchemaProps } from "./json-schema-props.ts";

/** Warns of formats that mean nothing, where an older version of the definition has not had them. */
export function warnOfDefinition(
  next: CustomResourceDefinition,
  current: CustomResourceDefinition | undefined,
): string[] {
  const before = new Set(current ? formatsOf(current) : []);
  const added = formatsOf(next).filter((format) => !before.has(format));
  return added.map((format) => `unrecognized format ${JSON.stringify(format)}`);
}

/** Kubernetes looks once at what all versions say alike. */
function formatsOf({ spec }: CustomResourceDefinition): readonly string[] {
  const schemas = (spec?.versions ?? []).map(({ schema }) => schema?.openAPIV3Schema ?? {});
  const [first] = schemas;
  const isShared = first && schemas.every((schema) => Bun.deepEquals(schema, first));
  return (isShared ? [first] : schemas).flatMap((schema) => [...unknownFormats(schema)]);
}

function* unknownFormats(schema: JsonSchemaProps): Iterable<string> {
  const { format = "", type, items, not, properties = {}, additionalProperties } = schema;
  if (format !== "" && !isKnownFormat(format, type)) yield format;
  const inside = [
    ...(items === undefined ? [] : isSchemaList(items) ? items : [items]),
    ...(schema.allOf ?? []),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
    ...(not ? [not] : []),
    ...Object.values(properties),
    ...(typeof additionalProperties === "object" ? [additionalProperties] : []),
  ];
  for (const one of inside) yield* unknownFormats(one);
}
