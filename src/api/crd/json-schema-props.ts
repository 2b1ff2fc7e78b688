/** A rule of `x-kubernetes-validations`. */
export interface ValidationRule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
  readonly fieldPath?: string;
  readonly optionalOldSelf?: boolean;
}

/** `apiextensions.k8s.io/v1` JSONSchemaProps as it travels: the schema of a version, at every depth. */
export interface JsonSchemaProps {
  readonly id?: string;
  readonly $schema?: string;
  readonly $ref?: string;
  readonly description?: string;
  readonly type?: string;
  readonly format?: string;
  readonly title?: string;
  readonly default?: unknown;
  readonly example?: unknown;
  readonly externalDocs?: { readonly description?: string; readonly url?: string };
  readonly maximum?: number;
  readonly exclusiveMaximum?: boolean;
  readonly minimum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly maxLength?: number;
  readonly minLength?: number;
  readonly pattern?: string;
  readonly maxItems?: number;
  readonly minItems?: number;
  readonly uniqueItems?: boolean;
  readonly multipleOf?: number;
  readonly enum?: readonly unknown[];
  readonly maxProperties?: number;
  readonly minProperties?: number;
  readonly required?: readonly string[];
  readonly items?: JsonSchemaProps | readonly JsonSchemaProps[];
  readonly allOf?: readonly JsonSchemaProps[];
  readonly oneOf?: readonly JsonSchemaProps[];
  readonly anyOf?: readonly JsonSchemaProps[];
  readonly not?: JsonSchemaProps;
  readonly properties?: Readonly<Record<string, JsonSchemaProps>>;
  readonly additionalProperties?: JsonSchemaProps | boolean;
  readonly patternProperties?: Readonly<Record<string, JsonSchemaProps>>;
  readonly dependencies?: Readonly<Record<string, JsonSchemaProps | readonly string[]>>;
  readonly additionalItems?: JsonSchemaProps | boolean;
  readonly definitions?: Readonly<Record<string, JsonSchemaProps>>;
  readonly nullable?: boolean;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-embedded-resource"?: boolean;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-list-type"?: string;
  readonly "x-kubernetes-map-type"?: string;
  readonly "x-kubernetes-validations"?: readonly ValidationRule[];
}

/** The schema of a list's elements; none where there is none or one per position. */
export function itemsOf({ items }: JsonSchemaProps): JsonSchemaProps | undefined {
  return items === undefined || isSchemaList(items) ? undefined : items;
}

/** True where each position of a list has a schema of its own, which no structural schema does. */
export function isSchemaList(
  items: JsonSchemaProps | readonly JsonSchemaProps[],
): items is readonly JsonSchemaProps[] {
  return Array.isArray(items);
}

/** What is known of the value of a property: nothing where it is neither declared nor in a map. */
export function propertyOf(schema: JsonSchemaProps, name: string): JsonSchemaProps | undefined {
  const { properties, additionalProperties } = schema;
  if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name];
  return typeof additionalProperties === "object" ? additionalProperties : undefined;
}

/** True where a property has a place in the schema, perhaps one without a schema of its own. */
export function hasProperty(schema: JsonSchemaProps, name: string): boolean {
  const { properties, additionalProperties } = schema;
  if (properties !== undefined && Object.hasOwn(properties, name)) return true;
  return additionalProperties !== undefined && additionalProperties !== false;
}

/** What every resource has, whatever its schema says. */
export const RESOURCE_FIELDS: readonly string[] = ["apiVersion", "kind", "metadata"];

/** Where a property is, seen from its object: `.name`; `[name]` where the schema does not name it. */
export function placeIn({ properties = {} }: JsonSchemaProps, name: string): string {
  return Object.hasOwn(properties, name) ? `.${name}` : `[${name}]`;
}
