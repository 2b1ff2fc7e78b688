import { DecodeError } from "../codec/decode-error.ts";
import { isJsonObject, type JsonObject } from "../codec/json-value.ts";
import { parseApiVersion } from "../codec/kinds.ts";
import { normalize } from "../codec/normalize.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
import { validateMetadata } from "../metadata.ts";
import { dns1035Label } from "../names.ts";
import { sorted } from "../patch/go-format.ts";
import { type ObjectType, SCHEMA } from "../schema.ts";
import { itemsOf, type JsonSchemaProps, propertyOf } from "./json-schema-props.ts";

/**
 * Brings metadata into the form that Go would write it in. Answers the paths of what it does not know.
 * @throws DecodeError where it is no metadata.
 */
export function normalizeMetadata(resource: Record<string, unknown>, path = "metadata"): string[] {
  const { metadata } = resource;
  if (metadata === undefined) return [];
  const type = SCHEMA.object("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
  const { value, unknownFields } = normalizedMetadata(type, metadata ?? {});
  resource["metadata"] = value;
  return unknownFields.map((field) => `${path}.${field}`);
}

/** Of several things that are wrong, the one is told that comes first in Go's order of a map. */
function normalizedMetadata(type: ObjectType, metadata: unknown) {
  try {
    return normalize(type, metadata);
  } catch {
    return normalize(type, sorted(metadata));
  }
}

interface Embedded {
  readonly value: Record<string, unknown>;
  readonly path: string;
}

/** The resources inside a value, where its schema says that they are. */
export function* embeddedIn(
  value: unknown,
  schema: JsonSchemaProps | undefined,
  path = "",
): Iterable<Embedded> {
  if (schema === undefined || typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    for (const [index, element] of value.entries())
      yield* embeddedIn(element, items, `${path}[${index}]`);
    return;
  }
  if (!isJsonObject(value)) return;
  if (schema["x-kubernetes-embedded-resource"] && path !== "") yield { value, path };
  for (const [name, child] of Object.entries(value))
    yield* embeddedIn(child, propertyOf(schema, name), path === "" ? name : `${path}.${name}`);
}

/**
 * The same for a resource inside of another one. Answers the paths of what it does not know.
 * @throws DecodeError that names the place.
 */
export function normalizeEmbedded({ value: resource, path }: Embedded): string[] {
  const refuse = (name: string, problem: string): DecodeError => {
    const { message } = invalid(name, { value: resource[name], detail: problem });
    return new DecodeError(`${path}.${name}: ${message}`);
  };
  for (const name of ["apiVersion", "kind"])
    if (resource[name] !== undefined && typeof resource[name] !== "string")
      throw refuse(name, "must be a string");
  try {
    return normalizeMetadata(resource, `${path}.metadata`);
  } catch (error) {
    if (error instanceof DecodeError) throw refuse("metadata", error.message);
    throw error;
  }
}

/** True where a schema has place for embedded resources. */
export function holdsEmbedded(schema: JsonSchemaProps): boolean {
  const { properties = {}, additionalProperties } = schema;
  const items = itemsOf(schema);
  return (
    schema["x-kubernetes-embedded-resource"] === true ||
    Object.values(properties).some(holdsEmbedded) ||
    (typeof additionalProperties === "object" && holdsEmbedded(additionalProperties)) ||
    (items !== undefined && holdsEmbedded(items))
  );
}

/** Errors in the apiVersion, kind and metadata of the resources inside a value. */
export function validateEmbedded(value: unknown, schema: JsonSchemaProps): FieldError[] {
  return [...embeddedIn(value, schema)].flatMap(({ value: resource, path }) => [
    ...validateText(resource, { path, name: "apiVersion" }),
    ...validateText(resource, { path, name: "kind" }),
    ...validateKind(resource["kind"], `${path}.kind`),
    ...validateEmbeddedMetadata(resource["metadata"], `${path}.metadata`),
  ]);
}

function validateText(
  resource: JsonObject,
  { path, name }: { readonly path: string; readonly name: string },
): FieldError[] {
  const field = `${path}.${name}`;
  const value = resource[name];
  if (value === undefined) return [required(field)];
  if (typeof value !== "string") return [invalid(field, { value, detail: "must be a string" })];
  if (value === "") return [invalid(field, { value, detail: "must not be empty" })];
  if (name !== "apiVersion" || parseApiVersion(value) !== undefined) return [];
  return [invalid(field, { value, detail: `unexpected GroupVersion string: ${value}` })];
}

function validateKind(kind: unknown, field: string): FieldError[] {
  if (typeof kind !== "string" || kind === "") return [];
  const details = dns1035Label(kind.toLowerCase());
  if (details.length === 0) return [];
  const detail = `may have mixed case, but should otherwise match: ${details.join(",")}`;
  return [invalid(field, { value: kind, detail })];
}

function validateEmbeddedMetadata(metadata: unknown, field: string): FieldError[] {
  if (!isJsonObject(metadata)) return [];
  const namespaced = typeof metadata["namespace"] === "string" && metadata["namespace"] !== "";
  const name = typeof metadata["name"] === "string" ? metadata["name"] : "fakename";
  const named = { ...metadata, name };
  return validateMetadata(named, { namespaced, nameFormat: "pathSegment" }, field);
}
