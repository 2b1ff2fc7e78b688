import type { FieldError } from "#api/field-error.ts";
import type { KubeObject } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";

/** Errors as a Status shows them: `spec.replicas: Invalid value: -1: must be …`. */
export const lines = (errors: readonly FieldError[]): string[] =>
  errors.map(({ field, message }) => `${field}: ${message}`);

/** What is wrong with a new object, after defaulting. */
export function created<T extends KubeObject>(kind: Resource<T>, given: T): string[] {
  const object = structuredClone(given);
  kind.setDefaults(object);
  kind.prepareForCreate?.(object);
  return lines([...kind.validate(object), ...(kind.validateCreate?.(object) ?? [])]);
}

/** What is wrong with a change of an object, after defaulting. */
export function changed<T extends KubeObject>(kind: Resource<T>, current: T, next: T): string[] {
  const [before, now] = [structuredClone(current), structuredClone(next)];
  kind.setDefaults(before);
  kind.prepareForCreate?.(before);
  kind.setDefaults(now);
  kind.prepareForUpdate?.(now, before);
  return lines([...kind.validate(now, before), ...kind.validateUpdate(now, before)]);
}

/** What is wrong with what a controller says of an object. */
export function said<T extends KubeObject>(kind: Resource<T>, current: T, next: T): string[] {
  return lines(kind.validateStatus?.(next, current) ?? []);
}
