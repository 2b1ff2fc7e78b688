import type { ObjectType, Property, Scalar, Type } from "../schema.ts";

/** The part of JSON schema that Kubernetes' documents use. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly allOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly [extension: `x-kubernetes-${string}`]: unknown;
}

/** How a document of one OpenAPI version writes what the versions write differently. */
export interface Dialect {
  /** `#/definitions/` */
  readonly refPrefix: string;
  /** v3 knows alternatives and texts beside a reference only inside `allOf`. */
  readonly isV3: boolean;
}

/** A definition that a CustomResourceDefinition brought, or the list of it. */
export interface CustomDefinition {
  readonly is: "custom";
  readonly name: string;
  schema(dialect: Dialect): JsonSchema;
  /** What it refers to beside what the documents have of it already. */
  readonly refers: readonly (ObjectType | CustomDefinition)[];
}

export const V2: Dialect = { refPrefix: "#/definitions/", isV3: false };
export const V3: Dialect = { refPrefix: "#/components/schemas/", isV3: true };

const INLINE: Readonly<Partial<Record<Scalar, JsonSchema>>> = {
  bool: { type: "boolean" },
  bytes: { type: "string", format: "byte" },
  double: { type: "number", format: "double" },
  int32: { type: "integer", format: "int32" },
  int64: { type: "integer", format: "int64" },
  string: { type: "string" },
};

const MACHINERY = "io.k8s.apimachinery.pkg";
const EXTENSIONS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1";

/** Scalars that have a definition of their own, by which kubectl explain names them. */
const NAMED: Readonly<Partial<Record<Scalar, readonly [name: string, schema: JsonSchema]>>> = {
  duration: [
    `${MACHINERY}.apis.meta.v1.Duration`,
    { type: "string", description: "Duration is a span of time as Go writes it: 1h30m, 500ms." },
  ],
  fields: [
    `${MACHINERY}.apis.meta.v1.FieldsV1`,
    { type: "object", description: "FieldsV1 stores a set of fields in a JSON format." },
  ],
  intOrString: [
    `${MACHINERY}.util.intstr.IntOrString`,
    {
      type: "string",
      format: "int-or-string",
      description: "IntOrString holds an int32 or a string.",
    },
  ],
  json: [`${EXTENSIONS}.JSON`, { description: "JSON represents any valid JSON value." }],
  microTime: [
    `${MACHINERY}.apis.meta.v1.MicroTime`,
    {
      type: "string",
      format: "date-time",
      description: "MicroTime is an RFC 3339 time with microseconds.",
    },
  ],
  quantity: [
    `${MACHINERY}.api.resource.Quantity`,
    {
      type: "string",
      description: "Quantity is a fixed-point number with a decimal or binary suffix: 500m, 1Gi.",
    },
  ],
  raw: [
    `${MACHINERY}.runtime.RawExtension`,
    { type: "object", description: "RawExtension holds an object of any kind." },
  ],
  schemaOrArray: [
    `${EXTENSIONS}.JSONSchemaPropsOrArray`,
    { description: "JSONSchemaPropsOrArray is a JSONSchemaProps or a list of them." },
  ],
  schemaOrBool: [
    `${EXTENSIONS}.JSONSchemaPropsOrBool`,
    { description: "JSONSchemaPropsOrBool is a JSONSchemaProps or a boolean." },
  ],
  schemaOrStrings: [
    `${EXTENSIONS}.JSONSchemaPropsOrStringArray`,
    { description: "JSONSchemaPropsOrStringArray is a JSONSchemaProps or a list of strings." },
  ],
  time: [
    `${MACHINERY}.apis.meta.v1.Time`,
    { type: "string", format: "date-time", description: "Time is an RFC 3339 time in seconds." },
  ],
};

const V3_ALTERNATIVES: Readonly<Partial<Record<Scalar, JsonSchema>>> = {
  intOrString: { oneOf: [{ type: "integer" }, { type: "string" }], format: "int-or-string" },
  quantity: { oneOf: [{ type: "string" }, { type: "number" }] },
};

export function ref(name: string, { refPrefix }: Dialect): JsonSchema {
  return { $ref: `${refPrefix}${name}` };
}

function typeSchema(type: Type, dialect: Dialect): JsonSchema {
  switch (type.is) {
    case "object":
      return ref(type.name, dialect);
    case "list":
      return { type: "array", items: elementSchema(type.of, dialect) };
    case "map":
      return { type: "object", additionalProperties: elementSchema(type.of, dialect) };
    case "scalar": {
      const named = NAMED[type.scalar];
      return named ? ref(named[0], dialect) : { ...INLINE[type.scalar] };
    }
  }
}

