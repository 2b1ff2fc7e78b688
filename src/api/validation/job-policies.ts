import {
  duplicate,
  type FieldError,
  invalid,
  invalidAll,
  invalidWithoutValue,
  nonNegative,
  notSupported,
  required,
  tooLong,
  tooMany,
} from "../field-error.ts";
import { qualifiedName } from "../names.ts";
import type { Job } from "../object.ts";
import { allContainers } from "../pod.ts";
import { each } from "./common.ts";
import { indexCount } from "./job-indexes.ts";

type Spec = Partial<NonNullable<Job["spec"]>>;
type FailureRule = NonNullable<Spec["podFailurePolicy"]>["rules"][number];
type ExitCodes = NonNullable<FailureRule["onExitCodes"]>;
type Pattern = NonNullable<FailureRule["onPodConditions"]>[number];
type SuccessRule = NonNullable<Spec["successPolicy"]>["rules"][number];

const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;
const MAX_PATTERNS = 20;
const INDEXES_MAX_BYTES = 64 * 1024;

const ACTIONS: readonly string[] = ["Count", "FailIndex", "FailJob", "Ignore"];
const OPERATORS: readonly string[] = ["In", "NotIn"];
const STATUSES: readonly string[] = ["False", "True", "Unknown"];

function atMost(path: string, { count, max }: { count: number; max: number }): FieldError[] {
  return count > max ? [tooMany(path, { count, max })] : [];
}

/** A value out of a few; when it is missing, the message names them. */
function choice(
  path: string,
  { value, supported }: { value: string | undefined; supported: readonly string[] },
): FieldError[] {
  if (!value) {
    const list = supported.map((one) => JSON.stringify(one)).join(" ");
    return [required(path, `valid values: [${list}]`)];
  }
  return supported.includes(value) ? [] : [notSupported(path, { value, supported })];
}

/** Errors of what a Job does about pods that fail. */
export function validateFailurePolicy(spec: Spec, path: string): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? [];
  const names = new Set(allContainers(spec.template?.spec).map(({ name }) => name));
  return [
    ...atMost(`${path}.rules`, { count: rules.length, max: MAX_RULES }),
    ...each(rules, `${path}.rules`, (rule, at) => validateFailureRule(rule, at, { spec, names })),
  ];
}

interface Pods {
  readonly spec: Spec;
  /** Of containers and init containers. */
  readonly names: ReadonlySet<string>;
}

function validateFailureRule(rule: FailureRule, path: string, { spec, names }: Pods): FieldError[] {
  const { action, onExitCodes, onPodConditions = [] } = rule;
  const errors = choice(`${path}.action`, { value: action, supported: ACTIONS });
  if (action === "FailIndex" && spec.backoffLimitPerIndex === undefined) {
    const detail = "requires the backoffLimitPerIndex to be set";
    errors.push(invalid(`${path}.action`, { value: action, detail }));
  }
  if (onExitCodes) errors.push(...validateExitCodes(onExitCodes, `${path}.onExitCodes`, names));
  const at = `${path}.onPodConditions`;
  errors.push(...atMost(at, { count: onPodConditions.length, max: MAX_PATTERNS }));
  errors.push(...each(onPodConditions, at, validatePattern));
  if (onExitCodes && onPodConditions.length > 0) {
    const detail = "specifying both OnExitCodes and OnPodConditions is not supported";
    errors.push(invalidWithoutValue(path, detail));
  }
  if (onExitCodes === undefined && onPodConditions.length === 0) {
    const detail = "specifying one of OnExitCodes and OnPodConditions is required";
    errors.push(invalidWithoutValue(path, detail));
  }
  return errors;
}

function validatePattern({ type, status }: Pattern, path: string): FieldError[] {
  return [
    ...invalidAll(`${path}.type`, { value: type, details: qualifiedName(type) }),
    ...choice(`${path}.status`, { value: status, supported: STATUSES }),
  ];
}

function validateExitCodes(
  { operator, containerName, values = [] }: ExitCodes,
  path: string,
  names: ReadonlySet<string>,
): FieldError[] {
  const errors = choice(`${path}.operator`, { value: operator, supported: OPERATORS });
  if (containerName !== undefined && !names.has(containerName)) {
    const detail = "must be one of the container or initContainer names in the pod template";
    errors.push(invalid(`${path}.containerName`, { value: containerName, detail }));
  }
  const at = `${path}.values`;
  if (values.length === 0) {
    errors.push(invalid(at, { value: values, detail: "at least one value is required" }));
  }
  errors.push(...atMost(at, { count: values.length, max: MAX_EXIT_CODES }));
  const seen = new Set<number>();
  for (const [index, value] of values.entries()) {
    const detail = "must not be 0 for the In operator";
    if (operator === "In" && value === 0) {
      errors.push(invalid(`${at}[${index}]`, { value, detail }));
    }
    if (seen.has(value)) errors.push(duplicate(`${at}[${index}]`, value));
    seen.add(value);
  }
  const ordered = values.every((value, index) => index === 0 || (values[index - 1] ?? 0) <= value);
  return ordered ? errors : [...errors, invalid(at, { value: values, detail: "must be ordered" })];
}

/** Errors of when an indexed Job has done enough. */
export function validateSuccessPolicy(spec: Spec, path: string): FieldError[] {
  const { rules = [] } = spec.successPolicy ?? {};
  const at = `${path}.rules`;
  const detail = "at least one rules must be specified when the successPolicy is specified";
  return [
    ...(rules.length === 0 ? [required(at, detail)] : []),
    ...atMost(at, { count: rules.length, max: MAX_RULES }),
    ...each(rules, at, (rule, field) => validateSuccessRule(rule, field, spec.completions ?? 0)),
  ];
}

function validateSuccessRule(rule: SuccessRule, path: string, completions: number): FieldError[] {
  const { succeededCount: count, succeededIndexes: indexes } = rule;
  const errors: FieldError[] = [];
  if (count === undefined && indexes === undefined) {
    const detail = "at least one of succeededCount or succeededIndexes must be specified";
    errors.push(required(path, detail));
  }
  let total = 0;
  if (indexes !== undefined) {
    const at = `${path}.succeededIndexes`;
    if (indexes.length > INDEXES_MAX_BYTES) errors.push(tooLong(at, INDEXES_MAX_BYTES));
    const counted = indexCount(indexes, completions);
    if (typeof counted === "number") total = counted;
    else {
      const detail = `error parsing succeededIndexes: ${counted.error}`;
      errors.push(invalid(at, { value: indexes, detail }));
    }
  }
  if (count === undefined) return errors;
  const at = `${path}.succeededCount`;
  errors.push(...nonNegative(at, count));
  const limit = (max: number, what: string) =>
    count > max
      ? [invalid(at, { value: count, detail: `must be less than or equal to ${max} (${what})` })]
      : [];
  return [
    ...errors,
    ...limit(completions, "the number of specified completions"),
    ...(indexes === undefined
      ? []
      : limit(total, "the number of indexes in the specified succeededIndexes field")),
  ];
}
