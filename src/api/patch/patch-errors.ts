import { invalid } from "../field-error.ts";
import { StatusError } from "../status.ts";
import { goFormat, goTypeOf } from "./go-format.ts";

/** 422 without a word why, as Kubernetes answers a patch that does not fit the object. */
export function unprocessablePatch(cause: unknown): StatusError {
  const message = "the server rejected our request due to an error in our request";
  const error = new StatusError(message, { code: 422, reason: "Invalid", details: {} });
  error.cause = cause;
  return error;
}

/** 500 in upstream's words: its API server does not foresee a patch that contradicts itself. */
export function contradictoryPatch(message: string): StatusError {
  return new StatusError(message, { code: 500 });
}

export function wrongType(expected: unknown, found: unknown): StatusError {
  return contradictoryPatch(`expected a ${goTypeOf(expected)}, but received a ${goTypeOf(found)}`);
}

export function missingMergeKey(element: unknown, mergeKey: string): StatusError {
  const message = `map: ${goFormat(element)} does not contain declared merge key: ${mergeKey}`;
  return contradictoryPatch(message);
}

/** 422: what the patch makes of the object is no object of its kind. */
export function invalidPatch(shown: string, why: string): StatusError {
  const { reason, field, message } = invalid("patch", { value: shown, detail: why });
  return new StatusError(` "" is invalid: ${field}: ${message}`, {
    code: 422,
    reason: "Invalid",
    details: { causes: [{ reason, message, field }] },
  });
}

/** 413: more operations than a JSON patch may have. */
export function tooManyOperations(count: number, maximum: number): StatusError {
  const message = `Request entity too large: The allowed maximum operations in a JSON patch is ${maximum}, got ${count}`;
  return new StatusError(message, { code: 413, reason: "RequestEntityTooLarge" });
}
