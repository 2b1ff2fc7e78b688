import { itemsOf, type JsonSchemaProps } from "../crd/json-schema-props.ts";
import { type Field, type ObjectType, SCHEMA, type Scalar, type Type } from "../schema.ts";

const METADATA = SCHEMA.object("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");

const SCALARS: Readonly<Record<string, Scalar>> = {
  boolean: "bool",
  integer: "int64",
  number: "double",
  string: "string",
};

const scalar = (name: Scalar): Type => ({ is: "scalar", scalar: name });

/** The objects of a structural schema, as far as apply must know them: what is owned one by one. */
export function typeOfResource(schema: JsonSchemaProps): ObjectType {
  return objectOf(schema, { isResource: true });
}

/** A kind of which nothing is declared. */
export const UNDESCRIBED: ObjectType = {
  is: "object",
  name: "",
  fields: new Map(),
  implied: [],
  nils: [],
  open: true,
};

function typeOf(schema: JsonSchemaProps): Type {
  switch (schema.type ?? "") {
    case "array": {
      const items = itemsOf(schema);
      return { is: "list", of: items ? typeOf(items) : scalar("raw"), ...relationsOf(schema) };
    }
    case "object": {
      const isResource = schema["x-kubernetes-embedded-resource"] === true;
      const { additionalProperties: others } = schema;
      if (typeof others === "object")
        return { is: "map", of: typeOf(others), ...relationsOf(schema) };
      return objectOf(schema, { isResource });
    }
    default:
      return scalar(SCALARS[schema.type ?? ""] ?? "raw");
  }
}

function objectOf(schema: JsonSchemaProps, { isResource }: { isResource: boolean }): ObjectType {
  const fields = new Map<string, Field>();
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    fields.set(name, {
      name,
      type: typeOf(property),
      pointer: true,
      ...("default" in property && { default: property.default }),
    });
  if (isResource) {
    for (const name of ["apiVersion", "kind"]) fields.set(name, { name, type: scalar("string") });
    fields.set("metadata", { name: "metadata", type: METADATA });
  }
  const open = schema["x-kubernetes-preserve-unknown-fields"] === true;
  const { mapType } = relationsOf(schema);
  return {
    is: "object",
    name: "",
    fields,
    implied: [],
    nils: [],
    open,
    ...(mapType && { mapType }),
  };
}

function relationsOf(schema: JsonSchemaProps): Pick<Field, "listType" | "listMapKeys" | "mapType"> {
  const listType = schema["x-kubernetes-list-type"];
  const listMapKeys = schema["x-kubernetes-list-map-keys"];
  const mapType = schema["x-kubernetes-map-type"];
  return {
    ...(listType && { listType }),
    ...(listMapKeys && { listMapKeys }),
    ...(mapType && { mapType }),
  };
}