/** Go's zero value as default, where a list or map holds structs or scalars by value. */
function elementSchema(type: Type, dialect: Dialect): JsonSchema {
  const schema = typeSchema(type, dialect);
  if (!dialect.isV3 || schema.$ref === undefined) return schema;
  return { allOf: [schema], ...(type.is === "object" && { default: {} }) };
}

function extensions(property: Omit<Property, "type">): Record<`x-kubernetes-${string}`, unknown> {
  const { patchStrategy, patchMergeKey, listType, listMapKeys, mapType } = property;
  return {
    ...(listMapKeys && { "x-kubernetes-list-map-keys": listMapKeys }),
    ...(listType && { "x-kubernetes-list-type": listType }),
    ...(mapType && { "x-kubernetes-map-type": mapType }),
    ...(patchMergeKey && { "x-kubernetes-patch-merge-key": patchMergeKey }),
    ...(patchStrategy && { "x-kubernetes-patch-strategy": patchStrategy }),
  };
}

/** What nearly every object is made of; the descriptions that we have of such fields are of their types. */
const PART_DESCRIPTIONS: Readonly<Record<string, string>> = {
  metadata: "Standard metadata of the object.",
  spec: "What is wanted.",
  status: "What was observed last. Read-only for users, the system writes it.",
  template: "What is made for each replica.",
};

function fieldSchema(
  {
    type,
    name,
    ...property
  }: Omit<Property, "type"> & { readonly type: Type; readonly name?: string },
  dialect: Dialect,
): JsonSchema {
  const schema = typeSchema(type, dialect);
  const description =
    property.description ??
    (type.is === "object" ? (PART_DESCRIPTIONS[name ?? ""] ?? type.description) : undefined);
  const isWrapped = dialect.isV3 && schema.$ref !== undefined;
  const implied = isWrapped && type.is === "object" && !property.pointer ? {} : undefined;
  const fallback = property.default ?? implied;
  return {
    ...(isWrapped ? { allOf: [schema] } : schema),
    ...(description !== undefined && { description }),
    ...(fallback !== undefined && { default: fallback }),
    ...extensions(property),
  };
}

/** A definition as a document shows it. */
export function objectSchema(object: ObjectType, dialect: Dialect): JsonSchema {
  const { description, required, kinds, mapType, unions, fields } = object;
  const properties = [...fields.values()].map(
    (field) => [field.name, fieldSchema(field, dialect)] as const,
  );
  return {
    ...(description && { description }),
    type: "object",
    ...(required && { required }),
    properties: Object.fromEntries(properties),
    ...(kinds && { "x-kubernetes-group-version-kind": kinds }),
    ...(mapType && { "x-kubernetes-map-type": mapType }),
    ...(unions && { "x-kubernetes-unions": unions }),
  };
}

const described = ({ description }: JsonSchema): JsonSchema =>
  description === undefined ? {} : { description };

function namedScalar(scalar: Scalar, { isV3 }: Dialect): readonly [string, JsonSchema] | undefined {
  const found = NAMED[scalar];
  if (found === undefined) return undefined;
  const [name, schema] = found;
  const alternatives = isV3 ? V3_ALTERNATIVES[scalar] : undefined;
  return [name, alternatives ? { ...alternatives, ...described(schema) } : schema];
}

/** The schemas of some objects and of all that they reach, by name. */
export function schemasReachedFrom(
  roots: Iterable<ObjectType | CustomDefinition>,
  dialect: Dialect,
): Record<string, JsonSchema> {
  const found = new Map<string, JsonSchema>();
  const pending: (Type | CustomDefinition)[] = [...roots];
  for (let type = pending.pop(); type !== undefined; type = pending.pop()) {
    if (type.is === "list" || type.is === "map") pending.push(type.of);
    else if (type.is === "scalar") {
      const named = namedScalar(type.scalar, dialect);
      if (named) found.set(...named);
    } else if (!found.has(type.name)) {
      pending.push(...define(found, type, dialect));
    }
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Adds a definition; answers what it refers to. */
function define(
  found: Map<string, JsonSchema>,
  type: ObjectType | CustomDefinition,
  dialect: Dialect,
): readonly (Type | CustomDefinition)[] {
  const isCustom = type.is === "custom";
  found.set(type.name, isCustom ? type.schema(dialect) : objectSchema(type, dialect));
  return isCustom ? type.refers : [...type.fields.values()].map((field) => field.type);
}
