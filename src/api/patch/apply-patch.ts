import type { FieldValidation } from "../codec/strict.ts";
import type { KubeObject } from "../object.ts";
import { badRequest } from "../status.ts";
import type { Patch } from "../verbs.ts";

export interface PatchRequest {
  /** The OpenAPI definition of the object: where merge keys come from and what its fields may be. */
  readonly definition: string;
  readonly patch: Patch;
  /** Never changed; what the patch leaves alone is shared with the result. */
  readonly current: KubeObject;
  readonly fieldValidation: FieldValidation;
}

export interface PatchedObject {
  readonly object: KubeObject;
  readonly warnings: readonly string[];
}

/**
 * The object that a patch makes of `current`, checked and normalized like a decoded body. The
 * result may share parts with `current`, which may be frozen: clone before changing it in place.
 *
 * @throws StatusError 400, 415 or 422 in Kubernetes' words.
 */
export function applyPatch(_request: PatchRequest): PatchedObject {
  throw badRequest("not applied yet");
}
