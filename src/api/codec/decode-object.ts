import type { KubeObject } from "../object.ts";
import type { GroupVersionKind } from "../resource.ts";
import { badRequest } from "../status.ts";

/** What to do about fields that the schema does not know and keys that stand twice. */
export type FieldValidation = "Ignore" | "Warn" | "Strict";

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

/**
 * Reads a request body of any media type that Kubernetes accepts into wire JSON in Go's normal
 * form: nulls, unknown fields and zero values that Go would omit are gone.
 *
 * @throws StatusError 400 or 415 in Kubernetes' words.
 */
export function decodeObject(_request: EncodedObject): DecodedObject {
  throw badRequest("not decoded yet");
}
