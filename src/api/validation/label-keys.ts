import { type FieldError, forbidden, invalid } from "../field-error.ts";
import { validateLabelKey } from "../metadata.ts";
import type { LabelSelector } from "../object.ts";
import { each } from "./common.ts";

interface Keyed {
  readonly matchLabelKeys?: readonly string[];
  readonly mismatchLabelKeys?: readonly string[];
  readonly labelSelector?: LabelSelector;
}

/**
 * Errors of labels whose values are those of the pod, as a term of an affinity or a constraint of
 * a spread names them. A new pod's selector has them by value already (`mergeLabelKeys`).
 */
export function validateLabelKeys(
  { matchLabelKeys = [], mismatchLabelKeys = [], labelSelector }: Keyed,
  path: string,
): FieldError[] {
  return [
    ...validateKeys(matchLabelKeys, `${path}.matchLabelKeys`, labelSelector),
    ...validateKeys(mismatchLabelKeys, `${path}.mismatchLabelKeys`, labelSelector),
    ...validateTwice(matchLabelKeys, path, labelSelector),
    ...each(matchLabelKeys, `${path}.matchLabelKeys`, (value, at) => {
      const detail = "exists in both matchLabelKeys and mismatchLabelKeys";
      return mismatchLabelKeys.includes(value) ? [invalid(at, { value, detail })] : [];
    }),
  ];
}

/** Whoever selects by a key himself as well; the path is Kubernetes' own slip. */
function validateTwice(
  keys: readonly string[],
  path: string,
  selector: LabelSelector | undefined,
): FieldError[] {
  const seen = new Set(Object.keys(selector?.matchLabels ?? {}));
  return (selector?.matchExpressions ?? []).flatMap(({ key }) => {
    const index = keys.lastIndexOf(key);
    const isTwice = index >= 0 && seen.has(key);
    seen.add(key);
    const detail = "exists in both matchLabelKeys and labelSelector";
    return isTwice ? [invalid(`${path}[${index}]`, { value: key, detail })] : [];
  });
}

function validateKeys(
  keys: readonly string[],
  path: string,
  selector: LabelSelector | undefined,
): FieldError[] {
  if (keys.length === 0) return [];
  const detail = "must not be specified when labelSelector is not set";
  const errors = selector === undefined ? [forbidden(path, detail)] : [];
  return [...errors, ...each(keys, path, validateLabelKey)];
}
