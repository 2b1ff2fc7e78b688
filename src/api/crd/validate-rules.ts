import { CelCompileError } from "../cel/errors.ts";
import type { Program } from "../cel/program.ts";
import type { CelType } from "../cel/types.ts";
import { type FieldError, invalid } from "../field-error.ts";
import { celTypeOf, withResourceFields } from "./cel-schema.ts";
import { goRule } from "./go-form.ts";
import { itemsOf, type JsonSchemaProps, type ValidationRule } from "./json-schema-props.ts";
import { hasRules, RuleCompiler } from "./rules.ts";

/** Errors in the expressions of a schema's rules, at every depth. */
export function* validateRules(schema: JsonSchemaProps, path: string): Iterable<FieldError> {
  if (!hasRules(schema)) return;
  yield* rulesIn(withResourceFields(schema), {
    path,
    compiler: new RuleCompiler(),
    uncorrelated: undefined,
  });
}

interface Place {
  readonly path: string;
  readonly compiler: RuleCompiler;
  /** Where on the way old and new elements cannot be told to be the same. */
  readonly uncorrelated: string | undefined;
}

function* rulesIn(schema: JsonSchemaProps, place: Place): Iterable<FieldError> {
  const { path } = place;
  const self = celTypeOf(schema, path);
  for (const [index, rule] of (schema["x-kubernetes-validations"] ?? []).entries())
    if (rule.rule.trim() !== "")
      yield* ruleErrors(rule, self, {
        ...place,
        path: `${path}.x-kubernetes-validations[${index}]`,
      });
  const { additionalProperties, properties = {} } = schema;
  const items = itemsOf(schema);
  const inMap =
    schema["x-kubernetes-map-type"] === "atomic"
      ? (place.uncorrelated ?? path)
      : place.uncorrelated;
  const inList =
    schema["x-kubernetes-list-type"] === "map" ? place.uncorrelated : (place.uncorrelated ?? path);
  for (const [name, property] of Object.entries(properties))
    if (hasRules(property))
      yield* rulesIn(property, {
        ...place,
        path: `${path}.properties[${name}]`,
        uncorrelated: inMap,
      });
  if (typeof additionalProperties === "object" && hasRules(additionalProperties))
    yield* rulesIn(additionalProperties, { ...place, path: `${path}.additionalProperties` });
  if (items && hasRules(items))
    yield* rulesIn(items, { ...place, path: `${path}.items`, uncorrelated: inList });
}

function* ruleErrors(
  rule: ValidationRule,
  self: CelType,
  { path, compiler, uncorrelated }: Place,
): Iterable<FieldError> {
  const program = compiled(() => compiler.rule(rule, self));
  if (program === undefined) return;
  const fault = faultOf(program);
  if (fault !== undefined) yield invalid(`${path}.rule`, { value: goRule(rule), detail: fault });
  const usesOldSelf = typeof program !== "string" && fault === undefined && program.uses("oldSelf");
  if (!usesOldSelf && rule.optionalOldSelf !== undefined)
    yield invalid(`${path}.optionalOldSelf`, {
      value: rule.optionalOldSelf,
      detail: "may not be set if oldSelf is not used in rule",
    });
  // What would be said of a rule that is none is not looked at.
  if (fault !== undefined) return;
  const message = compiled(() => compiler.message(rule, self));
  if (typeof message === "string")
    yield invalid(`${path}.messageExpression`, {
      value: goRule(rule),
      detail: `messageExpression compilation failed: ${message}`,
    });
  else if (message && message.type.is !== "string" && message.type.is !== "dyn")
    yield invalid(`${path}.messageExpression`, {
      value: goRule(rule),
      detail: "messageExpression must evaluate to a string",
    });
  if (usesOldSelf && uncorrelated !== undefined)
    yield invalid(`${path}.rule`, {
      value: rule.rule,
      detail: `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`,
    });
}

function faultOf(program: Program | string): string | undefined {
  if (typeof program === "string") return `compilation failed: ${program}`;
  const { is } = program.type;
  return is === "bool" || is === "dyn" ? undefined : "cel expression must evaluate to a bool";
}

/** A program, or what is wrong with its source. */
function compiled(compile: () => Program | undefined): Program | string | undefined {
  try {
    return compile();
  } catch (error) {
    if (error instanceof CelCompileError) return error.message;
    throw error;
  }
}
