import type { FieldError } from "./field-error.ts";
import { invalid } from "./field-error.ts";
import { type Token, type TokenType, tokenize } from "./label-lexer.ts";
import { labelValue, qualifiedName } from "./names.ts";
import type { LabelSelector } from "./object.ts";
import { badRequest } from "./status.ts";

export type Labels = Readonly<Record<string, string>>;

type Operator = "in" | "notin" | "=" | "==" | "!=" | "gt" | "lt" | "exists" | "!";

interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  /** Sorted, without repetition. */
  readonly values: readonly string[];
}

const SYMBOL_OPERATORS: Partial<Record<TokenType, Operator>> = {
  in: "in",
  notin: "notin",
  "=": "=",
  "==": "==",
  "!=": "!=",
  ">": "gt",
  "<": "lt",
};

/** Which objects are meant, by their labels. Immutable. */
export class LabelMatcher {
  static readonly everything = new LabelMatcher([]);
  static readonly nothing = new LabelMatcher([], true);

  readonly #requirements: readonly Requirement[];
  readonly #nothing: boolean;

  constructor(requirements: readonly Requirement[], nothing = false) {
    this.#requirements = requirements.toSorted(({ key: a }, { key: b }) => compare(a, b));
    this.#nothing = nothing;
  }

  /** True where every object matches. */
  get isEmpty(): boolean {
    return this.#requirements.length === 0 && !this.#nothing;
  }

  matches(labels: Labels | undefined): boolean {
    if (this.#nothing) return false;
    return this.#requirements.every((requirement) => holds(requirement, labels ?? {}));
  }

  /** The selector in the syntax that `parseLabelSelector` reads. */
  toString(): string {
    return this.#requirements.map(requirementText).join(",");
  }
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function holds({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "exists":
      return value !== undefined;
    case "!":
      return value === undefined;
    case "in":
    case "=":
    case "==":
      return value !== undefined && values.includes(value);
    case "notin":
    case "!=":
      return value === undefined || !values.includes(value);
    case "gt":
    case "lt":
      return value !== undefined && isBeyond(operator, [value, values[0] ?? ""]);
  }
}

function isBeyond(operator: "gt" | "lt", [value, bound]: readonly [string, string]): boolean {
  if (!(isInteger(value) && isInteger(bound))) return false;
  return operator === "gt" ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound);
}

const isInteger = (text: string) => /^-?\d+$/.test(text);

function requirementText({ key, operator, values }: Requirement): string {
  switch (operator) {
    case "exists":
      return key;
    case "!":
      return `!${key}`;
    case "in":
    case "notin":
      return `${key} ${operator} (${values.join(",")})`;
    case "gt":
      return `${key}>${values[0]}`;
    case "lt":
      return `${key}<${values[0]}`;
    case "=":
    case "==":
    case "!=":
      return `${key}${operator}${values[0]}`;
  }
}

/** Text that Kubernetes rejects a selector with; becomes 400. */
class SelectorError extends Error {
  override readonly name = "SelectorError";
}

const found = ({ text }: Token, expected: string) =>
  new SelectorError(`found '${text}', expected: ${expected}`);

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(selector: string) {
    this.#tokens = tokenize(selector);
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    let token = this.#peek();
    while (token.type !== "end") {
      if (token.type !== "identifier" && token.type !== "!") {
        throw found(token, "!, identifier, or 'end of string'");
      }
      requirements.push(this.#requirement());
      const after = this.#next();
      if (after.type === "end") break;
      if (after.type !== ",") throw found(after, "',' or 'end of string'");
      token = this.#peek();
      if (token.type !== "identifier" && token.type !== "!") {
        throw found(token, "identifier after ','");
      }
    }
    return requirements;
  }

  #requirement(): Requirement {
    try {
      const negated = this.#peek().type === "!" && this.#next().type === "!";
      const name = this.#next();
      if (name.type !== "identifier") throw found(name, "identifier");
      const key = checkKey(name.text);
      if (negated) return { key, operator: "!", values: [] };
      const { type } = this.#peek();
      if (type === "end" || type === ",") return { key, operator: "exists", values: [] };
      const operator = this.#operator();
      const set = operator === "in" || operator === "notin";
      const values = set ? this.#valueSet() : [this.#exactValue()];
      return checkValues({ key, operator, values: [...new Set(values)].sort(compare) });
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
      throw new SelectorError(`unable to parse requirement: ${error.message}`);
    }
  }

