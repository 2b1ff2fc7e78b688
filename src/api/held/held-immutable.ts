import { WrittenJson } from "#lib/json-text.ts";
import { type FieldError, invalid } from "../field-error.ts";
import type { ObjectType } from "../schema.ts";
import { heldJson, isHeldAlike } from "./held-json.ts";

interface Change<T> {
  readonly next: T;
  readonly current: T;
}

/**
 * One error for each of some fields that may not change and did, in the order of their names; told
 * is what Kubernetes' server holds of the new value.
 * @throws TypeError when the type has no such field.
 */
export function heldImmutable<T extends object>(
  type: ObjectType,
  { next, current }: Change<T>,
  { path, fields }: { path: string; fields: readonly (keyof T & string)[] },
): FieldError[] {
  return fields.flatMap((name) => {
    const field = type.fields.get(name);
    if (field === undefined) throw new TypeError(`${type.name} has no field ${name}`);
    if (isHeldAlike(field.type, next[name], current[name])) return [];
    const json = next[name] === undefined ? "null" : heldJson(field.type, next[name]);
    const value = new WrittenJson(json);
    return [invalid(`${path}.${name}`, { value, detail: "field is immutable" })];
  });
}
