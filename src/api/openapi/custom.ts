import { itemsOf, type JsonSchemaProps } from "../crd/json-schema-props.ts";
import type { GroupVersionKind } from "../resource.ts";
import { SCHEMA } from "../schema.ts";
import type { DescribedResource } from "./described-resource.ts";
import { besideRef, type CustomDefinition, type Dialect, type JsonSchema, ref } from "./schemas.ts";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";
const CONVENTIONS =
  "More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md";
const API_VERSION: JsonSchema = {
  type: "string",
  description: `APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. ${CONVENTIONS}#resources`,
};
const KIND: JsonSchema = {
  type: "string",
  description: `Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. ${CONVENTIONS}#types-kinds`,
};

/** The definition of a custom kind; undefined for a built-in one. */
export function customDefinition(resource: DescribedResource): CustomDefinition | undefined {
  const { custom, definition } = resource;
  if (custom === undefined) return undefined;
  return {
    is: "custom",
    name: definition,
    refers: [SCHEMA.object(`${META}.ObjectMeta`)],
    schema(dialect) {
      const own = dialect.isV3 ? asIs(custom.schema) : structureOf(custom.schema);
      return {
        ...own,
        type: "object",
        properties: {
          ...own.properties,
          apiVersion: API_VERSION,
          kind: KIND,
          metadata: reference(
            `${META}.ObjectMeta`,
            { description: `Standard object's metadata. ${CONVENTIONS}#metadata` },
            dialect,
          ),
        },
        "x-kubernetes-group-version-kind": [kindOf(resource)],
        ...(custom.selectableFields.length > 0 && {
          "x-kubernetes-selectable-fields": custom.selectableFields.map((path) => ({
            fieldPath: path.slice(1),
          })),
        }),
      };
    },
  };
}

/** The list of a custom kind. */
export function customListDefinition(
  resource: DescribedResource,
  element: CustomDefinition,
): CustomDefinition {
  const { kind, plural } = resource;
  return {
    is: "custom",
    name: `${element.name}List`,
    refers: [element, SCHEMA.object(`${META}.ListMeta`)],
    schema: (dialect) => ({
      description: `${kind}List is a list of ${kind}`,
      type: "object",
      required: ["items"],
      properties: {
        apiVersion: API_VERSION,
        items: {
          description: `List of ${plural}. ${CONVENTIONS}`,
          type: "array",
          items: ref(element.name, dialect),
        },
        kind: KIND,
        metadata: reference(
          `${META}.ListMeta`,
          { description: `Standard list metadata. ${CONVENTIONS}#types-kinds` },
          dialect,
        ),
      },
      "x-kubernetes-group-version-kind": [{ ...kindOf(resource), kind: `${kind}List` }],
    }),
  };
}

function kindOf({ group, version, kind }: GroupVersionKind): GroupVersionKind {
  return { group, version, kind };
}

function reference(name: string, beside: JsonSchema, dialect: Dialect): JsonSchema {
  return besideRef(ref(name, dialect), { beside, dialect });
}

/** JSONSchemaProps is a JSON schema already, and v3 knows all of it. */
function asIs(schema: JsonSchemaProps): JsonSchema {
  return schema as JsonSchema;
}

/**
 * The part of a schema that v2 knows, as kubectl before 1.29 reads it: no alternatives, nothing
 * below what may be null or anything.
 */
function structureOf(schema: JsonSchemaProps): JsonSchema {
  const { type, properties, additionalProperties, nullable, ...rest } = schema;
  const { allOf: _all, anyOf: _any, oneOf: _one, not: _not, default: _default, ...plain } = rest;
  const { items: _items, ...others } = plain;
  const items = itemsOf(schema);
  const isOpen = nullable === true || schema["x-kubernetes-preserve-unknown-fields"] === true;
  const hasType = type !== undefined && !nullable && !schema["x-kubernetes-int-or-string"];
  const entries = Object.entries(properties ?? {});
  return {
    ...asIs(others),
    ...(hasType && { type }),
    ...(items && !isOpen && { items: structureOf(items) }),
    ...(properties &&
      !isOpen && {
        properties: Object.fromEntries(
          entries.map(([name, property]) => [name, structureOf(property)]),
        ),
      }),
    ...(typeof additionalProperties === "object" && {
      additionalProperties: structureOf(additionalProperties),
    }),
  };
}
