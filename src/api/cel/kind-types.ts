import { celTypeOf } from "../crd/cel-schema.ts";
import type { CustomKind } from "../crd/custom-kind.ts";
import type { GroupVersionKind } from "../resource.ts";
import { type ObjectType, SCHEMA, type Scalar, type Type } from "../schema.ts";
import { objectOf } from "./object-types.ts";
import { BOOL, type CelType, DYN, INT, listOf, mapOf, STRING } from "./types.ts";

const META = SCHEMA.object("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");

/** The part of a resource row that says what its objects are. */
interface Kind extends GroupVersionKind {
  readonly custom?: Pick<CustomKind, "schema">;
}

/**
 * The type that the objects of a kind have in expressions: built-in ones by the release's schema,
 * custom ones by their own. Undefined where nothing is known of them.
 */
export function typeOfKind({ custom, ...gvk }: Kind): CelType | undefined {
  const { kind } = gvk;
  if (custom === undefined) {
    const object = SCHEMA.ofKind(gvk);
    return object && structType({ object, name: kind, within: [] });
  }
  const own = celTypeOf(custom.schema, kind);
  if (own.is !== "object") return own;
  const metadata = structType({ object: META, name: `${kind}.metadata`, within: [] });
  const resource = objectOf(kind, [
    ["apiVersion", STRING],
    ["kind", STRING],
    ["metadata", metadata],
  ]);
  return { ...own, fields: new Map([...own.fields, ...resource.fields]) };
}

interface Place {
  /** Tells object types apart. */
  readonly name: string;
  /** The definitions on the way here: one that is reached by way of itself shows nothing. */
  readonly within: readonly ObjectType[];
}

function structType({ object, name, within }: Place & { readonly object: ObjectType }): CelType {
  if (within.includes(object)) return objectOf(name, []);
  const inner = [...within, object];
  return objectOf(
    name,
    [...object.fields.values()].map((field) => [
      field.name,
      exposedType(field.type, { name: `${name}.${field.name}`, within: inner }),
    ]),
  );
}

/** None for what expressions do not get to see, nor lists and maps of it. */
function exposedType(type: Type, { name, within }: Place): CelType | undefined {
  switch (type.is) {
    case "object":
      return structType({ object: type, name, within });
    case "list": {
      const of = exposedType(type.of, { name: `${name}.@idx`, within });
      return of && listOf(of);
    }
    case "map": {
      const value = exposedType(type.of, { name: `${name}.@elem`, within });
      return value && mapOf(STRING, value);
    }
    case "scalar":
      return scalarType(type.scalar, name);
  }
}

function scalarType(scalar: Scalar, name: string): CelType | undefined {
  switch (scalar) {
    case "bool":
      return BOOL;
    case "bytes":
    case "double":
      return { is: scalar };
    case "int32":
    case "int64":
      return INT;
    case "duration":
    case "string":
      return STRING;
    case "microTime":
    case "time":
      return { is: "timestamp" };
    case "intOrString":
      return DYN;
    case "fields":
    case "raw":
      return objectOf(name, []);
    // OpenAPI knows alternatives of them, and no one type.
    case "json":
    case "quantity":
    case "schemaOrArray":
    case "schemaOrBool":
    case "schemaOrStrings":
      return undefined;
  }
}
