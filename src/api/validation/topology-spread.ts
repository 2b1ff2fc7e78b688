import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  positive,
  required,
} from "../field-error.ts";
import type { PodSpec } from "../object.ts";
import { each, validateLabelSelector } from "./common.ts";
import { validateLabelKeys } from "./label-keys.ts";

type Spread = NonNullable<PodSpec["topologySpreadConstraints"]>[number];

const INCLUSION_POLICIES = ["Honor", "Ignore"] as const;
const SPREAD_ACTIONS = ["DoNotSchedule", "ScheduleAnyway"] as const;

/** Errors of how a pod's siblings are spread. */
export function validateSpread(
  constraints: readonly Spread[] | undefined,
  path: string,
): FieldError[] {
  const kinds = (constraints ?? []).map(kindOfSpread);
  return each(constraints, path, (constraint, at) => {
    const { maxSkew, topologyKey, whenUnsatisfiable: value, labelSelector } = constraint;
    const errors = positive(`${at}.maxSkew`, maxSkew ?? 0);
    if (!topologyKey) errors.push(required(`${at}.topologyKey`, "can not be empty"));
    const actions: readonly string[] = SPREAD_ACTIONS;
    if (!actions.includes(value)) {
      errors.push(notSupported(`${at}.whenUnsatisfiable`, { value, supported: actions }));
    }
    const kind = kinds.shift() ?? "";
    if (kinds.includes(kind)) {
      errors.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, kind));
    }
    return [
      ...errors,
      ...validateMinDomains(constraint, `${at}.minDomains`),
      ...(["nodeAffinityPolicy", "nodeTaintsPolicy"] as const).flatMap((field) =>
        validateInclusion(constraint[field], `${at}.${field}`),
      ),
      ...validateLabelKeys(constraint, at),
      ...validateLabelSelector(labelSelector, `${at}.labelSelector`),
    ];
  });
}

const kindOfSpread = ({ topologyKey, whenUnsatisfiable }: Spread) =>
  `{${topologyKey}, ${whenUnsatisfiable}}`;

function validateMinDomains(constraint: Spread, path: string): FieldError[] {
  const { minDomains: value, whenUnsatisfiable } = constraint;
  if (value === undefined) return [];
  const errors = positive(path, value);
  if (whenUnsatisfiable === "DoNotSchedule") return errors;
  const detail = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
  return [...errors, invalid(path, { value, detail })];
}

function validateInclusion(value: string | undefined, path: string): FieldError[] {
  const supported: readonly string[] = INCLUSION_POLICIES;
  if (value === undefined || supported.includes(value)) return [];
  return [notSupported(path, { value, supported })];
}
