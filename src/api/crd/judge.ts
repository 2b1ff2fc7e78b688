import { type FieldError, invalid } from "../field-error.ts";
import { Patterns } from "../go-regexp.ts";
import type { KubeObject } from "../object.ts";
import type { Resource } from "../resource.ts";
import type { CustomKind } from "./custom-kind.ts";
import { holdsEmbedded, validateEmbedded } from "./embedded.ts";
import { validateListTypes } from "./list-types.ts";
import { hasRules, SchemaRules } from "./rules.ts";
import { validateValue } from "./validate-value.ts";

/** What is wrong in these ways would make rules fail for no reason of their own. */
const BLOCKING: readonly FieldError["reason"][] = [
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
];

const NOT_CHECKED = invalid("<nil>", {
  value: null,
  detail:
    "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
});

type Judge = Pick<Resource, "validateCreate" | "validateUpdate">;

/** How the objects of a custom kind are judged; `read` shows a stored one by the schema of today. */
export function judgeOf(custom: CustomKind, read: (stored: KubeObject) => KubeObject): Judge {
  const { schema } = custom;
  const patterns = new Patterns();
  const hasEmbedded = holdsEmbedded(schema);
  const values = (object: KubeObject, old: KubeObject | undefined): readonly FieldError[] =>
    validateValue(schema, { value: object, old }, patterns);
  /** Rules that are only held against an object that did not break them before. */
  const structure = (object: KubeObject): FieldError[] => validateListTypes(object, schema);
  const embedded = (object: KubeObject): FieldError[] =>
    hasEmbedded ? validateEmbedded(object, schema) : [];
  const rules = hasRules(schema) ? new SchemaRules(schema) : undefined;
  const judged = (errors: readonly FieldError[], pair: { value: KubeObject; old: unknown }) => {
    if (rules === undefined) return [...errors];
    return errors.some(({ reason }) => BLOCKING.includes(reason))
      ? [...errors, NOT_CHECKED]
      : [...errors, ...rules.validate(pair)];
  };
  return {
    validateCreate: (object) =>
      judged([...values(object, undefined), ...embedded(object), ...structure(object)], {
        value: object,
        old: undefined,
      }),
    validateUpdate(next, stored) {
      const current = read(stored);
      const ratchet = (rule: (object: KubeObject) => FieldError[]): FieldError[] => {
        const errors = rule(next);
        return errors.length > 0 && rule(current).length > 0 ? [] : errors;
      };
      const errors = [...values(next, current), ...ratchet(embedded), ...ratchet(structure)];
      return judged(errors, { value: next, old: current });
    },
  };
}
