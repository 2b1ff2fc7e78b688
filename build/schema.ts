/**
 * Generates `src/api/generated/schema.json`: every definition that a served kind reaches.
 * Descriptions come from the model classes of @kubernetes/client-node, exact types and pointers
 * from the protobuf table, required fields, merge keys and list types from the OpenAPI extensions.
 * `bun build/schema.ts` writes the file; a unit test fails when it is stale.
 */
import { join } from "node:path";
import {
  isInlined,
  messageOf,
  PROTOBUF_MESSAGES,
  type ProtobufField,
  wrappedList,
} from "../src/api/codec/protobuf-table.ts";
import type { GroupVersionKind } from "../src/api/resource.ts";
import { RESOURCES } from "../src/api/resources.ts";
import type { Definition, Property } from "../src/api/schema.ts";
import { loadModels, type Model } from "./schema-models.ts";

export const SCHEMA_FILE = join(import.meta.dir, "../src/api/generated/schema.json");
const DATA = join(import.meta.dir, "../src/api/data");

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

/** Defaults that tell the entries of a list apart and that the extensions do not have. */
const KEY_DEFAULTS: Readonly<Record<string, string>> = {
  "io.k8s.api.core.v1.ContainerPort.protocol": "TCP",
  "io.k8s.api.core.v1.LocalObjectReference.name": "",
  "io.k8s.api.core.v1.ServicePort.protocol": "TCP",
};

interface PropertyExtension {
  readonly "patch-strategy"?: string;
  readonly "patch-merge-key"?: string;
  readonly "list-type"?: string;
  readonly "list-map-keys"?: readonly string[];
  readonly "map-type"?: string;
  readonly default?: unknown;
}

interface Extension {
  readonly required?: readonly string[];
  readonly "x-kubernetes-group-version-kind"?: readonly GroupVersionKind[];
  readonly "x-kubernetes-map-type"?: string;
  readonly "x-kubernetes-unions"?: readonly unknown[];
  readonly properties?: Readonly<Record<string, PropertyExtension>>;
}

interface Sources {
  readonly extensions: Readonly<Record<string, Extension>>;
  readonly models: ReadonlyMap<string, Model>;
}

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
  { description, extension }: { description: string; extension: PropertyExtension },
): Property {
  return {
    type,
    ...(description !== "" && { description }),
    ...(flags.includes("p") && { pointer: true }),
    ...(flags.includes("a") && { always: true }),
    ...(extension["patch-strategy"] && { patchStrategy: extension["patch-strategy"] }),
    ...(extension["patch-merge-key"] && { patchMergeKey: extension["patch-merge-key"] }),
    ...(extension["list-type"] && { listType: extension["list-type"] }),
    ...(extension["list-map-keys"] && { listMapKeys: extension["list-map-keys"] }),
    ...(extension["map-type"] && { mapType: extension["map-type"] }),
    ...("default" in extension && { default: extension.default }),
  };
}

/** What the model shows, with the types of the message; a message may be ahead of the model. */
function propertiesOf(
  sources: Sources,
  definition: string,
  model: Model,
): Record<string, Property> {
  const fields = new Map(
    jsonFields(messageOf(definition)).map((field) => [field[1], field] as const),
  );
  const extensions = sources.extensions[definition]?.properties ?? {};
  const names = Object.keys(model.properties).filter(
    (name) => !LEFT_OUT.includes(`${definition}.${name}`),
  );
  const properties = names.map((name) => {
    const description = model.properties[name] ?? "";
    const field = fields.get(name) ?? typeMeta(name);
    if (!field) throw new Error(`The protobuf table has no ${definition}.${name}`);
    const shape = { type: typeOf(field), flags: field[3] };
    const key = KEY_DEFAULTS[`${definition}.${name}`];
    const extension = { ...extensions[name], ...(key !== undefined && { default: key }) };
    return [name, propertyOf(shape, { description, extension })] as const;
  });
  return sorted(properties);
}

/** `apiVersion` and `kind` travel in the envelope of a protobuf body, not in its message. */
function typeMeta(name: string): ProtobufField | undefined {
  return name === "apiVersion" || name === "kind" ? [0, name, "string", ""] : undefined;
}

function modelOf({ models }: Sources, definition: string): Model {
  const [group = "", version = "", kind = ""] = definition.split(".").slice(-3);
  const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
  const name = `${capital(version)}${kind}`;
  const model = models.get(name) ?? models.get(`${capital(group)}${name}`);
  if (!model && jsonFields(messageOf(definition)).length === 0)
    return { description: "", properties: {} };
  if (!model) throw new Error(`No model class for ${definition}`);
  return model;
}

function definitionFrom(sources: Sources, name: string): Definition {
  const model = modelOf(sources, name);
  const extension = sources.extensions[name] ?? {};
  return {
    ...(model.description !== "" && { description: model.description }),
    ...(extension.required && { required: extension.required }),
    ...(extension["x-kubernetes-group-version-kind"] && {
      kinds: extension["x-kubernetes-group-version-kind"],
    }),
    ...(extension["x-kubernetes-map-type"] && { mapType: extension["x-kubernetes-map-type"] }),
    ...(extension["x-kubernetes-unions"] && { unions: extension["x-kubernetes-unions"] }),
    properties: propertiesOf(sources, name, model),
  };
}

/** Rows, their lists, the kinds of their subresources as far as OpenAPI has them, and the extras. */
function* roots({ extensions }: Sources): Iterable<string> {
  const byKind = new Map<string, string>();
  for (const [name, { "x-kubernetes-group-version-kind": kinds = [] }] of Object.entries(
    extensions,
  ))
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

/** The text of `src/api/generated/schema.json`: one definition a line, in a stable order. */
export async function generateSchema(): Promise<string> {
  const json = async (file: string): Promise<unknown> => Bun.file(join(DATA, file)).json();
  const sources = {
    extensions: (await json("kubernetes-openapi-extensions.json")) as Sources["extensions"],
    models: await loadModels(),
  };
  const found = new Map<string, Definition>();
  const pending = [...roots(sources)];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (found.has(name)) continue;
    const definition = definitionFrom(sources, name);
    found.set(name, definition);
    for (const { type } of Object.values(definition.properties)) {
      const base = type.replace(/^(\[\]|map\[string\])+/, "");
      if (base.includes(".")) pending.push(base);
    }
  }
  const lines = Object.entries(sorted(found)).map(
    ([name, definition]) => `${JSON.stringify(name)}:${JSON.stringify(definition)}`,
  );
  return `{\n${lines.join(",\n")}\n}\n`;
}

if (import.meta.main) await Bun.write(SCHEMA_FILE, await generateSchema());
