import { present } from "#lib/present.ts";
import { DecodeError } from "../codec/decode-error.ts";
import { notForCustomKinds } from "../codec/decode-patch.ts";
import { isJsonObject, jsonType } from "../codec/json-value.ts";
import {
  conversionError,
  isRegistered,
  parseApiVersion,
  unregisteredKind,
} from "../codec/kinds.ts";
import { normalize, UnmarshalError } from "../codec/normalize.ts";
import { type FieldValidation, reportStrictErrors, strictErrors } from "../codec/strict.ts";
import { typeMetaOf } from "../codec/type-meta.ts";
import type { CustomKind, NormalizedObject } from "../crd/custom-kind.ts";
import type { KubeObject } from "../object.ts";
import type { GroupVersionKind } from "../resource.ts";
import { type ObjectType, SCHEMA } from "../schema.ts";
import { badRequest, internalFailure } from "../status.ts";
import type { Patch } from "../verbs.ts";
import { goJson } from "./go-format.ts";
import { readOperations } from "./json-operations.ts";
import { applyJsonPatch } from "./json-patch.ts";
import { applyMergePatch, withoutNulls } from "./merge-patch.ts";
import { invalidPatch } from "./patch-errors.ts";
import { applyStrategicMergePatch } from "./strategic-merge-patch.ts";

type ObjectPatch = Omit<Patch, "type" | "force"> & {
  readonly type: Exclude<Patch["type"], "apply">;
};

export interface PatchRequest {
  /**
   * What the object is: an OpenAPI definition, where merge keys come from and what its fields may
   * be, or a custom kind.
   */
  readonly definition: string | CustomKind;
  /** Server-side apply is no patch of this kind: it needs to know who owns what. */
  readonly patch: ObjectPatch;
  /** Never changed; may be frozen. */
  readonly current: KubeObject;
  readonly fieldValidation: FieldValidation;
}

export interface PatchedObject {
  /** Shares nothing with `current` or the patch. */
  readonly object: KubeObject;
  readonly warnings: readonly string[];
}

/** A patched value and how Kubernetes shows the patch in its errors. */
interface Outcome {
  readonly value: unknown;
  /** What strict decoding has against the patch. */
  readonly errors: readonly string[];
  shown(): string;
}

function outcomeOf(type: ObjectType | undefined, request: PatchRequest): Outcome {
  const { patch, current, fieldValidation } = request;
  const { strictErrors: errors = [] } = patch;
  switch (patch.type) {
    case "json": {
      const { operations, unknown } = readOperations(patch.body, fieldValidation);
      const value = applyJsonPatch(current, operations);
      const all = [...errors, ...unknown].map((error) => `json patch ${error}`);
      return { value, errors: all, shown: () => goJson(value) };
    }
    case "merge": {
      const value = mergePatched(request);
      return { value, errors, shown: () => goJson(value) };
    }
    case "strategic":
      if (type === undefined) throw notForCustomKinds();
      return { ...applyStrategicMergePatch(type, { ...current }, patch.body), errors };
  }
}

/** Kubernetes refuses a merge patch of a wrong type where it decodes strictly, and tries it elsewhere. */
function mergePatched({ patch: { body }, current, fieldValidation }: PatchRequest): unknown {
  if (isJsonObject(body)) return applyMergePatch({ ...current }, body);
  if (body !== null && fieldValidation !== "Ignore")
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${jsonType(body)} into Go value of type map[string]interface {}`,
    );
  if (Array.isArray(body)) return withoutNulls(body);
  throw badRequest("Invalid JSON Patch");
}

function normalized(
  normal: (value: unknown) => NormalizedObject,
  { value, shown }: Outcome,
  patch: ObjectPatch,
): NormalizedObject {
  try {
    return normal(value);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const isConverted = patch.type === "strategic" && error instanceof UnmarshalError;
    throw invalidPatch(shown(), isConverted ? error.converterMessage : error.message);
  }
}

function kindOf({ apiVersion = "", kind = "" }: KubeObject): GroupVersionKind {
  return { ...(parseApiVersion(apiVersion) ?? { group: apiVersion, version: "" }), kind };
}

/** Why a patch may not make another kind of the object; undefined where it does not. */
function kindChange(current: KubeObject, next: KubeObject): string | undefined {
  if (current.kind === next.kind && current.apiVersion === next.apiVersion) return undefined;
  const [from, to] = [kindOf(current), kindOf(next)];
  return isRegistered(to, from.group)
    ? conversionError(to, from)
    : unregisteredKind(to, from.group);
}

/** @throws where what a patch makes is not of the kind that it should be, or says nothing of it. */
function checkKind({ definition, patch, current }: PatchRequest, value: unknown): void {
  if (patch.type === "strategic") return;
  const { apiVersion, kind } = typeMetaOf(value);
  if (parseApiVersion(apiVersion) === undefined)
    throw new DecodeError(`unexpected GroupVersion string: ${apiVersion}`);
  if (typeof definition === "string") {
    const change = kindChange(current, ofKind(current, { apiVersion, kind }, false));
    if (change !== undefined) throw new DecodeError(change);
    return;
  }
  if (kind === "") throw new DecodeError(`Object 'Kind' is missing in '${goJson(value)}'`);
  if (apiVersion === "")
    throw internalFailure("Object 'apiVersion' is missing in 'object has no apiVersion field'");
}

/** A struct knows by itself what it is; only what is read from JSON may say something else. */
function ofKind(current: KubeObject, next: KubeObject, isKept: boolean): KubeObject {
  const { apiVersion = "", kind = "" } = isKept ? current : next;
  const own = { apiVersion: apiVersion || current.apiVersion, kind: kind || current.kind };
  return { ...next, ...present(own) };
}

/**
 * The object that a patch makes of `current`, checked and brought into normal form like a decoded
 * body. What it says that it is may be another kind only where that is a custom one.
 *
 * @throws StatusError 400, 413, 415 or 422 in Kubernetes' words.
 */
export function applyPatch(request: PatchRequest): PatchedObject {
  const { definition, patch, current, fieldValidation } = request;
  const type = typeof definition === "string" ? SCHEMA.object(definition) : undefined;
  const outcome = outcomeOf(type, request);
  const normal = (value: unknown): NormalizedObject => {
    checkKind(request, value);
    return typeof definition === "string"
      ? normalize(SCHEMA.object(definition), value)
      : definition.normalize(value);
  };
  const { value, unknownFields } = normalized(normal, outcome, patch);
  const isStrategic = patch.type === "strategic";
  const object = type === undefined ? value : ofKind(current, value, isStrategic);
  const isInOrder = type === undefined || patch.type === "json";
  const fields = isInOrder ? unknownFields : unknownFields.toSorted();
  const errors = [...outcome.errors, ...strictErrors("unknown", fields)];
  const warnings = reportStrictErrors(errors, fieldValidation, (why) =>
    invalidPatch(outcome.shown(), why),
  );
  return { object, warnings };
}
