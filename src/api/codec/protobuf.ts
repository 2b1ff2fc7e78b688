import { DecodeError } from "./decode-error.ts";
import { decodeText, readJson } from "./json.ts";
import { MAX_DEPTH } from "./json-reader.ts";
import { BYTES, FIXED_64, ProtobufReader, VARINT } from "./protobuf-reader.ts";
import {
  isInlined,
  messageOf,
  PROTOBUF_MESSAGES,
  type ProtobufField,
  wrappedList,
} from "./protobuf-table.ts";
import { wholeNumber } from "./whole-number.ts";

type Json = Record<string, unknown>;

const MAGIC = [0x6b, 0x38, 0x73, 0x00];

export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  /** The message of that kind. */
  readonly raw: Uint8Array;
}

const META = "k8s.io.apimachinery.pkg.apis.meta.v1";
const EXTENSIONS = "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1";
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const count = (value: unknown): number => (typeof value === "number" ? value : 0);

function rfc3339(message: Json, fractionDigits: number): string | undefined {
  const seconds = count(message["seconds"]);
  const nanos = count(message["nanos"]);
  if (seconds === 0 && nanos === 0 && Object.keys(message).length === 0) return undefined;
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) throw new DecodeError(`time out of range: ${seconds}`);
  const whole = date.toISOString().replace(/\.\d+Z$/, "");
  const fraction = String(Math.floor(nanos)).padStart(9, "0").slice(0, fractionDigits);
  return fractionDigits === 0 ? `${whole}Z` : `${whole}.${fraction}Z`;
}

/** A duration as Go parses it; Go itself would print `1h0m0s` for `3600s`. */
const duration = (message: Json): string => `${count(message["duration"]) / 1e9}s`;

const rawJson = (bytes: unknown): unknown =>
  bytes instanceof Uint8Array && bytes.length > 0 ? readJson(bytes).value : null;

/** Messages that are something else in JSON. Byte fields arrive undecoded here. */
const SPECIAL: Readonly<Record<string, (message: Json) => unknown>> = {
  "k8s.io.apimachinery.pkg.api.resource.Quantity": (message) => text(message["string"]) || "0",
  "k8s.io.apimachinery.pkg.util.intstr.IntOrString": (message) =>
    count(message["type"]) === 1 ? text(message["strVal"]) : count(message["intVal"]),
  [`${META}.Time`]: (message) => rfc3339(message, 0),
  [`${META}.MicroTime`]: (message) => rfc3339(message, 6),
  [`${META}.Duration`]: duration,
  [`${META}.FieldsV1`]: (message) => rawJson(message["Raw"]),
  "k8s.io.apimachinery.pkg.runtime.RawExtension": (message) => rawJson(message["-"]),
  [`${EXTENSIONS}.JSON`]: (message) => rawJson(message["-"]),
  [`${EXTENSIONS}.JSONSchemaPropsOrArray`]: (message) =>
    message["schema"] ?? message["jSONSchemas"],
  [`${EXTENSIONS}.JSONSchemaPropsOrBool`]: (message) =>
    message["schema"] ?? message["allows"] ?? false,
  [`${EXTENSIONS}.JSONSchemaPropsOrStringArray`]: (message) =>
    message["schema"] ?? message["property"],
};

function scalarFrom(reader: ProtobufReader, type: string): unknown {
  switch (type) {
    case "string":
      return decodeText(reader.bytes());
    case "bytes":
      return reader.bytes();
    case "bool":
      return reader.varint() !== 0n;
    case "int32":
      return Number(BigInt.asIntN(32, reader.varint()));
    case "int64":
      return wholeNumber(reader.varint());
    case "double":
      return reader.double();
    default:
      throw new DecodeError(`unknown type ${type}`);
  }
}

/** Bytes and maps as JSON has them. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  return value instanceof Map ? Object.fromEntries(value) : value;
}

/** The table by field number. */
const FIELDS = new Map(
  Object.entries(PROTOBUF_MESSAGES).map(
    ([message, fields]) => [message, new Map(fields.map((field) => [field[0], field]))] as const,
  ),
);

const isNumeric = (type: string): boolean => ["bool", "double", "int32", "int64"].includes(type);

/** Numbers may come packed in bytes; everything else has one wire type. */
function checkWire([number, , type, flags]: ProtobufField, wire: number): void {
  const isScalar = isNumeric(type) && !flags.includes("m");
  const isPacked = flags.includes("r") && wire === BYTES;
  const expected = type === "double" ? FIXED_64 : VARINT;
  if (wire !== (isScalar ? expected : BYTES) && !(isScalar && isPacked))
    throw new DecodeError(`proto: wrong wireType = ${wire} for field ${number}`);
}