  #operator(): Operator {
    const token = this.#next("operator");
    const operator = SYMBOL_OPERATORS[token.type];
    if (operator === undefined) throw found(token, "in, notin, =, ==, !=, gt, lt");
    return operator;
  }

  #exactValue(): string {
    const { type } = this.#peek();
    if (type === "end" || type === ",") return "";
    const token = this.#next();
    if (token.type !== "identifier") throw found(token, "identifier");
    return token.text;
  }

  /** `(a,b)`; an empty place between commas is the empty value. */
  #valueSet(): string[] {
    const open = this.#next();
    if (open.type !== "(") throw new SelectorError(`found '${open.text}' expected: '('`);
    const values: string[] = [];
    for (;;) {
      const value = this.#peek().type === "identifier" ? this.#next().text : "";
      values.push(value);
      const token = this.#next();
      if (token.type === ")") return values;
      if (token.type !== ",") {
        throw found(token, value === "" ? "',', ')' or identifier" : "',' or ')'");
      }
    }
  }

  #peek(): Token {
    return asValue(this.#tokens[this.#at] ?? { type: "end", text: "" });
  }

  /** `in` and `notin` are words like others except where an operator stands. */
  #next(as: "operator" | "value" = "value"): Token {
    const token = this.#tokens[this.#at] ?? { type: "end", text: "" };
    this.#at += 1;
    return as === "operator" ? token : asValue(token);
  }
}

function asValue(token: Token): Token {
  const { type, text } = token;
  return type === "in" || type === "notin" ? { type: "identifier", text } : token;
}

function checkKey(key: string): string {
  const errors = qualifiedName(key);
  if (errors.length === 0) return key;
  throw new SelectorError(asText(invalid("<nil>", { value: key, detail: errors.join("; ") })));
}

function checkValues(requirement: Requirement): Requirement {
  const { key, operator, values } = requirement;
  for (const [index, value] of values.entries()) {
    if ((operator === "gt" || operator === "lt") && !isInteger(value)) {
      const detail = "for 'Gt', 'Lt' operators, the value must be an integer";
      throw new SelectorError(asText(invalid(`values[${index}]`, { value, detail })));
    }
    const errors = labelValue(value);
    if (errors.length > 0) {
      const detail = errors.join("; ");
      throw new SelectorError(asText(invalid(`values[${index}][${key}]`, { value, detail })));
    }
  }
  return requirement;
}

const asText = ({ field, message }: FieldError) => `${field}: ${message}`;

/** The matcher of a `labelSelector` parameter: `app=web,tier in (a,b),!old`. Throws 400 BadRequest. */
export function parseLabelSelector(selector: string): LabelMatcher {
  try {
    const requirements = new Parser(selector).parse();
    return requirements.length === 0 ? LabelMatcher.everything : new LabelMatcher(requirements);
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    throw badRequest(error.message);
  }
}

/** The matcher of a set of labels that must all be there, as in a Service's selector. */
export function matcherOfLabels(labels: Labels): LabelMatcher {
  return new LabelMatcher(
    Object.entries(labels).map(([key, value]) => ({ key, operator: "=", values: [value] })),
  );
}

const EXPRESSION_OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ["In", "in"],
  ["NotIn", "notin"],
  ["Exists", "exists"],
  ["DoesNotExist", "!"],
]);

/** The matcher of a LabelSelector object: none selects nothing, an empty one everything. */
export function matcherOf(selector: LabelSelector | undefined): LabelMatcher {
  if (selector === undefined) return LabelMatcher.nothing;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const requirements: Requirement[] = Object.entries(matchLabels).map(([key, value]) => ({
    key,
    operator: "=",
    values: [value],
  }));
  for (const { key, operator, values = [] } of matchExpressions) {
    const known = EXPRESSION_OPERATORS.get(operator);
    if (known === undefined) return LabelMatcher.nothing;
    requirements.push({ key, operator: known, values: [...new Set(values)].sort(compare) });
  }
  return requirements.length === 0 ? LabelMatcher.everything : new LabelMatcher(requirements);
}
