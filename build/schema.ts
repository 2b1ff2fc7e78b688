/**
 * Generates what the API knows of types, for every definition that a served kind reaches:
 * `src/api/generated/schema.json`, exact types and pointers from the protobuf table, required fields,
 * merge keys and list types from Kubernetes' OpenAPI definitions, names of Go types from their table;
 * and `openapi.json.zst`, those definitions themselves. All inputs lie in `src/api/data`, whose README says where they are from.
 * `bun build/schema.ts` writes the files; a unit test fails when one is stale.
 */
import { join } from "node:path";
import {
  isInlined,
  messageOf,
  PROTOBUF_MESSAGES,
  type ProtobufField,
  wrappedList,
} from "../src/api/codec/protobuf-table.ts";
import { type JsonSchema, namesIn } from "../src/api/openapi/schemas.ts";
import type { GroupVersionKind } from "../src/api/resource.ts";
import { RESOURCES } from "../src/api/resources.ts";
import type { Definition, Property } from "../src/api/schema.ts";

const API = join(import.meta.dir, "../src/api");
const SOURCE = join(API, "data/kubernetes-openapi.json");
const GO_NAMES = join(API, "data/kubernetes-go-names.json");
export const SCHEMA_FILE: string = join(API, "generated/schema.json");
export const OPENAPI_FILE: string = join(API, "generated/openapi.json.zst");

/** What requests and answers carry beside the rows of the table and their subresources. */
const EXTRA_ROOTS = [
  "io.k8s.api.authentication.v1.TokenRequest",
  "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions",
  "io.k8s.apimachinery.pkg.apis.meta.v1.Status",
  "io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent",
];

const EXTENSIONS = "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1";

/** Messages that are a scalar in JSON. */
const SCALARS: Readonly<Record<string, string>> = {
  [`${EXTENSIONS}.JSON`]: "json",
  [`${EXTENSIONS}.JSONSchemaPropsOrArray`]: "schemaOrArray",
  [`${EXTENSIONS}.JSONSchemaPropsOrBool`]: "schemaOrBool",
  [`${EXTENSIONS}.JSONSchemaPropsOrStringArray`]: "schemaOrStrings",
  "k8s.io.apimachinery.pkg.api.resource.Quantity": "quantity",
  "k8s.io.apimachinery.pkg.apis.meta.v1.Duration": "duration",
  "k8s.io.apimachinery.pkg.apis.meta.v1.FieldsV1": "fields",
  "k8s.io.apimachinery.pkg.apis.meta.v1.MicroTime": "microTime",
  "k8s.io.apimachinery.pkg.apis.meta.v1.Time": "time",
  "k8s.io.apimachinery.pkg.runtime.RawExtension": "raw",
  "k8s.io.apimachinery.pkg.util.intstr.IntOrString": "intOrString",
};

/** Alpha fields of the models that the protobuf table has in another shape already; nobody serves them. */
const LEFT_OUT = ["io.k8s.api.core.v1.NodeAllocatableResourceClaimStatus.resources"];

/** The fields that columns of a table are described with, `io.k8s.api.batch.v1.CronJobSpec.schedule`. */
const DESCRIBING = new Set(
  RESOURCES.flatMap(({ columns }) => columns.map(({ description }) => description)).flatMap(
    (one) => (typeof one === "string" ? [] : `${one.definition}.${one.field}`),
  ),
);

/** Lists that Kubernetes requires and takes empty; it refuses all others that it requires. */
const MAY_BE_EMPTY = [
  "io.k8s.api.batch.v1.PodFailurePolicy.rules",
  "io.k8s.api.core.v1.LimitRangeSpec.limits",
  "io.k8s.api.storage.v1.CSINodeSpec.drivers",
];

/** What follows in a document's text of a field is not in Go's own, which tables show. */
const ENUM_TEXT = "\n\nPossible enum values:\n";

/** What documents refer to beside the types of kinds. */
const DOCUMENT_ROOTS = [
  "io.k8s.apimachinery.pkg.apis.meta.v1.APIGroup",
  "io.k8s.apimachinery.pkg.apis.meta.v1.APIGroupList",
  "io.k8s.apimachinery.pkg.apis.meta.v1.APIResourceList",
  "io.k8s.apimachinery.pkg.apis.meta.v1.APIVersions",
  "io.k8s.apimachinery.pkg.apis.meta.v1.Patch",
  "io.k8s.apimachinery.pkg.version.Info",
];

interface SourceSchema extends JsonSchema {
  readonly properties?: Readonly<Record<string, SourceSchema>>;
  readonly "x-kubernetes-group-version-kind"?: readonly GroupVersionKind[];
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-list-type"?: string;
  readonly "x-kubernetes-map-type"?: string;
  readonly "x-kubernetes-patch-merge-key"?: string;
  readonly "x-kubernetes-patch-strategy"?: string;
}

