import type { ObjectType } from "../schema.ts";

/** The part of JSON schema that Kubernetes' documents use. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly allOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  /** What v2 says in the place of this schema, where it cannot say the same. */
  readonly "x-kubernetes-v2-schema"?: JsonSchema;
  readonly [extension: `x-kubernetes-${string}`]: unknown;
}

/** Kubernetes' own definitions by name; a `$ref` in them is such a name. */
export type Definitions = Readonly<Record<string, JsonSchema>>;

/** How a document of one OpenAPI version writes what the versions write differently. */
export interface Dialect {
  /** `#/definitions/` */
  readonly refPrefix: string;
  /** v3 knows defaults, alternatives, and texts beside a reference only where it is inside `allOf`. */
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

export function ref(name: string, { refPrefix }: Dialect): JsonSchema {
  return { $ref: `${refPrefix}${name}` };
}

/** Every name that a definition refers to. */
export function* namesIn(schema: JsonSchema): Iterable<string> {
  const { $ref, items, additionalProperties, properties } = schema;
  if ($ref !== undefined) yield $ref;
  if (items) yield* namesIn(items);
  if (additionalProperties) yield* namesIn(additionalProperties);
  for (const property of Object.values(properties ?? {})) yield* namesIn(property);
}

/** A definition as a document shows it, in the way that kube-openapi's builders make it of theirs. */
export function shown(schema: JsonSchema, dialect: Dialect): JsonSchema {
  const { "x-kubernetes-v2-schema": ofV2, ...ofV3 } = schema;
  const {
    $ref,
    items,
    additionalProperties,
    properties,
    default: fallback,
    ...plain
  } = dialect.isV3 ? ofV3 : (ofV2 ?? ofV3);
  const children = Object.entries(properties ?? {}).map(
    ([name, property]) => [name, shown(property, dialect)] as const,
  );
  const beside: JsonSchema = {
    ...plain,
    ...(dialect.isV3 && fallback !== undefined && { default: fallback }),
    ...(items && { items: shown(items, dialect) }),
    ...(additionalProperties && { additionalProperties: shown(additionalProperties, dialect) }),
    ...(properties && { properties: Object.fromEntries(children) }),
  };
  return $ref === undefined ? beside : besideRef(ref($ref, dialect), { beside, dialect });
}

/** A reference with what is said beside it. */
export function besideRef(
  target: JsonSchema,
  { beside, dialect }: { beside: JsonSchema; dialect: Dialect },
): JsonSchema {
  const isWrapped = dialect.isV3 && Object.keys(beside).length > 0;
  return isWrapped ? { allOf: [target], ...beside } : { ...target, ...beside };
}

/**
 * The schemas of some definitions and of all that they reach, by name.
 * @throws TypeError for a name that `definitions` does not have.
 */
export function schemasReachedFrom(
  roots: Iterable<string | ObjectType | CustomDefinition>,
  { definitions, dialect }: { definitions: Definitions; dialect: Dialect },
): Record<string, JsonSchema> {
  const found = new Map<string, JsonSchema>();
  const pending: (string | CustomDefinition)[] = [...roots].map(nameOrCustom);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const name = typeof next === "string" ? next : next.name;
    if (found.has(name)) continue;
    if (typeof next === "string") {
      const definition = definitions[name];
      if (!definition) throw new TypeError(`No OpenAPI definition ${name}: run build/schema.ts`);
      found.set(name, shown(definition, dialect));
      pending.push(...namesIn(definition));
    } else {
      found.set(name, next.schema(dialect));
      pending.push(...next.refers.map(nameOrCustom));
    }
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const nameOrCustom = (type: string | ObjectType | CustomDefinition): string | CustomDefinition =>
  typeof type === "string" || type.is === "custom" ? type : type.name;
