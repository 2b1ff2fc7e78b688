import { Budget } from "../cel/budget.ts";
import { CelCostError, CelError } from "../cel/errors.ts";
import { CelEnvironment, type Program } from "../cel/program.ts";
import { type CelType, optionalOf } from "../cel/types.ts";
import { type CelValue, Optional } from "../cel/values.ts";
import { isJsonObject } from "../codec/json-value.ts";
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  invalidWithoutValue,
  required,
} from "../field-error.ts";
import { celTypeOf, celValueOf, withResourceFields } from "./cel-schema.ts";
import {
  itemsOf,
  type JsonSchemaProps,
  placeIn,
  propertyOf,
  type ValidationRule,
} from "./json-schema-props.ts";
import { correlate } from "./list-types.ts";

/** What a rule says at most of what is wrong (`MaxEvaluatedMessageExpressionSizeBytes`). */
const MAX_MESSAGE_BYTES = 5 * 1024;
const isShort = (text: string): boolean => Buffer.byteLength(text) <= MAX_MESSAGE_BYTES;

/** Kubernetes' `PerCallLimit` and `RuntimeCELCostBudget`. */
const PER_CALL_COST = 1_000_000;
const TOTAL_COST = 10_000_000;

/** A rule of a schema, ready to run. */
interface CompiledRule {
  readonly rule: ValidationRule;
  readonly program: Program;
  readonly message: Program | undefined;
  /** It compares with what was before. */
  readonly isTransition: boolean;
}

/** A value, and what it replaces where that can be told. */
interface Pair {
  readonly value: unknown;
  readonly old: unknown;
}

/** Compiles rules against the type of what they are about. */
export class RuleCompiler {
  readonly #environment = new CelEnvironment();

  /** @throws CelCompileError */
  rule(rule: ValidationRule, self: CelType): Program {
    return this.#environment.compile(rule.rule, { variables: variablesOf(rule, self) });
  }

  /** @throws CelCompileError */
  message(rule: ValidationRule, self: CelType): Program | undefined {
    const { messageExpression = "" } = rule;
    if (messageExpression.trim() === "") return undefined;
    return this.#environment.compile(messageExpression, { variables: variablesOf(rule, self) });
  }
}

function variablesOf(
  { optionalOldSelf }: ValidationRule,
  self: CelType,
): ReadonlyMap<string, CelType> {
  return new Map([
    ["self", self],
    ["oldSelf", optionalOldSelf ? optionalOf(self) : self],
  ]);
}

/** True where a rule stands anywhere in a schema. */
export function hasRules(schema: JsonSchemaProps): boolean {
  const { properties = {}, additionalProperties } = schema;
  const items = itemsOf(schema);
  return (
    (schema["x-kubernetes-validations"] ?? []).length > 0 ||
    Object.values(properties).some(hasRules) ||
    (typeof additionalProperties === "object" && hasRules(additionalProperties)) ||
    (items !== undefined && hasRules(items))
  );
}

/** The rules of one schema, compiled when they are first needed. */
export class SchemaRules {
  readonly #root: JsonSchemaProps;
  readonly #compiler = new RuleCompiler();
  readonly #compiled = new Map<JsonSchemaProps, readonly CompiledRule[]>();

  constructor(schema: JsonSchemaProps) {
    this.#root = withResourceFields(schema);
  }

  /** What the rules find wrong with a resource; `old` undefined is a new one. */
  validate(pair: Pair): readonly FieldError[] {
    const errors: FieldError[] = [];
    try {
      const left = { cost: TOTAL_COST };
      this.#visit(this.#root, pair, { path: "", errors, left, isUnchanged: false });
    } catch (error) {
      if (!(error instanceof CelCostError)) throw error;
    }
    return errors;
  }

  #visit(schema: JsonSchemaProps, pair: Pair, run: Run): void {
    const { value, old } = pair;
    if (value === null || value === undefined) return;
    const isUnchanged = old === undefined ? run.isUnchanged : Bun.deepEquals(value, old);
    const here = { ...run, isUnchanged };
    const rules = this.#rulesOf(schema, run.path);
    if (rules.length > 0) runRules(rules, { schema, pair, run: here });
    for (const [inner, child, place] of partsOf(schema, { value, old }))
      this.#visit(inner, child, { ...here, path: `${run.path}${place}`.replace(/^\./, "") });
  }

  #rulesOf(schema: JsonSchemaProps, path: string): readonly CompiledRule[] {
    const given = schema["x-kubernetes-validations"];
    if (given === undefined || given.length === 0) return [];
    const known = this.#compiled.get(schema);
    if (known) return known;
    const self = celTypeOf(schema, `self.${path}`);
    const made = given.map((rule): CompiledRule => {
      const program = this.#compiler.rule(rule, self);
      const message = this.#compiler.message(rule, self);
      return { rule, program, message, isTransition: program.uses("oldSelf") };
    });
    this.#compiled.set(schema, made);
    return made;
  }
}

/** The parts of a value that the schema says more about, each with where it is. */
function* partsOf(
  schema: JsonSchemaProps,
  { value, old }: Pair,
): Iterable<readonly [JsonSchemaProps, Pair, string]> {
  const items = itemsOf(schema);
  if (Array.isArray(value) && items) {
    const before = correlate(schema, old);
    for (const [index, element] of value.entries())
      yield [items, { value: element, old: before(element) }, `[${index}]`];
  }
  if (!isJsonObject(value)) return;
  const before = isJsonObject(old) ? old : {};
  for (const [name, child] of Object.entries(value)) {
    const property = propertyOf(schema, name);
    const pair = { value: child, old: before[name] };
    if (property) yield [property, pair, placeIn(schema, name)];
  }
}

