import { isJsonObject, type JsonObject } from "../codec/json-value.ts";
import type { Parameter } from "./parameters.ts";
import type { JsonSchema } from "./schemas.ts";
import type { V2Document, V2Operation, V2Parameter } from "./v2-document.ts";

/** What another server's OpenAPI v2 document says about the paths below one. */
export type ForeignPart = Pick<V2Document, "paths" | "definitions">;

const METHODS: readonly string[] = ["delete", "get", "head", "options", "patch", "post", "put"];

/** Reads the part of a document that is about the paths below `base`; what makes no sense is left out. */
export function foreignPart(document: unknown, base: string): ForeignPart {
  const { paths, definitions } = isJsonObject(document) ? document : {};
  const below = entriesOf(paths).filter(([path]) => path === base || path.startsWith(`${base}/`));
  return {
    paths: Object.fromEntries(below.map(([path, item]) => [path, operationsOf(item)])),
    definitions: Object.fromEntries(
      entriesOf(definitions).map(([name, schema]) => [name, schemaOf(schema)]),
    ),
  };
}

/** A document with what other servers add to it; a definition that both have is the document's. */
export function withForeign(document: V2Document, parts: readonly ForeignPart[]): V2Document {
  if (parts.length === 0) return document;
  const paths = Object.assign({}, document.paths, ...parts.map((part) => part.paths));
  const definitions = Object.assign(
    {},
    ...parts.map((part) => part.definitions),
    document.definitions,
  );
  return { ...document, paths, definitions };
}

function entriesOf(value: unknown): readonly (readonly [string, JsonObject])[] {
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([name, child]) =>
    isJsonObject(child) ? [[name, child] as const] : [],
  );
}

const textIn = (value: JsonObject, name: string): string | undefined => {
  const found = value[name];
  return typeof found === "string" ? found : undefined;
};

const textsIn = (value: JsonObject, name: string): readonly string[] => {
  const found = value[name];
  return Array.isArray(found) ? found.filter((one) => typeof one === "string") : [];
};

function extensionsOf(value: JsonObject): object {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name.startsWith("x-")));
}

function operationsOf(item: JsonObject): Record<string, V2Operation> {
  const shared = parametersOf(item["parameters"]);
  return Object.fromEntries(
    entriesOf(item)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, operation]) => [method, operationOf(operation, shared)]),
  );
}

function operationOf(operation: JsonObject, shared: readonly V2Parameter[]): V2Operation {
  const responses = entriesOf(operation["responses"]).map(([code, response]) => {
    const { schema } = response;
    return [
      code,
      {
        description: textIn(response, "description") ?? "",
        ...(isJsonObject(schema) && { schema: schemaOf(schema) }),
      },
    ] as const;
  });
  const kind = operation["x-kubernetes-group-version-kind"];
  const named = isJsonObject(kind) ? kind : {};
  return {
    ...extensionsOf(operation),
    operationId: textIn(operation, "operationId") ?? "",
    description: textIn(operation, "description") ?? "",
    tags: textsIn(operation, "tags"),
    consumes: textsIn(operation, "consumes"),
    produces: textsIn(operation, "produces"),
    parameters: [...shared, ...parametersOf(operation["parameters"])],
    responses: Object.fromEntries(responses),
    "x-kubernetes-action": textIn(operation, "x-kubernetes-action") ?? "",
    "x-kubernetes-group-version-kind": {
      group: textIn(named, "group") ?? "",
      version: textIn(named, "version") ?? "",
      kind: textIn(named, "kind") ?? "",
    },
  };
}

const TYPES: readonly Parameter["type"][] = ["boolean", "integer", "string"];

function parametersOf(list: unknown): readonly V2Parameter[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((value: unknown): V2Parameter[] => {
    if (!isJsonObject(value)) return [];
    const required = value["required"] === true;
    const name = textIn(value, "name") ?? "";
    const place = value["in"];
    const { schema } = value;
    if (place === "body" && isJsonObject(schema)) {
      return [{ name: "body", in: "body", required, schema: schemaOf(schema) }];
    }
    if (place !== "path" && place !== "query") return [];
    const type = TYPES.find((one) => one === value["type"]) ?? "string";
    const description = textIn(value, "description") ?? "";
    return [{ name, in: place, required, type, description }];
  });
}

function schemaOf(value: JsonObject): JsonSchema {
  const { items, additionalProperties, properties, enum: values } = value;
  const text = (name: string) => {
    const found = textIn(value, name);
    return found === undefined ? {} : { [name]: found };
  };
  const required = textsIn(value, "required");
  return {
    ...extensionsOf(value),
    ...text("$ref"),
    ...text("type"),
    ...text("format"),
    ...text("description"),
    ...("default" in value && { default: value["default"] }),
    ...(required.length > 0 && { required }),
    ...(Array.isArray(values) && { enum: values }),
    ...(isJsonObject(items) && { items: schemaOf(items) }),
    ...(isJsonObject(additionalProperties) && {
      additionalProperties: schemaOf(additionalProperties),
    }),
    ...(isJsonObject(properties) && {
      properties: Object.fromEntries(
        entriesOf(properties).map(([name, child]) => [name, schemaOf(child)]),
      ),
    }),
  };
}