/** What Go calls fields, by their path `definition.field`. */
interface GoNames {
  /** The types whose names say more than their shapes. */
  readonly types: Readonly<Record<string, string>>;
  /** The structs in which fields of their parent are declared. */
  readonly embedded: Readonly<Record<string, string>>;
  /** The names of fields that say more than their JSON names with a capital letter. */
  readonly fields: Readonly<Record<string, string>>;
}

type Source = Readonly<Record<string, SourceSchema>>;

const definitionOf = (message: string): string =>
  message
    .replace(/^k8s\.io\./, "io.k8s.")
    .replace(/\.(apiextensions_apiserver|kube_aggregator)\./, (name) => name.replace("_", "-"));

/** The type of a field in Go's notation: `[]string`, `map[string]quantity`, `io.k8s.….PodSpec`. */
function typeOf([, name, type, flags, key]: ProtobufField): string {
  const element = elementType(type);
  if (flags.includes("r")) return `[]${element}`;
  if (!flags.includes("m")) return element;
  if (key !== "string") throw new Error(`${name} has map keys of type ${key}`);
  return `map[string]${element}`;
}

function elementType(type: string): string {
  if (!type.includes(".")) return type;
  const wrapped = wrappedList(type);
  return SCALARS[type] ?? (wrapped ? typeOf(wrapped) : definitionOf(type));
}

/** The fields of a message as JSON has them: inlined messages opened. */
function jsonFields(message: string): ProtobufField[] {
  const fields = PROTOBUF_MESSAGES[message];
  if (!fields) throw new Error(`The protobuf table has no ${message}`);
  return fields.flatMap((field) => (isInlined(message, field) ? jsonFields(field[2]) : [field]));
}

function sorted<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function propertyOf(
  { type, flags }: { type: string; flags: string },
  { source, isDescribed }: { source: SourceSchema; isDescribed: boolean },
): Property {
  const fallback = source.default;
  const description = source.description?.split(ENUM_TEXT, 1)[0];
  const patchStrategy = source["x-kubernetes-patch-strategy"];
  const patchMergeKey = source["x-kubernetes-patch-merge-key"];
  const listType = source["x-kubernetes-list-type"];
  const listMapKeys = source["x-kubernetes-list-map-keys"];
  const mapType = source["x-kubernetes-map-type"];
  return {
    type,
    ...(isDescribed && description !== undefined && { description }),
    ...(flags.includes("p") && { pointer: true }),
    ...(flags.includes("a") && { always: true }),
    ...(patchStrategy && { patchStrategy }),
    ...(patchMergeKey && { patchMergeKey }),
    ...(listType && { listType }),
    ...(listMapKeys && { listMapKeys }),
    ...(mapType && { mapType }),
    ...(fallback !== undefined && typeof fallback !== "object" && { default: fallback }),
  };
}

/** Go writes null for a list that is nil where it does not leave it out. Empty ones are nil: protobuf, as which Kubernetes keeps objects, has no other. */
function isNil(path: string, { type, always, pointer }: Property, isRequired: boolean): boolean {
  if (!type.startsWith("[]") || pointer || always !== true) return false;
  return !isRequired || MAY_BE_EMPTY.includes(path);
}

/** What the definition shows, in the order in which Go declares it, with the types of the message. */
function propertiesOf(
  definition: string,
  { source, names }: { source: SourceSchema; names: GoNames },
): Record<string, Property> {
  const shown = new Map(
    Object.entries(source.properties ?? {}).filter(
      ([name]) => !LEFT_OUT.includes(`${definition}.${name}`),
    ),
  );
  const declared = jsonFields(messageOf(definition));
  const envelope = TYPE_META.filter(([, name]) => declared.every(([, other]) => other !== name));
  const properties: Record<string, Property> = {};
  for (const field of [...envelope, ...declared]) {
    const [, name, , flags] = field;
    const property = shown.get(name);
    if (!property || !shown.delete(name)) continue;
    const path = `${definition}.${name}`;
    const shape = { type: typeOf(field), flags };
    const found = propertyOf(shape, { source: property, isDescribed: DESCRIBING.has(path) });
    const isRequired = source.required?.includes(name) ?? false;
    const nil = isNil(path, found, isRequired);
    properties[name] = { ...found, ...(nil && { nil }), ...goOf(path, names) };
  }
  const [unknown] = shown.keys();
  if (unknown !== undefined) throw new Error(`The protobuf table has no ${definition}.${unknown}`);
  return properties;
}