interface Run {
  readonly path: string;
  /** The value, or the nearest around it of which that can be told, is as it was. */
  readonly isUnchanged: boolean;
  readonly errors: FieldError[];
  /** What all rules together may still cost. */
  readonly left: { cost: number };
}

interface Subject {
  readonly schema: JsonSchemaProps;
  readonly pair: Pair;
  readonly run: Run;
}

function runRules(rules: readonly CompiledRule[], subject: Subject): void {
  const { schema, pair, run } = subject;
  const self = celValueOf(pair.value, schema);
  const before = pair.old === undefined ? undefined : celValueOf(pair.old, schema);
  for (const compiled of rules) {
    const { isTransition, rule } = compiled;
    if (isTransition && before === undefined && !rule.optionalOldSelf) continue;
    const plain = new Map<string, CelValue>([["self", self]]);
    if (before !== undefined) plain.set("oldSelf", before);
    const bindings = rule.optionalOldSelf
      ? new Map([...plain, ["oldSelf", new Optional(before)] as const])
      : plain;
    const error = runRule(compiled, { ...subject, bindings, plain });
    if (error) run.errors.push(error);
  }
}

interface Attempt extends Subject {
  readonly bindings: ReadonlyMap<string, CelValue>;
  /** The same for messages: what was before is optional for rules alone. */
  readonly plain: ReadonlyMap<string, CelValue>;
}

/** @throws CelCostError after it was reported. */
function runRule(compiled: CompiledRule, attempt: Attempt): FieldError | undefined {
  const { rule, program } = compiled;
  const { schema, run } = attempt;
  const say = (detail: string): FieldError =>
    invalid(fieldOf(run.path), { value: schema.type ?? "", detail });
  const shown = (rule.message ?? "").trim() || rule.rule.trim();
  try {
    const passed = spendOn(run, (budget) => program.evaluate(attempt.bindings, budget));
    if (passed === true) return undefined;
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    if (!(error instanceof CelCostError)) return say(failureText(error, shown));
    run.errors.push(say(run.left.cost < 1 ? OUT_OF_BUDGET : costText(error, shown)));
    throw error;
  }
  const error = failed(compiled, attempt);
  // What is as it was is not held against the update.
  return run.isUnchanged && !compiled.isTransition ? { ...error, isLetBe: true } : error;
}

const fieldOf = (path: string): string => (path === "" ? "<nil>" : path);

const NO_FURTHER = "no further validation rules will be run";
const OUT_OF_BUDGET = `validation failed due to running out of cost budget, ${NO_FURTHER}`;

const costText = ({ message }: CelError, rule: string): string =>
  `'${message}': ${NO_FURTHER} due to call cost exceeds limit for rule: ${rule}`;

const failureText = ({ message }: CelError, rule: string): string =>
  message.startsWith("no such overload")
    ? `'${message}': call arguments did not match a supported operator, function or macro signature for rule: ${rule}`
    : `${message} evaluating rule: ${rule}`;

/** One evaluation, at the cost of all that are still to come. */
function spendOn(run: Run, evaluate: (budget: Budget) => CelValue): CelValue {
  const limit = Math.min(PER_CALL_COST, run.left.cost);
  const budget = new Budget(limit);
  try {
    return evaluate(budget);
  } finally {
    run.left.cost -= limit - budget.left;
  }
}

function failed(compiled: CompiledRule, attempt: Attempt): FieldError {
  const { rule } = compiled;
  const { schema, run, pair } = attempt;
  const { value } = pair;
  // What has parts is not repeated.
  const isShown = schema.type !== "object" && schema.type !== "array";
  const place = rule.fieldPath ? `${run.path}${rule.fieldPath}`.replace(/^\./, "") : run.path;
  const field = fieldOf(place);
  const detail = messageOf(compiled, { ...attempt, field });
  switch (rule.reason ?? "") {
    case "FieldValueForbidden":
      return forbidden(field, detail);
    case "FieldValueRequired":
      return required(field, detail);
    case "FieldValueDuplicate":
      return isShown
        ? duplicate(field, value)
        : { reason: "FieldValueDuplicate", field, message: "Duplicate value" };
    default:
      return isShown ? invalid(field, { value, detail }) : invalidWithoutValue(field, detail);
  }
}

/** @throws CelCostError after it was reported. */
function messageOf(
  { rule, message }: CompiledRule,
  { run, plain: bindings, schema, field }: Attempt & { readonly field: string },
): string {
  const plain = (rule.message ?? "").trim() || `failed rule: ${rule.rule.trim()}`;
  if (message === undefined) return plain;
  try {
    const text = spendOn(run, (budget) => message.evaluate(bindings, budget));
    const said = typeof text === "string" ? text.trim() : "";
    const isUsable = said !== "" && !said.includes("\n") && isShort(said);
    return isUsable ? said : plain;
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    if (!(error instanceof CelCostError)) return plain;
    const detail =
      run.left.cost < 1
        ? `messageExpression evaluation failed due to running out of cost budget, ${NO_FURTHER}`
        : `${NO_FURTHER} due to call cost exceeds limit for messageExpression: ${JSON.stringify(rule.messageExpression)}`;
    run.errors.push(invalid(field, { value: schema.type ?? "", detail }));
    throw error;
  }
}
