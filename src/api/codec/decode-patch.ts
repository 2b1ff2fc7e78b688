import { badRequest, StatusError } from "../status.ts";
import type { Patch } from "../verbs.ts";
import { DecodeError } from "./decode-error.ts";
import { readJson } from "./json.ts";
import type { ReadJson } from "./json-reader.ts";
import { mediaType, unsupportedMediaType } from "./media-type.ts";
import { type FieldValidation, strictErrors } from "./strict.ts";
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

/** What Kubernetes says of a body that cannot be read: another decoder reads where nobody asks for strictness. */
function unreadable({ type, fieldValidation }: EncodedPatch, why: string): string {
  switch (type) {
    case "apply":
      return `error decoding YAML: ${CONVERTING}${why}`;
    case "strategic":
      return why;
    case "json":
      return fieldValidation === "Ignore" ? why : `error decoding patch: ${why}`;
    case "merge":
      return fieldValidation === "Ignore" ? "Invalid JSON Patch" : `error decoding patch: ${why}`;
  }
}

function read(request: EncodedPatch): ReadJson {
  const { type, body } = request;
  try {
    if (type === "apply") {
      const { value, duplicates } = readYaml(body);
      return { value, duplicates: duplicates.map((text) => `${CONVERTING}${text}`) };
    }
    const { value, duplicates } = readJson(body);
    return { value, duplicates: strictErrors("duplicate", duplicates) };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw badRequest(unreadable(request, error.message));
  }
}

/**
 * What a PATCH with that content type is; nothing tells how to merge a custom kind strategically.
 *
 * @throws StatusError 415
 */
export function patchTypeOf(
  contentType: string,
  { isCustom }: { readonly isCustom: boolean },
): Patch["type"] {
  const type = PATCH_TYPES[mediaType(contentType)];
  if (isCustom && (type === undefined || type === "strategic")) throw notForCustomKinds();
  if (type !== undefined) return type;
  // Upstream's router does not let it come to anybody who knows what would be right.
  throw new StatusError("415: Unsupported Media Type", {
    code: 415,
    reason: "UnsupportedMediaType",
    details: {},
  });
}

/** 415: that is no patch of a custom kind. */
export function notForCustomKinds(): StatusError {
  const types = Object.entries(PATCH_TYPES).filter(([, type]) => type !== "strategic");
  return unsupportedMediaType(types.map(([name]) => name));
}

/**
 * Reads the body of a PATCH.
 *
 * @throws StatusError 400 in Kubernetes' words.
 */
export function decodePatch(request: EncodedPatch): DecodedPatch {
  const { type, fieldValidation, force } = request;
  const { value, duplicates } = read(request);
  if (type !== "apply") {
    const isAsked = fieldValidation !== "Ignore" && duplicates.length > 0;
    return {
      patch: { type, body: value, ...(isAsked && { strictErrors: duplicates }) },
      warnings: [],
    };
  }
  if (fieldValidation === "Strict" && duplicates.length > 0)
    throw badRequest(`error strict decoding YAML: ${duplicates.join(", ")}`);
  const warnings = fieldValidation === "Warn" ? duplicates : [];
  return { patch: { type, body: value, ...(force !== undefined && { force }) }, warnings };
}
