import { jsonText } from "#lib/json-text.ts";
import { apiVersionOf, type GroupVersionKind } from "../resource.ts";
import { SCHEMA } from "../schema.ts";
import { isJsonObject, type JsonObject } from "./json-value.ts";
import { parseApiVersion } from "./kinds.ts";
import {
  isInlined,
  messageOf,
  PROTOBUF_MESSAGES,
  type ProtobufField,
  wrappedList,
} from "./protobuf-table.ts";
import { ProtobufWriter } from "./protobuf-writer.ts";

const META = "k8s.io.apimachinery.pkg.apis.meta.v1";
const EXTENSIONS = "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1";
const MAGIC = Uint8Array.from([0x6b, 0x38, 0x73, 0x00]);

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const numberOf = (value: unknown): number | bigint =>
  typeof value === "number" || typeof value === "bigint" ? value : 0;

type Write = (writer: ProtobufWriter, value: unknown) => void;

/** Seconds and nanoseconds; the zero time is an empty message. */
const time: Write = (writer, value) => {
  const atMs = Date.parse(textOf(value));
  if (Number.isNaN(atMs)) return;
  const [fraction = ""] = /(?<=\.)\d+/.exec(textOf(value)) ?? [];
  writer.number(1, Math.floor(atMs / 1000));
  writer.number(2, Number(fraction.padEnd(9, "0").slice(0, 9)));
};

const raw: Write = (writer, value) => {
  if (value !== undefined && value !== null) writer.text(1, jsonText(value));
};

/** A schema, or what may stand in its place. */
const schemaOr =
  (rest: (writer: ProtobufWriter, value: unknown) => void): Write =>
  (writer, value) => {
    if (isJsonObject(value)) writer.bytes(1, encodeFields(`${EXTENSIONS}.JSONSchemaProps`, value));
    else rest(writer, value);
  };

/** Messages that are something else in JSON: the counterparts of `SPECIAL` in `protobuf.ts`. */
const SPECIAL: Readonly<Record<string, Write>> = {
  "k8s.io.apimachinery.pkg.api.resource.Quantity": (writer, value) =>
    writer.text(1, textOf(value) || "0"),
  "k8s.io.apimachinery.pkg.util.intstr.IntOrString": (writer, value) => {
    writer.number(1, typeof value === "string" ? 1 : 0);
    writer.number(2, numberOf(value));
    writer.text(3, textOf(value));
  },
  [`${META}.Time`]: time,
  [`${META}.MicroTime`]: time,
  [`${META}.Duration`]: (writer, value) => writer.number(1, nanoseconds(textOf(value))),
  [`${META}.FieldsV1`]: raw,
  [`${EXTENSIONS}.JSON`]: raw,
  "k8s.io.apimachinery.pkg.runtime.RawExtension": raw,
  [`${EXTENSIONS}.JSONSchemaPropsOrArray`]: schemaOr((writer, value) => {
    for (const schema of Array.isArray(value) ? value : [])
      writer.bytes(2, encodeFields(`${EXTENSIONS}.JSONSchemaProps`, schema));
  }),
  [`${EXTENSIONS}.JSONSchemaPropsOrBool`]: (writer, value) => {
    writer.number(1, value === false ? 0 : 1);
    if (isJsonObject(value)) writer.bytes(2, encodeFields(`${EXTENSIONS}.JSONSchemaProps`, value));
  },
  [`${EXTENSIONS}.JSONSchemaPropsOrStringArray`]: schemaOr((writer, value) => {
    for (const property of Array.isArray(value) ? value : []) writer.text(2, textOf(property));
  }),
};

const UNITS: Readonly<Record<string, number>> = {
  h: 3_600_000_000_000,
  m: 60_000_000_000,
  s: 1_000_000_000,
  ms: 1_000_000,
  us: 1000,
  µs: 1000,
  ns: 1,
};

/** Go's `1h2m3.5s`. */
function nanoseconds(text: string): number {
  const parts = text.matchAll(/([\d.]+)(h|ms|us|µs|ns|m|s)/g);
  const sum = [...parts].reduce(
    (all, [, count, unit]) => all + Number(count) * (UNITS[unit ?? ""] ?? 0),
    0,
  );
  return Math.round(text.startsWith("-") ? -sum : sum);
}

/** The fields of a message in the order in which Go writes them. */
const FIELDS = new Map(
  Object.entries(PROTOBUF_MESSAGES).map(
    ([message, fields]) => [message, fields.toSorted(([a], [b]) => a - b)] as const,
  ),
);

