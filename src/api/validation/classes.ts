import {
  duplicate,
  type FieldError,
  forbidden,
  immutable,
  invalidAll,
  notSupported,
  required,
} from "../field-error.ts";
import { held } from "../held/held-json.ts";
import { validateLabels } from "../metadata.ts";
import { dns1123Label } from "../names.ts";
import type { PriorityClass, RuntimeClass } from "../object.ts";
import {
  HIGHEST_USER_PRIORITY,
  SYSTEM_PREFIX,
  SYSTEM_PRIORITY_CLASSES,
} from "../system-priority.ts";
import { each } from "./common.ts";
import { validateRequirements } from "./resources.ts";
import { validateTolerations } from "./scheduling.ts";

type Toleration = NonNullable<NonNullable<RuntimeClass["scheduling"]>["tolerations"]>[number];

const PREEMPTION = ["PreemptLowerPriority", "Never"];

/** Errors of a PriorityClass after defaulting; a changed one is only held to what may change. */
export function validatePriorityClass(given: PriorityClass, current?: PriorityClass): FieldError[] {
  if (current !== undefined) return [];
  const { preemptionPolicy: policy, value = 0 } = given;
  const name = given.metadata?.name ?? "";
  const errors: FieldError[] = [];
  if (name.startsWith(SYSTEM_PREFIX)) {
    const why = strangeness(given, name);
    if (why !== undefined) {
      const detail = `priority class names with '${SYSTEM_PREFIX}' prefix are reserved for system use only. error: ${why}`;
      errors.push(forbidden("metadata.name", detail));
    }
  } else if (value > HIGHEST_USER_PRIORITY) {
    const detail = `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`;
    errors.push(forbidden("value", detail));
  }
  if (policy === "") errors.push(required("preemptionPolicy"));
  else if (policy !== undefined && !PREEMPTION.includes(policy)) {
    errors.push(notSupported("preemptionPolicy", { value: policy, supported: PREEMPTION }));
  }
  return errors;
}

/** Why a class is not the system's own of that name. */
function strangeness({ value = 0, globalDefault = false }: PriorityClass, name: string) {
  const known = SYSTEM_PRIORITY_CLASSES.find(({ metadata }) => metadata?.name === name);
  if (known === undefined) return `${name} is not a known system priority class`;
  if (known.value !== value) return `value of ${name} PriorityClass must be ${known.value}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

export function validatePriorityClassUpdate(
  next: PriorityClass,
  current: PriorityClass,
): FieldError[] {
  const errors =
    next.value === current.value ? [] : [forbidden("value", "may not be changed in an update.")];
  const policies = { next: next.preemptionPolicy, current: current.preemptionPolicy };
  return [...errors, ...immutable("preemptionPolicy", policies)];
}

/** Errors of a RuntimeClass after defaulting. */
export function validateRuntimeClass(given: RuntimeClass): FieldError[] {
  const { handler = "", overhead, scheduling } = given;
  return [
    ...invalidAll("handler", { value: handler, details: dns1123Label(handler) }),
    ...(overhead ? validateRequirements({ limits: overhead.podFixed ?? {} }, "overhead") : []),
    ...validateLabels(scheduling?.nodeSelector, "scheduling.nodeSelector"),
    ...validateTolerations(scheduling?.tolerations, "scheduling.tolerations"),
    ...validateDistinct(scheduling?.tolerations, "scheduling.tolerations"),
  ];
}

/** No two tolerations may differ in nothing but how long they last. */
function validateDistinct(
  tolerations: readonly Toleration[] | undefined,
  path: string,
): FieldError[] {
  const seen = new Set<string>();
  return each(tolerations, path, (toleration, at) => {
    const { key = "", operator = "", value = "", effect = "" } = toleration;
    const id = JSON.stringify([key, operator, value, effect]);
    const isKnown = seen.has(id);
    seen.add(id);
    return isKnown ? [duplicate(at, held("io.k8s.api.core.v1.Toleration", toleration))] : [];
  });
}

export function validateRuntimeClassUpdate(
  next: RuntimeClass,
  current: RuntimeClass,
): FieldError[] {
  return immutable("handler", { next: next.handler, current: current.handler });
}
