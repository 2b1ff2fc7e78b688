import { type FieldError, notSupported, required, tooMany } from "../field-error.ts";
import type { Container } from "../object.ts";
import { each } from "./common.ts";

type Rule = NonNullable<Container["restartPolicyRules"]>[number];

const POLICIES = ["Always", "Never", "OnFailure"] as const;
const ACTIONS = ["Restart", "RestartAllContainers"] as const;
const OPERATORS = ["In", "NotIn"] as const;
const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;

function oneOfThese(
  path: string,
  { value = "", supported }: { value: string | undefined; supported: readonly string[] },
): FieldError[] {
  return supported.includes(value) ? [] : [notSupported(path, { value, supported })];
}

/** Errors of when a container is started again, where it says so itself. */
export function validateRestart(
  { restartPolicy: value, restartPolicyRules: rules = [] }: Container,
  path: string,
): FieldError[] {
  const at = `${path}.restartPolicyRules`;
  const errors: FieldError[] = [];
  if (value !== undefined) {
    errors.push(...oneOfThese(`${path}.restartPolicy`, { value, supported: POLICIES }));
  } else if (rules.length > 0) {
    const detail = "must specify restartPolicy when restart rules are used";
    errors.push(required(`${path}.restartPolicy`, detail));
  }
  if (rules.length > MAX_RULES) errors.push(tooMany(at, { count: rules.length, max: MAX_RULES }));
  return [...errors, ...each(rules, at, validateRule)];
}

function validateRule({ action, exitCodes }: Rule, path: string): FieldError[] {
  const errors = oneOfThese(`${path}.action`, { value: action, supported: ACTIONS });
  const at = `${path}.exitCodes`;
  if (exitCodes === undefined) return [...errors, required(at, "must be specified")];
  const { operator, values = [] } = exitCodes;
  errors.push(...oneOfThese(`${at}.operator`, { value: operator, supported: OPERATORS }));
  if (values.length <= MAX_EXIT_CODES) return errors;
  return [...errors, tooMany(`${at}.values`, { count: values.length, max: MAX_EXIT_CODES })];
}
