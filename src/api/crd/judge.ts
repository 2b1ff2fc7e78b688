import { type FieldError, invalid } from "../field-error.ts";
import { Patterns } from "../go-regexp.ts";
import type { KubeObject } from "../object.ts";
import type { Resource } from "../resource.ts";
import type { CustomKind } from "./custom-kind.ts";
import { holdsEmbedded, validateEmbedded } from "./embedded.ts";
import { valueAt } from "./json-path.ts";
import { type JsonSchemaProps, propertyOf } from "./json-schema-props.ts";
import { validateListTypes } from "./list-types.ts";
import { hasRules, SchemaRules } from "./rules.ts";
import { validateScaleSpec, validateScaleStatus } from "./scale-fields.ts";
import { validateValue } from "./validate-value.ts";

/** What is wrong in these ways would make rules fail for no reason of their own. */
const BLOCKING: readonly FieldError["reason"][] = [
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
];

/** The field of an error that is about no single field. */
const NOWHERE = "<nil>";

const NOT_CHECKED = invalid(NOWHERE, {
  value: null,
  detail:
    "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
});

type Judge = Pick<Resource, "validateCreate" | "validateUpdate" | "validateStatus">;

interface Pair {
  readonly value: KubeObject;
  readonly old: KubeObject | undefined;
}

/** How the objects of a custom kind are judged; `read` shows a stored one by the schema of today. */
export function judgeOf(custom: CustomKind, read: (stored: KubeObject) => KubeObject): Judge {
  const { schema, scale } = custom;
  const patterns = new Patterns();
  const hasEmbedded = holdsEmbedded(schema);
  const values = (pair: Pair): readonly FieldError[] => [
    ...validateValue(schema, pair, patterns),
    ...validateScaleSpec(pair.value, scale),
    ...validateScaleStatus(pair.value, scale),
  ];
  const embedded = (object: KubeObject): FieldError[] =>
    hasEmbedded ? validateEmbedded(object, schema) : [];
  /** Rules that are only held against an object that did not break them before. */
  const structure = ({ value, old }: Pair): FieldError[] => {
    const errors = validateListTypes(value, schema);
    const isOld = errors.length > 0 && old && validateListTypes(old, schema).length > 0;
    return isOld ? [] : errors;
  };
  const rules = hasRules(schema) ? new SchemaRules(schema) : undefined;
  const judged = (errors: readonly FieldError[], pair: Pair) => {
    if (rules === undefined) return [...errors];
    return errors.some(({ reason }) => BLOCKING.includes(reason))
      ? [...errors, NOT_CHECKED]
      : [...errors, ...rules.validate(pair)];
  };
  const whole = (pair: Pair): FieldError[] =>
    judged([...values(pair), ...embedded(pair.value), ...structure(pair)], pair);
  return {
    validateCreate: (value) => whole({ value, old: undefined }),
    validateUpdate: (value, stored) => whole({ value, old: read(stored) }),
    validateStatus(value, stored) {
      const pair = { value, old: read(stored) };
      const errors = [
        ...statusErrors(schema, pair, patterns),
        ...validateScaleStatus(value, scale),
        ...structure(pair),
      ];
      return judged(errors, pair);
    },
  };
}

/** Of what comes through `/status`, nothing else is looked at; texts name places inside of it. */
function statusErrors(schema: JsonSchemaProps, { value, old }: Pair, patterns: Patterns) {
  const own = propertyOf(schema, "status");
  const [next, current] = [valueAt(value, ["status"]), valueAt(old, ["status"])];
  if (own === undefined || next === undefined || (next === null && current === undefined))
    return [];
  return validateValue(own, { value: next, old: current }, patterns).map((error) => ({
    ...error,
    field: error.field === NOWHERE ? "status" : `status.${error.field}`,
  }));
}