function encodeFields(message: string, value: unknown): Uint8Array {
  const writer = new ProtobufWriter();
  const special = SPECIAL[message];
  const list = wrappedList(message);
  if (special) special(writer, value);
  else if (list) writeField(writer, list, value);
  else {
    const object = isJsonObject(value) ? value : {};
    for (const field of FIELDS.get(message) ?? []) {
      if (isInlined(message, field)) writeInlined(writer, field, object);
      else writeField(writer, field, object[field[1]]);
    }
  }
  return writer.finish();
}

/** Fields that are the parent's own in JSON: a pointer is there where one of them is. */
function writeInlined(
  writer: ProtobufWriter,
  [number, , type, flags]: ProtobufField,
  parent: JsonObject,
): void {
  const isThere = (FIELDS.get(type) ?? []).some(([, name]) => parent[name] !== undefined);
  if (isThere || !flags.includes("p")) writer.bytes(number, encodeFields(type, parent));
}

function writeField(writer: ProtobufWriter, field: ProtobufField, value: unknown): void {
  const [number, , type, flags] = field;
  if (flags.includes("m")) writeMap(writer, field, value);
  else if (flags.includes("r"))
    for (const element of Array.isArray(value) ? value : [])
      writeOne(writer, { number, type }, element);
  else if (value !== undefined && value !== null) writeOne(writer, { number, type }, value);
  else if (!flags.includes("p") && type !== "bytes") writeOne(writer, { number, type }, undefined);
}

function writeMap(writer: ProtobufWriter, [number, , type]: ProtobufField, value: unknown): void {
  const entries = Object.entries(isJsonObject(value) ? value : {});
  for (const [key, element] of entries.sort(([a], [b]) => (a < b ? -1 : 1))) {
    writer.message(number, (entry) => {
      entry.text(1, key);
      writeOne(entry, { number: 2, type }, element);
    });
  }
}

/** One value; `undefined` is the zero of its type. */
function writeOne(
  writer: ProtobufWriter,
  { number, type }: { readonly number: number; readonly type: string },
  value: unknown,
): void {
  switch (type) {
    case "string":
      return writer.text(number, textOf(value));
    case "bytes":
      return writer.bytes(number, Buffer.from(textOf(value), "base64"));
    case "bool":
      return writer.number(number, value === true ? 1 : 0);
    case "double":
      return writer.double(number, Number(numberOf(value)));
    case "int32":
    case "int64":
      return writer.number(number, numberOf(value));
    default:
      return writer.bytes(number, encodeFields(type, value));
  }
}

/** The message of a kind, or of the list of a kind; `undefined` where it has none, as all that is defined by users. */
export function messageOfKind({ group, version, kind }: GroupVersionKind): string | undefined {
  // Status and DeleteOptions are `v1` on the wire, wherever they are from.
  const general = `${META}.${kind}`;
  if ((group === "" || group === "meta.k8s.io") && PROTOBUF_MESSAGES[general]) return general;
  const element = kind.endsWith("List") ? kind.slice(0, -"List".length) : kind;
  const type =
    SCHEMA.ofKind({ group, version, kind }) ?? SCHEMA.ofKind({ group, version, kind: element });
  if (type === undefined) return undefined;
  const message = messageOf(type.name);
  const named = message.endsWith(`.${kind}`) ? message : `${message}List`;
  return PROTOBUF_MESSAGES[named] && named;
}

/**
 * An object or a list as a protobuf body: `k8s\0` and a `runtime.Unknown`, byte for byte as Go
 * writes it.
 *
 * @throws TypeError for a kind that has no message.
 */
export function encodeProtobuf(object: JsonObject): Uint8Array<ArrayBuffer> {
  const { apiVersion, kind } = object;
  const groupVersion = parseApiVersion(textOf(apiVersion));
  const found = groupVersion && { ...groupVersion, kind: textOf(kind) };
  const message = found && messageOfKind(found);
  if (found === undefined || message === undefined)
    throw new TypeError(`There is no message for ${textOf(kind)}`);
  const unknown = new ProtobufWriter();
  unknown.message(1, (meta) => {
    meta.text(1, apiVersionOf(found));
    meta.text(2, found.kind);
  });
  unknown.bytes(2, encodeFields(message, object));
  unknown.text(3, "");
  unknown.text(4, "");
  return Buffer.concat([MAGIC, unknown.finish()]);
}

/** One event of a watch with the length before it, as `;stream=watch` wants it. */
export function encodeWatchEvent(type: string, object: JsonObject): Uint8Array {
  const event = new ProtobufWriter();
  event.text(1, type);
  event.message(2, (extension) => extension.bytes(1, encodeProtobuf(object)));
  const bytes = event.finish();
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
