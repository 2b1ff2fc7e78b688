import { type FieldError, invalid, notSupported, required } from "../field-error.ts";
import type { JsonSchemaProps, ValidationRule } from "./json-schema-props.ts";
import { schemaAtPath } from "./schema-path.ts";

const REASONS = [
  "FieldValueDuplicate",
  "FieldValueForbidden",
  "FieldValueInvalid",
  "FieldValueRequired",
];

const hasNewlines = (text: string): boolean => /[\n\r]/.test(text);

/** Errors in what surrounds the expressions of `x-kubernetes-validations`. */
export function* validateRuleTexts(schema: JsonSchemaProps, path: string): Iterable<FieldError> {
  for (const [index, rule] of (schema["x-kubernetes-validations"] ?? []).entries()) {
    const field = `${path}.x-kubernetes-validations[${index}]`;
    yield* ruleAndMessage(rule, field);
    const { messageExpression = "", reason, fieldPath = "" } = rule;
    if (messageExpression !== "" && messageExpression.trim() === "")
      yield required(
        `${field}.messageExpression`,
        "messageExpression must be non-empty if specified",
      );
    if (reason !== undefined && !REASONS.includes(reason))
      yield notSupported(`${field}.reason`, { value: reason, supported: REASONS });
    if (fieldPath !== "") yield* placeOfError(schema, fieldPath, `${field}.fieldPath`);
  }
}

function* ruleAndMessage(
  { rule, message = "" }: ValidationRule,
  field: string,
): Iterable<FieldError> {
  const say = (detail: string): FieldError =>
    invalid(`${field}.message`, { value: message, detail });
  const text = message.trim();
  if (rule.trim() === "") yield required(`${field}.rule`, "rule is not specified");
  else if (message !== "" && text === "") yield say("must be non-empty if specified");
  else if (hasNewlines(text)) yield say("must not contain line breaks");
  else if (hasNewlines(rule.trim()) && text === "")
    yield required(`${field}.message`, "message must be specified if rule contains line breaks");
}

function* placeOfError(
  schema: JsonSchemaProps,
  value: string,
  field: string,
): Iterable<FieldError> {
  const say = (detail: string): FieldError => invalid(field, { value, detail });
  if (value.trim() === "") yield say("must be non-empty if specified");
  if (hasNewlines(value)) yield say("must not contain line breaks");
  if (typeof schemaAtPath(schema, value) === "string") yield say("must be a valid path");
}
