import { ProtobufWriter } from "../codec/protobuf-writer.ts";
import type { JsonSchema } from "./schemas.ts";
import type { V2Document, V2Operation, V2Parameter } from "./v2-document.ts";

/** Field numbers of google/gnostic's OpenAPIv2.proto, which has not changed since 2015. */
const PATH_ITEM: Readonly<Record<string, number>> = {
  get: 2,
  put: 3,
  post: 4,
  delete: 5,
  options: 6,
  head: 7,
  patch: 8,
};

/** `Any` holds YAML; JSON is YAML. */
function writeAny(writer: ProtobufWriter, field: number, value: unknown): void {
  writer.message(field, (any) => any.string(2, `${JSON.stringify(value)}\n`));
}

function writeExtensions(writer: ProtobufWriter, field: number, owner: object): void {
  for (const [name, value] of Object.entries(owner))
    if (name.startsWith("x-"))
      writer.message(field, (extension) => {
        extension.string(1, name);
        writeAny(extension, 2, value);
      });
}

function writeSchema(writer: ProtobufWriter, schema: JsonSchema): void {
  const { type, items, additionalProperties, properties } = schema;
  writer.string(1, schema.$ref);
  writer.string(2, schema.format);
  writer.string(4, schema.description);
  if (schema.default !== undefined) writeAny(writer, 5, schema.default);
  for (const name of schema.required ?? []) writer.string(19, name);
  for (const value of schema.enum ?? []) writeAny(writer, 20, value);
  if (additionalProperties)
    writer.message(21, (item) =>
      item.message(1, (each) => writeSchema(each, additionalProperties)),
    );
  if (type !== undefined) writer.message(22, (item) => item.string(1, type));
  if (items) writer.message(23, (item) => item.message(1, (each) => writeSchema(each, items)));
  if (properties) writer.message(25, (all) => writeNamed(all, 1, properties));
  writeExtensions(writer, 31, schema);
}

function writeNamed(
  writer: ProtobufWriter,
  field: number,
  schemas: Readonly<Record<string, JsonSchema>>,
): void {
  for (const [name, schema] of Object.entries(schemas))
    writer.message(field, (named) => {
      named.string(1, name);
      named.message(2, (value) => writeSchema(value, schema));
    });
}

function writeParameter(writer: ProtobufWriter, parameter: V2Parameter): void {
  if (parameter.in === "body") {
    writer.message(1, (body) => {
      body.string(2, parameter.name);
      body.string(3, parameter.in);
      body.bool(4, parameter.required);
      body.message(5, (schema) => writeSchema(schema, parameter.schema));
    });
    return;
  }
  const isQuery = parameter.in === "query";
  writer.message(2, (nonBody) =>
    nonBody.message(isQuery ? 3 : 4, (each) => {
      each.bool(1, parameter.required);
      each.string(2, parameter.in);
      each.string(3, parameter.description);
      each.string(4, parameter.name);
      each.string(isQuery ? 6 : 5, parameter.type);
    }),
  );
}

function writeOperation(writer: ProtobufWriter, operation: V2Operation): void {
  for (const tag of operation.tags) writer.string(1, tag);
  writer.string(3, operation.description);
  writer.string(5, operation.operationId);
  for (const type of operation.produces) writer.string(6, type);
  for (const type of operation.consumes) writer.string(7, type);
  for (const parameter of operation.parameters)
    writer.message(8, (item) => item.message(1, (each) => writeParameter(each, parameter)));
  writer.message(9, () => undefined);
  writeExtensions(writer, 13, operation);
}

/** The document as a gnostic `openapi.v2.Document`. Responses, which no client reads, are left out. */
export function encodeGnostic(document: V2Document): Uint8Array<ArrayBuffer> {
  const writer = new ProtobufWriter();
  writer.string(1, document.swagger);
  writer.message(2, (info) => {
    info.string(1, document.info.title);
    info.string(2, document.info.version);
  });
  writer.message(8, (paths) => {
    for (const [path, methods] of Object.entries(document.paths))
      paths.message(2, (named) => {
        named.string(1, path);
        named.message(2, (item) => {
          for (const [method, operation] of Object.entries(methods))
            if (operation)
              item.message(PATH_ITEM[method] ?? 0, (each) => writeOperation(each, operation));
        });
      });
  });
  writer.message(9, (definitions) => writeNamed(definitions, 1, document.definitions));
  return writer.finish();
}
