import { type FieldError, invalid } from "../field-error.ts";
import { held } from "../held/held-json.ts";
import { validateLabelKey } from "../metadata.ts";
import { labelValue } from "../names.ts";
import type { Node } from "../object.ts";
import { each, oneOf } from "./common.ts";
import { TAINT_EFFECTS } from "./scheduling.ts";

export type Taint = NonNullable<NonNullable<Node["spec"]>["taints"]>[number];

/** Errors of a node's taints: each key has an effect once. */
export function validateTaints(taints: readonly Taint[] | undefined, path: string): FieldError[] {
  const seen = new Set<string>();
  return each(taints, path, (taint, at) => {
    const { key, value = "", effect } = taint;
    const errors = validateLabelKey(key, `${at}.key`);
    const details = labelValue(value);
    if (details.length > 0)
      errors.push(invalid(`${at}.value`, { value, detail: details.join(";") }));
    errors.push(...oneOf(`${at}.effect`, { value: effect, supported: TAINT_EFFECTS }));
    const id = `${key}:${effect}`;
    if (seen.has(id)) {
      const { text } = held("io.k8s.api.core.v1.Taint", taint);
      const message = `Duplicate value: ${text}: taints must be unique by key and effect pair`;
      errors.push({ reason: "FieldValueDuplicate", field: at, message });
    }
    seen.add(id);
    return errors;
  });
}