/** How Go calls a field and its type, where that says more than JSON does. */
function goOf(path: string, { types, embedded, fields }: GoNames) {
  const [goName, goType, embeddedIn] = [fields[path], types[path], embedded[path]];
  return {
    ...(goName && { goName }),
    ...(goType && { goType }),
    ...(embeddedIn && { embeddedIn }),
  };
}

/** They travel in the envelope of a protobuf body, not in its message. */
const TYPE_META: readonly ProtobufField[] = [
  [0, "kind", "string", ""],
  [0, "apiVersion", "string", ""],
];

function definitionFrom(name: string, { all, names }: { all: Source; names: GoNames }): Definition {
  const source = all[name];
  if (!source) throw new Error(`kubernetes-openapi.json has no ${name}`);
  const kinds = source["x-kubernetes-group-version-kind"];
  const mapType = source["x-kubernetes-map-type"];
  return {
    ...(source.required && { required: source.required }),
    ...(kinds && { kinds }),
    ...(mapType && { mapType }),
    properties: propertiesOf(name, { source, names }),
  };
}

/** Rows, their lists, the kinds of their subresources as far as OpenAPI has them, and the extras. */
function* roots(all: Source): Iterable<string> {
  const byKind = new Map<string, string>();
  for (const [name, { "x-kubernetes-group-version-kind": kinds = [] }] of Object.entries(all))
    for (const { group, version, kind } of kinds) byKind.set(`${group}/${version}/${kind}`, name);
  for (const { definition, subresources, verbs } of RESOURCES) {
    yield definition;
    if (verbs.includes("list")) yield `${definition}List`;
    for (const { group, version, kind } of subresources) {
      const found = byKind.get(`${group}/${version}/${kind}`);
      if (found) yield found;
    }
  }
  yield* EXTRA_ROOTS;
}

const readSource = async (): Promise<Source> => (await Bun.file(SOURCE).json()) as Source;

/** One entry a line, in a stable order. */
function linesOf(entries: Iterable<readonly [string, unknown]>): string {
  const lines = Object.entries(sorted(entries)).map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
  );
  return `{\n${lines.join(",\n")}\n}\n`;
}

/** Everything that is reached from some names, `next` saying what each leads to. */
function reached<T>(from: Iterable<string>, next: (name: string) => readonly [T, string[]]) {
  const found = new Map<string, T>();
  const pending = [...from];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (found.has(name)) continue;
    const [value, names] = next(name);
    found.set(name, value);
    pending.push(...names);
  }
  return found;
}

/** The type of a property, or of what it is a list or a map of. */
const innermost = ({ type }: Property): string => type.replace(/^(\[\]|map\[string\])+/, "");

/** The definitions, with a mark on each property that leads to a list which may be null. */
function markNils(definitions: ReadonlyMap<string, Definition>): Map<string, Definition> {
  const leading = new Set<string>();
  const leads = (property: Property): boolean => leading.has(innermost(property));
  for (let before = -1; before < leading.size; ) {
    before = leading.size;
    for (const [name, { properties }] of definitions)
      if (Object.values(properties).some((one) => one.nil || leads(one))) leading.add(name);
  }
  const marked = ({ properties, ...rest }: Definition): Definition => {
    const all = Object.entries(properties).map(
      ([name, one]) => [name, { ...one, ...(leads(one) && { leadsToNil: true }) }] as const,
    );
    return { ...rest, properties: Object.fromEntries(all) };
  };
  return new Map([...definitions].map(([name, definition]) => [name, marked(definition)]));
}

/** The text of `src/api/generated/schema.json`. */
export async function generateSchema(): Promise<string> {
  const all = await readSource();
  const names = (await Bun.file(GO_NAMES).json()) as GoNames;
  const found = reached(roots(all), (name) => {
    const definition = definitionFrom(name, { all, names });
    const types = Object.values(definition.properties).map(innermost);
    return [definition, types.filter((type) => type.includes("."))];
  });
  return linesOf(markNils(found));
}

/** The text within `src/api/generated/openapi.json.zst`. */
export async function generateOpenApi(): Promise<string> {
  const all = await readSource();
  return linesOf(
    reached([...roots(all), ...DOCUMENT_ROOTS], (name) => {
      const schema = all[name];
      if (!schema) throw new Error(`kubernetes-openapi.json has no ${name}`);
      return [schema, [...namesIn(schema)]];
    }),
  );
}

if (import.meta.main) {
  await Bun.write(SCHEMA_FILE, await generateSchema());
  await Bun.write(OPENAPI_FILE, Bun.zstdCompressSync(await generateOpenApi(), { level: 19 }));
}
