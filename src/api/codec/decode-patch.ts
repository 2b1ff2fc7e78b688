import { goFormat } from "../patch/go-format.ts";
import { invalidPatch } from "../patch/patch-errors.ts";
import { badRequest } from "../status.ts";
import type { Patch } from "../verbs.ts";
import { DecodeError } from "./decode-error.ts";
import { decodeText, readJson } from "./json.ts";
import type { ReadJson } from "./json-reader.ts";
import { mediaType, unsupportedMediaType } from "./media-type.ts";
import { type FieldValidation, reportStrictErrors, strictErrors } from "./strict.ts";
import { readYaml } from "./yaml.ts";

export interface EncodedPatch {
  readonly body: Uint8Array;
  readonly type: Patch["type"];
  readonly fieldValidation: FieldValidation;
  /** The `force` query parameter; apply patches only. */
  readonly force?: boolean;
}

export interface DecodedPatch {
  readonly patch: Patch;
  readonly warnings: readonly string[];
}

/** The media types of patches, in the order in which Kubernetes names them. */
const PATCH_TYPES: Readonly<Record<string, Patch["type"]>> = {
  "application/json-patch+json": "json",
  "application/merge-patch+json": "merge",
  "application/strategic-merge-patch+json": "strategic",
  "application/apply-patch+yaml": "apply",
};

const CONVERTING = "error converting YAML to JSON: ";

const DECODING: Readonly<Record<Patch["type"], string>> = {
  json: "error decoding patch: ",
  merge: "error decoding patch: ",
  strategic: "",
  apply: `error decoding YAML: ${CONVERTING}`,
};

function read(type: Patch["type"], body: Uint8Array): ReadJson {
  try {
    if (type === "apply") {
      const { value, duplicates } = readYaml(body);
      return { value, duplicates: duplicates.map((text) => `${CONVERTING}${text}`) };
    }
    const { value, duplicates } = readJson(body);
    return { value, duplicates: strictErrors("duplicate", duplicates) };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw badRequest(`${DECODING[type]}${error.message}`);
  }
}

/**
 * What a PATCH with that content type is.
 *
 * @throws StatusError 415
 */
export function patchTypeOf(contentType: string): Patch["type"] {
  const type = PATCH_TYPES[mediaType(contentType)];
  if (type === undefined) throw unsupportedMediaType(Object.keys(PATCH_TYPES));
  return type;
}

/**
 * Reads the body of a PATCH.
 *
 * @throws StatusError 400 or, for keys that stand twice under `Strict`, 422 in Kubernetes' words.
 */
export function decodePatch(request: EncodedPatch): DecodedPatch {
  const { body, type, fieldValidation, force } = request;
  const { value, duplicates } = read(type, body);
  if (type === "apply" && fieldValidation === "Strict" && duplicates.length > 0)
    throw badRequest(`error strict decoding YAML: ${duplicates.join(", ")}`);
  const warnings = reportStrictErrors(duplicates, fieldValidation, (why) =>
    invalidPatch(type === "strategic" ? goFormat(value) : decodeText(body), why),
  );
  const isForced = type === "apply" && force !== undefined;
  return { patch: { type, body: value, ...(isForced && { force }) }, warnings };
}
