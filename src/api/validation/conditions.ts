import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
  tooLong,
} from "../field-error.ts";
import { validateLabelKey } from "../metadata.ts";
import { each } from "./common.ts";

/** `metav1.Condition`, as it was sent. */
interface Condition {
  readonly type?: string;
  readonly status?: string;
  readonly observedGeneration?: number;
  readonly lastTransitionTime?: string | null;
  readonly reason?: string;
  readonly message?: string;
}

const STATUSES: readonly string[] = ["False", "True", "Unknown"];
const REASON_MAX_BYTES = 1024;
const MESSAGE_MAX_BYTES = 32 * 1024;
const REASON = /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/;
const REASON_ERROR =
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')";

/** Errors of conditions of the common sort, one of each type (apimachinery's `ValidateConditions`). */
export function validateConditions(
  conditions: readonly Condition[] | undefined,
  path: string,
): FieldError[] {
  const types = new Set<string>();
  return each(conditions, path, (condition, at) => {
    const { type = "" } = condition;
    const twice = types.has(type) ? [duplicate(`${at}.type`, type)] : [];
    types.add(type);
    return [...twice, ...validateCondition(condition, at)];
  });
}

function validateCondition(condition: Condition, path: string): FieldError[] {
  const { type = "", status: value = "", observedGeneration = 0, message = "" } = condition;
  const errors = validateLabelKey(type, `${path}.type`);
  if (!STATUSES.includes(value)) {
    errors.push(notSupported(`${path}.status`, { value, supported: STATUSES }));
  }
  if (observedGeneration < 0) {
    const rule = { value: observedGeneration, detail: "must be greater than or equal to zero" };
    errors.push(invalid(`${path}.observedGeneration`, rule));
  }
  if (!condition.lastTransitionTime) errors.push(required(`${path}.lastTransitionTime`));
  errors.push(...validateReason(condition.reason ?? "", `${path}.reason`));
  if (Buffer.byteLength(message) > MESSAGE_MAX_BYTES) {
    errors.push(tooLong(`${path}.message`, MESSAGE_MAX_BYTES));
  }
  return errors;
}

function validateReason(value: string, path: string): FieldError[] {
  if (value === "") return [required(path)];
  const errors = REASON.test(value) ? [] : [invalid(path, { value, detail: REASON_ERROR })];
  if (Buffer.byteLength(value) > REASON_MAX_BYTES) errors.push(tooLong(path, REASON_MAX_BYTES));
  return errors;
}