interface FieldOnWire {
  readonly field: ProtobufField;
  readonly reader: ProtobufReader;
  readonly wire: number;
  readonly depth: number;
}

function readMessage(name: string, bytes: Uint8Array, depth = 0): unknown {
  if (depth > MAX_DEPTH) throw new DecodeError("exceeded max depth");
  const json = readFields(new Map(), { name, bytes, depth });
  const special = SPECIAL[name];
  if (special) return special(Object.fromEntries(json));
  if (wrappedList(name)) return json.get("items") ?? [];
  return Object.fromEntries([...json].map(([key, value]) => [key, plain(value)]));
}

function readFields(
  json: Map<string, unknown>,
  { name, bytes, depth }: { name: string; bytes: Uint8Array; depth: number },
): Map<string, unknown> {
  const fields = FIELDS.get(name);
  const reader = new ProtobufReader(bytes);
  while (!reader.done) {
    const { field: number, wire } = reader.tag();
    const field = fields?.get(number);
    if (field === undefined) {
      reader.skip(wire);
      continue;
    }
    checkWire(field, wire);
    if (isInlined(name, field))
      readFields(json, { name: field[2], bytes: reader.bytes(), depth: depth + 1 });
    else readField(json, { field, reader, wire, depth });
  }
  return json;
}

function readField(json: Map<string, unknown>, { field, reader, wire, depth }: FieldOnWire): void {
  const [, name, type, flags] = field;
  if (flags.includes("m")) {
    const [key, value] = readMapEntry(type, reader.bytes(), depth);
    const entries = json.get(name);
    json.set(name, (entries instanceof Map ? entries : new Map()).set(key, value));
  } else if (!flags.includes("r")) {
    json.set(name, readOne(type, reader, depth));
  } else {
    const list = json.get(name);
    const elements = Array.isArray(list) ? list : [];
    elements.push(...readElements({ field, reader, wire, depth }));
    json.set(name, elements);
  }
}

/** One element, or many where numbers are packed. */
function readElements({ field: [, , type], reader, wire, depth }: FieldOnWire): unknown[] {
  const isPacked = wire === BYTES && isNumeric(type);
  if (!isPacked) return [plain(readOne(type, reader, depth))];
  const packed = new ProtobufReader(reader.bytes());
  const elements: unknown[] = [];
  while (!packed.done) elements.push(scalarFrom(packed, type));
  return elements;
}

function readMapEntry(
  type: string,
  bytes: Uint8Array,
  depth: number,
): [key: string, value: unknown] {
  const reader = new ProtobufReader(bytes);
  let key = "";
  let value: unknown = type.includes(".") ? readMessage(type, new Uint8Array(), depth + 1) : "";
  while (!reader.done) {
    const { field, wire } = reader.tag();
    if (field === 1) key = text(scalarFrom(reader, "string"));
    else if (field === 2) value = plain(readOne(type, reader, depth));
    else reader.skip(wire);
  }
  return [key, value];
}

function readOne(type: string, reader: ProtobufReader, depth: number): unknown {
  return type.includes(".")
    ? readMessage(type, reader.bytes(), depth + 1)
    : scalarFrom(reader, type);
}

/**
 * Opens the envelope of a protobuf body: `k8s\0` and a `runtime.Unknown`.
 *
 * @throws DecodeError
 */
export function openEnvelope(body: Uint8Array): Envelope {
  if (MAGIC.some((byte, at) => body[at] !== byte))
    throw new DecodeError(
      `provided data does not appear to be a protobuf message, expected prefix [${MAGIC.join(" ")}]`,
    );
  let meta = { apiVersion: "", kind: "" };
  let raw: Uint8Array = new Uint8Array();
  const reader = new ProtobufReader(body.subarray(MAGIC.length));
  while (!reader.done) {
    const { field, wire } = reader.tag();
    if (field === 1) meta = typeMeta(reader.bytes());
    else if (field === 2) raw = reader.bytes();
    else reader.skip(wire);
  }
  return { ...meta, raw };
}

function typeMeta(bytes: Uint8Array): Pick<Envelope, "apiVersion" | "kind"> {
  const reader = new ProtobufReader(bytes);
  const found = { apiVersion: "", kind: "" };
  while (!reader.done) {
    const { field, wire } = reader.tag();
    if (field === 1) found.apiVersion = text(scalarFrom(reader, "string"));
    else if (field === 2) found.kind = text(scalarFrom(reader, "string"));
    else reader.skip(wire);
  }
  return found;
}

/**
 * A message as wire JSON. Zero values that Go's encoder always writes are still there:
 * `normalize` drops them.
 *
 * @throws DecodeError
 */
export function decodeMessage(definition: string, raw: Uint8Array): unknown {
  return readMessage(messageOf(definition), raw);
}
