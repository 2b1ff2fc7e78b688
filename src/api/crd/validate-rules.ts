import { CelCompileError } from "../cel/compile-error.ts";
import type { Program } from "../cel/program.ts";
import type { CelType } from "../cel/types.ts";
import { type FieldError, invalid } from "../field-error.ts";
import { held } from "../held/held-json.ts";
import { celTypeOf, withResourceFields } from "./cel-schema.ts";
import { itemsOf, type JsonSchemaProps, type ValidationRule } from "./json-schema-props.ts";
import { RuleCosts } from "./rule-costs.ts";
import { boundOfParts, maxCount, sizeBelow, sizedType } from "./rule-sizes.ts";
import { hasRules, RuleCompiler } from "./rules.ts";

const RULE = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ValidationRule";

/**
 * Errors in the expressions of a schema's rules, at every depth. `limitsEach` false: what each may
 * cost was let in before. Where a schema is `wrong`, neither its rules nor those around it are looked
 * at.
 */
export function* validateRules(
  schema: JsonSchemaProps,
  {
    path,
    limitsEach,
    wrong,
  }: {
    readonly path: string;
    readonly limitsEach: boolean;
    readonly wrong: readonly string[];
  },
): Iterable<FieldError> {
  if (!hasRules(schema)) return;
  const costs = new RuleCosts({ limitsEach });
  yield* rulesIn(withResourceFields(schema), {
    path,
    compiler: new RuleCompiler(),
    costs,
    wrong,
    count: 1,
    uncorrelated: undefined,
  });
  yield* costs.total(path);
}

interface Place {
  readonly path: string;
  /** Where a schema is wrong. */
  readonly wrong: readonly string[];
  readonly compiler: RuleCompiler;
  readonly costs: RuleCosts;
  /** How many values may stand here; undefined where the schema does not say. */
  readonly count: number | undefined;
  /** Where on the way old and new elements cannot be told to be the same. */
  readonly uncorrelated: string | undefined;
}

function* rulesIn(schema: JsonSchemaProps, place: Place): Iterable<FieldError> {
  yield* rulesInParts(schema, place);
  const { path, count } = place;
  if (place.wrong.some((field) => field.startsWith(`${path}.`) || field === path)) return;
  const type = celTypeOf(schema, path);
  const sizes = sizedType(schema);
  const costs = (program: Program): number =>
    sizes === undefined ? 0 : program.estimate((below) => sizeBelow(sizes, below));
  const times = count ?? (sizes ? maxCount(sizes) : 0);
  for (const [index, rule] of (schema["x-kubernetes-validations"] ?? []).entries())
    if (rule.rule.trim() !== "")
      yield* ruleErrors(
        rule,
        { type, costs, times },
        { ...place, path: `${path}.x-kubernetes-validations[${index}]` },
      );
}

function* rulesInParts(schema: JsonSchemaProps, place: Place): Iterable<FieldError> {
  const { path } = place;
  const { additionalProperties, properties = {} } = schema;
  const items = itemsOf(schema);
  const bound = boundOfParts(schema);
  const isBounded = place.count !== undefined && bound !== undefined;
  const below = { ...place, count: isBounded ? place.count * bound : undefined };
  const inMap =
    schema["x-kubernetes-map-type"] === "atomic"
      ? (place.uncorrelated ?? path)
      : place.uncorrelated;
  const inList =
    schema["x-kubernetes-list-type"] === "map" ? place.uncorrelated : (place.uncorrelated ?? path);
  for (const [name, property] of Object.entries(properties))
    if (hasRules(property))
      yield* rulesIn(property, {
        ...below,
        path: `${path}.properties[${name}]`,
        uncorrelated: inMap,
      });
  if (typeof additionalProperties === "object" && hasRules(additionalProperties))
    yield* rulesIn(additionalProperties, { ...below, path: `${path}.additionalProperties` });
  if (items && hasRules(items))
    yield* rulesIn(items, { ...below, path: `${path}.items`, uncorrelated: inList });
}

/** What rules at one place are about. */
interface Self {
  readonly type: CelType;
  /** What evaluating an expression once may cost. */
  costs(program: Program): number;
  /** How often a rule may have to be evaluated for one object. */
  readonly times: number;
}

function* ruleErrors(rule: ValidationRule, self: Self, place: Place): Iterable<FieldError> {
  const { path, compiler, costs, uncorrelated } = place;
  const program = compiled(() => compiler.rule(rule, self.type));
  if (program === undefined) return;
  const fault = faultOf(program);
  if (fault !== undefined)
    yield invalid(`${path}.rule`, { value: held(RULE, rule), detail: fault });
  const isSound = typeof program !== "string" && fault === undefined;
  if (isSound) {
    const cost = self.times === 0 ? 0 : self.costs(program) * self.times;
    yield* costs.add("rule", { field: `${path}.rule`, cost });
    // What would be said of a rule that is none is not looked at.
    yield* messageErrors(rule, self, place);
  }
  const usesOldSelf = isSound && program.uses("oldSelf");
  if (!usesOldSelf && rule.optionalOldSelf !== undefined)
    yield invalid(`${path}.optionalOldSelf`, {
      value: rule.optionalOldSelf,
      detail: "may not be set if oldSelf is not used in rule",
    });
  if (usesOldSelf && uncorrelated !== undefined)
    yield invalid(`${path}.rule`, {
      value: rule.rule,
      detail: `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`,
    });
}

function* messageErrors(
  rule: ValidationRule,
  self: Self,
  { path, compiler, costs }: Place,
): Iterable<FieldError> {
  const message = compiled(() => compiler.message(rule, self.type));
  if (message === undefined) return;
  const field = `${path}.messageExpression`;
  if (typeof message === "string")
    yield invalid(field, {
      value: held(RULE, rule),
      detail: `messageExpression compilation failed: ${message}`,
    });
  else if (message.type.is !== "string")
    yield invalid(field, {
      value: held(RULE, rule),
      detail: "messageExpression must evaluate to a string",
    });
  else if (message.obstacle !== undefined)
    yield invalid(field, {
      value: held(RULE, rule),
      detail: `messageExpression instantiation failed: ${message.obstacle}`,
    });
  else yield* costs.add("messageExpression", { field, cost: self.costs(message) });
}

function faultOf(program: Program | string): string | undefined {
  if (typeof program === "string") return `compilation failed: ${program}`;
  if (program.type.is !== "bool") return "cel expression must evaluate to a bool";
  return program.obstacle && `program instantiation failed: ${program.obstacle}`;
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
