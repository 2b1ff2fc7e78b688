import type { Field, ObjectType, Scalar } from "../schema.ts";

/** A field of a struct, and what it holds. */
export interface HeldField {
  readonly field: Field;
  readonly value: unknown;
}

const ALLOWS: Field = { name: "allows", type: { is: "scalar", scalar: "bool" } };
const NAMES: Field = {
  name: "property",
  type: { is: "list", of: { is: "scalar", scalar: "string" } },
};

/**
 * What stands in the place of a JSON schema, a list of such, a truth or names, as Kubernetes' server
 * holds it: in a struct with a field for each (`JSONSchemaPropsOrArray` and the like).
 */
export function unionFields(
  scalar: Scalar,
  schema: ObjectType,
  value: unknown,
): readonly HeldField[] {
  const own = typeof value === "object" && !Array.isArray(value) ? value : undefined;
  const other = own === undefined ? value : undefined;
  const one = { field: { name: "schema", type: schema, pointer: true }, value: own };
  if (scalar === "schemaOrBool") return [{ field: ALLOWS, value: other ?? true }, one];
  if (scalar === "schemaOrStrings") return [one, { field: NAMES, value: other }];
  const many: Field = { name: "JSONSchemas", type: { is: "list", of: schema } };
  return [one, { field: many, value: other }];
}
