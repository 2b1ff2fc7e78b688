import type { CustomKind } from "../crd/custom-kind.ts";
import { invalid } from "../field-error.ts";
import type { KubeObject } from "../object.ts";
import { apiVersionOf, type GroupVersionKind, type Subresource } from "../resource.ts";
import { type ObjectType, SCHEMA } from "../schema.ts";
import { badRequest, invalidObject, type StatusError } from "../status.ts";
import { DecodeError } from "./decode-error.ts";
import { decodeText, readJson } from "./json.ts";
import { isJsonObject } from "./json-value.ts";
import { conversionError, isRegistered, parseApiVersion, unregisteredKind } from "./kinds.ts";
import { mediaType, unsupportedMediaType } from "./media-type.ts";
import { normalize } from "./normalize.ts";
import { decodeMessage, openEnvelope } from "./protobuf.ts";
import { type FieldValidation, reportStrictErrors, strictErrors } from "./strict.ts";
import { typeMetaOf } from "./type-meta.ts";
import { readYaml } from "./yaml.ts";

type ExpectedKind = GroupVersionKind & Pick<Subresource, "olderVersions">;

export interface EncodedObject {
  readonly body: Uint8Array;
  /** The Content-Type header; `""` means JSON, as `kubectl scale` and `--raw` send it. */
  readonly contentType: string;
  /** The kind that the request's path stands for; fills in a missing apiVersion and kind. */
  readonly expected: ExpectedKind;
  /** Where that kind is a custom one: what stands in for its definition. */
  readonly custom?: CustomKind | undefined;
  /** Set for options, which are part of every served group and version: that of the request's path. */
  readonly optionsOf?: Pick<GroupVersionKind, "group" | "version">;
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
/** No protobuf message is known of a custom kind; all that is accepted is told all the same. */
const ACCEPTED_CUSTOM = [JSON_TYPE, YAML_TYPE] as const;

/** A body that was read, its kind not yet looked at. */
interface Parsed {
  /** All of it, where it came as text. */
  readonly document?: unknown;
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

/** Reads of a document what every object has, before anything else of it is looked at. */
function interpret(value: unknown, duplicates: readonly string[]): Parsed {
  const document = value ?? {};
  return { ...typeMetaOf(document), duplicates, document, fields: () => document };
}

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
  { request, why }: { request: EncodedObject; why: string },
): StatusError {
  const { kind, version } = found;
  const { expected, optionsOf } = request;
  if (optionsOf) return badRequest(why);
  return badRequest(
    `${kind} in version "${version}" cannot be handled as a ${expected.kind}: ${why}`,
  );
}

/** The kind that a body claims to be, checked against the one that is expected. */
function typeFor(found: GroupVersionKind, request: EncodedObject): ObjectType {
  const { expected } = request;
  const wanted = SCHEMA.ofKind(expected);
  if (wanted === undefined) throw new TypeError(`No schema for ${expected.kind}`);
  if (SCHEMA.ofKind(found) === wanted) return wanted;
  const isKnown = isRegistered(found, expected.group);
  if (isKnown && found.kind === expected.kind && found.group === expected.group)
    throw badRequest(
      `the API version in the data (${apiVersionOf(found)}) does not match the expected API version (${apiVersionOf(expected)})`,
    );
  const why = isKnown ? conversionError(found, expected) : unregisteredKind(found, expected.group);
  throw cannotBeHandled(found, { request, why });
}

/**
 * What a body comes as.
 * @throws StatusError 415 for what cannot be read.
 */
export function bodyTypeOf(
  contentType: string,
  { isCustom }: { readonly isCustom: boolean },
): (typeof ACCEPTED)[number] {
  const given = mediaType(contentType) || JSON_TYPE;
  const accepted: readonly (typeof ACCEPTED)[number][] = isCustom ? ACCEPTED_CUSTOM : ACCEPTED;
  const type = accepted.find((one) => one === given);
  if (type === undefined) throw unsupportedMediaType(ACCEPTED);
  return type;
}

function parseBody(request: EncodedObject): Parsed {
  const { body, contentType, custom } = request;
  const type = bodyTypeOf(contentType, { isCustom: custom !== undefined });
  try {
    return parse(body, type);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw unrecognized(request, error.message);
  }
}

function unrecognized({ body, expected, optionsOf }: EncodedObject, why: string): StatusError {
  if (optionsOf) return badRequest(why);
  return badRequest(
    `the object provided is unrecognized (must be of type ${expected.kind}): ${why} (${summarize(body)})`,
  );
}

function kindOf({ apiVersion, kind }: Parsed, request: EncodedObject): GroupVersionKind {
  const { expected, optionsOf, body } = request;
  const groupVersion = parseApiVersion(apiVersion);
  if (groupVersion === undefined)
    throw unrecognized(request, `unexpected GroupVersion string: ${apiVersion}`);
  if (optionsOf && kind === expected.kind && apiVersion === apiVersionOf(optionsOf))
    return expected;
  const { group, version } = groupVersion;
  const found = { group, version, kind: kind === "" ? expected.kind : kind };
  const isSame = group === expected.group;
  if (version === "" && (group === "" || isSame))
    return { ...found, group: expected.group, version: expected.version };
  if (version === "") {
    const why = `Object 'apiVersion' is missing in '${decodeText(body)}'`;
    throw cannotBeHandled(found, { request, why });
  }
  const isOlder = isSame && expected.olderVersions?.includes(version) === true;
  return isOlder ? { ...found, version: expected.version } : found;
}

/** As `kindOf` for a custom kind, of which nobody knows more than its body says. */
function customKindOf(parsed: Parsed, request: EncodedObject): GroupVersionKind {
  const { expected, body } = request;
  const { apiVersion, kind, document } = parsed;
  if (kind === "") throw unrecognized(request, `Object 'Kind' is missing in '${decodeText(body)}'`);
  const found = kindOf(parsed, request);
  if (apiVersion !== apiVersionOf(expected))
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(expected)})`,
    );
  if (kind === expected.kind) return found;
  const subject = { resource: { group: found.group, plural: "", kind }, name: nameIn(document) };
  const detail = `must be ${expected.kind}`;
  throw invalidObject(subject, [invalid("kind", { value: kind, detail })]);
}

function nameIn(document: unknown): string {
  const metadata = isJsonObject(document) ? document["metadata"] : undefined;
  const name = isJsonObject(metadata) ? metadata["name"] : undefined;
  return typeof name === "string" ? name : "";
}

/**
 * Reads a request body of any media type that Kubernetes accepts into wire JSON in Go's normal
 * form (`normalize`). Whole numbers beyond 2^53 come as `bigint`s, whatever the types of fields say.
 *
 * @throws StatusError 400 or 415 in Kubernetes' words.
 */
export function decodeObject(request: EncodedObject): DecodedObject {
  const { fieldValidation, custom } = request;
  const parsed = parseBody(request);
  const found = custom ? customKindOf(parsed, request) : kindOf(parsed, request);
  const refuse = (why: string) => cannotBeHandled(found, { request, why });
  const { value, unknownFields } = read(() => {
    if (custom) return custom.normalize(parsed.document);
    const type = typeFor(found, request);
    return normalize(type, parsed.fields(type));
  }, refuse);
  const unknown = strictErrors("unknown", unknownFields);
  // Of a custom kind the keys are looked at before the schema is.
  const errors = custom ? [...parsed.duplicates, ...unknown] : [...unknown, ...parsed.duplicates];
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
