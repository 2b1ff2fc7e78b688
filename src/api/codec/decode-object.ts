import type { KubeObject } from "../object.ts";
import { apiVersionOf, type GroupVersionKind } from "../resource.ts";
import { type ObjectType, SCHEMA } from "../schema.ts";
import { badRequest, type StatusError } from "../status.ts";
import { DecodeError } from "./decode-error.ts";
import { readJson } from "./json.ts";
import { isJsonObject, jsonType } from "./json-value.ts";
import { conversionError, parseApiVersion, unregisteredKind } from "./kinds.ts";
import { mediaType, unsupportedMediaType } from "./media-type.ts";
import { normalize } from "./normalize.ts";
import { decodeMessage, openEnvelope } from "./protobuf.ts";
import { type FieldValidation, reportStrictErrors, strictErrors } from "./strict.ts";
import { readYaml } from "./yaml.ts";

export interface EncodedObject {
  readonly body: Uint8Array;
  /** The Content-Type header; `""` means JSON, as `kubectl scale` and `--raw` send it. */
  readonly contentType: string;
  /** The kind that the request's path stands for; fills in a missing apiVersion and kind. */
  readonly expected: GroupVersionKind;
  readonly fieldValidation: FieldValidation;
}

export interface DecodedObject {
  readonly object: KubeObject;
  /** Texts for `Warning` headers; only with `fieldValidation: "Warn"`. */
  readonly warnings: readonly string[];
}

const JSON_TYPE = "application/json";
const YAML_TYPE = "application/yaml";
const PROTOBUF_TYPE = "application/vnd.kubernetes.protobuf";
const ACCEPTED = [JSON_TYPE, YAML_TYPE, PROTOBUF_TYPE] as const;

/** A body that was read, its kind not yet looked at. */
interface Parsed {
  readonly apiVersion: string;
  readonly kind: string;
  readonly duplicates: readonly string[];
  /** The fields, once the definition is known. */
  fields(type: ObjectType): unknown;
}

/** The beginning of a body, as Kubernetes shows it. */
function summarize(body: Uint8Array): string {
  const maxLength = 30;
  if (body.length === 0) return "<empty>";
  const start = Buffer.from(body.subarray(0, maxLength));
  const shown = start.toString(body[0] === 0x7b ? "utf8" : "hex");
  return body.length > maxLength ? `${shown} ...` : shown;
}

const TYPE_META =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** Reads of a document what every object has, before anything else of it is looked at. */
function interpret(value: unknown, duplicates: readonly string[]): Parsed {
  const document = value ?? {};
  if (!isJsonObject(document)) throw noTypeMeta(document, `value of type ${TYPE_META}`);
  const textOf = (name: "apiVersion" | "kind"): string => {
    const text = document[name] ?? "";
    if (typeof text === "string") return text;
    throw noTypeMeta(text, `struct field .${name} of type string`);
  };
  const [apiVersion, kind] = [textOf("apiVersion"), textOf("kind")];
  return { apiVersion, kind, duplicates, fields: () => document };
}

const noTypeMeta = (value: unknown, place: string): DecodeError =>
  new DecodeError(
    `couldn't get version/kind; json parse error: json: cannot unmarshal ${jsonType(value)} into Go ${place}`,
  );

function parse(body: Uint8Array, type: (typeof ACCEPTED)[number]): Parsed {
  switch (type) {
    case JSON_TYPE: {
      const { value, duplicates } = jsonDocument(body);
      return interpret(value, strictErrors("duplicate", duplicates));
    }
    case YAML_TYPE: {
      const { value, duplicates } = readYaml(body);
      return interpret(value, duplicates);
    }
    case PROTOBUF_TYPE: {
      const { raw, apiVersion, kind } = openEnvelope(body);
      return { apiVersion, kind, duplicates: [], fields: ({ name }) => decodeMessage(name, raw) };
    }
  }
}

function jsonDocument(body: Uint8Array): ReturnType<typeof readJson> {
  try {
    return readJson(body);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new DecodeError(`couldn't get version/kind; json parse error: ${error.message}`);
  }
}

function cannotBeHandled(
  found: GroupVersionKind,
  { expected, why }: { expected: GroupVersionKind; why: string },
): StatusError {
  const { kind, version } = found;
  return badRequest(
    `${kind} in version "${version}" cannot be handled as a ${expected.kind}: ${why}`,
  );
}

/** The kind that a body claims to be, checked against the one that is expected. */
function typeFor(found: GroupVersionKind, expected: GroupVersionKind): ObjectType {
  const wanted = SCHEMA.ofKind(expected);
  if (wanted === undefined) throw new TypeError(`No schema for ${expected.kind}`);
  const claimed = SCHEMA.ofKind(found);
  if (claimed === wanted) return wanted;
  if (found.kind === expected.kind && found.group === expected.group)
    throw badRequest(
      `the API version in the data (${apiVersionOf(found)}) does not match the expected API version (${apiVersionOf(expected)})`,
    );
  const why = claimed ? conversionError(found, expected) : unregisteredKind(found);
  throw cannotBeHandled(found, { expected, why });
}

function parseBody({ body, contentType, expected }: EncodedObject): Parsed {
  const given = mediaType(contentType) || JSON_TYPE;
  const type = ACCEPTED.find((accepted) => accepted === given);
  if (type === undefined) throw unsupportedMediaType(ACCEPTED);
  try {
    return parse(body, type);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw badRequest(
      `the object provided is unrecognized (must be of type ${expected.kind}): ${error.message} (${summarize(body)})`,
    );
  }
}

function kindOf({ apiVersion, kind }: Parsed, expected: GroupVersionKind): GroupVersionKind {
  const groupVersion = apiVersion === "" ? expected : parseApiVersion(apiVersion);
  if (groupVersion === undefined)
    throw badRequest(
      `the object provided is unrecognized (must be of type ${expected.kind}): unexpected GroupVersion string: ${apiVersion}`,
    );
  const { group, version } = groupVersion;
  return { group, version, kind: kind === "" ? expected.kind : kind };
}

/**
 * Reads a request body of any media type that Kubernetes accepts into wire JSON in Go's normal
 * form (`normalize`). Whole numbers beyond 2^53 are refused, never rounded.
 *
 * @throws StatusError 400 or 415 in Kubernetes' words.
 */
export function decodeObject(request: EncodedObject): DecodedObject {
  const { expected, fieldValidation } = request;
  const parsed = parseBody(request);
  const found = kindOf(parsed, expected);
  const type = typeFor(found, expected);
  const refuse = (why: string) => cannotBeHandled(found, { expected, why });
  const { value, unknownFields } = read(() => normalize(type, parsed.fields(type)), refuse);
  const errors = [...strictErrors("unknown", unknownFields), ...parsed.duplicates];
  const warnings = reportStrictErrors(errors, fieldValidation, refuse);
  const object = { apiVersion: apiVersionOf(found), kind: found.kind, ...value };
  return { object, warnings };
}

function read<T>(attempt: () => T, refuse: (why: string) => StatusError): T {
  try {
    return attempt();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw refuse(error.message);
  }
}
