import { badRequest } from "../status.ts";
import type { Patch } from "../verbs.ts";
import type { FieldValidation } from "./strict.ts";

export interface EncodedPatch {
  readonly body: Uint8Array;
  /** `application/merge-patch+json` and its siblings. */
  readonly contentType: string;
  readonly fieldValidation: FieldValidation;
  /** The `force` query parameter; apply patches only. */
  readonly force?: boolean;
}

export interface DecodedPatch {
  readonly patch: Patch;
  readonly warnings: readonly string[];
}

/**
 * Reads the body of a PATCH.
 *
 * @throws StatusError 400 or 415 in Kubernetes' words.
 */
export function decodePatch(_request: EncodedPatch): DecodedPatch {
  throw badRequest("not decoded yet");
}
