import type { Expression } from "../ast.ts";
import type { CelType } from "../types.ts";
import type { CelValue } from "../values.ts";
import { belowVariable, type GrownPath, grown } from "./grown-path.ts";
import { exactly, NOTHING, ONE, type Span, UNKNOWN, union } from "./span.ts";

/**
 * How large what lies below the variables of an expression may be, by the way to it: names of
 * fields, `@items`, `@keys`, `@values`. Undefined where that is not known.
 */
export type SizeBounds = (path: readonly string[]) => number | undefined;

/** The types of all parts of an expression. */
type ExpressionTypes = ReadonlyMap<Expression, CelType>;

/** How large the parts of a list or map are. */
interface EntrySize {
  readonly isList: boolean;
  readonly key: Span;
  readonly value: Span;
}

/** A variable of the expression itself. */
interface Local {
  readonly path: GrownPath | undefined;
  readonly size: Span | undefined;
}

const SCALARS: readonly CelType["is"][] = [
  "bool",
  "double",
  "duration",
  "int",
  "timestamp",
  "uint",
];

/** True for types whose values are all of one size. */
export function isScalar(type: CelType | undefined): boolean {
  if (type?.is === "optional") return isScalar(type.of);
  return type !== undefined && SCALARS.includes(type.is);
}

/** What is found out, on the way through an expression, of where its parts lie and how large they are. */
export class KnownSizes {
  readonly #types: ExpressionTypes;
  readonly #bounds: SizeBounds;
  readonly #scopes: ReadonlyMap<string, Local>[] = [];
  readonly #paths = new Map<Expression, GrownPath>();
  readonly #sizes = new Map<Expression, Span>();
  readonly #entries = new Map<Expression, EntrySize>();

  constructor(types: ExpressionTypes, bounds: SizeBounds) {
    this.#types = types;
    this.#bounds = bounds;
  }

  /** What is between the two is about these variables. */
  enter(variables: ReadonlyMap<string, Local>): void {
    this.#scopes.push(variables);
  }

  leave(): void {
    this.#scopes.pop();
  }

  /** A variable stands where its name leads. */
  setRoot(expression: Expression, name: string): void {
    this.#paths.set(expression, this.#local(name)?.path ?? grown(undefined, name));
  }

  /** A part of a value lies below it. */
  setPart(expression: Expression, whole: Expression, place: string): void {
    this.#paths.set(expression, grown(this.#pathOf(whole), place));
  }

  /** An element is as large as those that a literal has, where the container comes from one. */
  setElement(expression: Expression, container: Expression): void {
    const size = this.#entries.get(container)?.value;
    if (size) this.#sizes.set(expression, size);
  }

  setSize(expression: Expression, size: Span): void {
    this.#sizes.set(expression, size);
  }

  setEntries(expression: Expression, entry: EntrySize): void {
    this.#entries.set(expression, entry);
  }

  /** One is all that is known of the other. */
  copy(to: Expression, from: Expression): void {
    const size = this.#known(from);
    const entry = this.#entries.get(from);
    if (size) this.#sizes.set(to, size);
    if (entry) this.#entries.set(to, entry);
  }

  /** What is made of two has the elements of both. */
  join(whole: Expression, first: Expression, second: Expression): void {
    const a = this.#entries.get(first);
    const b = this.#entries.get(second);
    if (!a || !b) return;
    const [key, value] = [union(a.key, b.key), union(a.value, b.value)];
    this.#entries.set(whole, { isList: a.isList, key, value });
  }

  of(expression: Expression): Span {
    return this.#known(expression) ?? UNKNOWN;
  }

  /** The size that holds all. */
  ofAny(expressions: readonly Expression[]): Span {
    const sizes = expressions.map((one) => this.of(one));
    return sizes.length === 0 ? NOTHING : sizes.reduce(union);
  }

  /**
   * Finds, when it is asked, how large the elements of a list or map may be; nothing for a value that
   * is neither.
   */
  elementsOf(expression: Expression): () => Span | undefined {
    const is = this.#types.get(expression)?.is;
    if (is !== "list" && is !== "map") return () => undefined;
    const path = this.#pathOf(expression);
    return () => (path && this.#bounded([...belowVariable(path), "@items"])) ?? UNKNOWN;
  }

  /** The variables of a loop: elements; or keys; or indexes and elements; or keys and values. */
  loopVariables(range: Expression, vars: readonly string[]): ReadonlyMap<string, Local> {
    const entry = this.#entries.get(range);
    const isList = entry?.isList ?? this.#types.get(range)?.is === "list";
    const path = this.#pathOf(range);
    const places =
      vars.length === 1
        ? [isList ? "@items" : "@keys"]
        : isList
          ? ["@indices", "@items"]
          : ["@keys", "@values"];
    return new Map(
      vars.map((name, index) => {
        const place = places[index] ?? "";
        const isKey = place === "@keys" || place === "@indices";
        return [name, { path: grown(path, place), size: isKey ? entry?.key : entry?.value }];
      }),
    );
  }

  /** The size of what a variable of the innermost loop holds. */
  ofVariable(name: string, type: CelType | undefined): Span {
    const { path, size } = this.#local(name) ?? {};
    return (path && this.#bounded(belowVariable(path))) ?? (isScalar(type) ? ONE : size) ?? UNKNOWN;
  }

  #local(name: string): Local | undefined {
    return this.#scopes.findLast((scope) => scope.has(name))?.get(name);
  }

  #pathOf(expression: Expression): GrownPath | undefined {
    const local = expression.is === "name" ? this.#local(expression.name) : undefined;
    return local ? local.path : this.#paths.get(expression);
  }

  #bounded(path: readonly string[]): Span | undefined {
    const max = this.#bounds(path);
    return max === undefined ? undefined : { min: 0, max };
  }

  #known(expression: Expression): Span | undefined {
    const known = this.#sizes.get(expression) ?? literalSize(expression);
    if (known) return known;
    const path = this.#pathOf(expression);
    const bounded = path && this.#bounded(belowVariable(path));
    if (bounded) {
      this.#sizes.set(expression, bounded);
      return bounded;
    }
    if (isScalar(this.#types.get(expression))) return ONE;
    return expression.is === "name" ? this.#local(expression.name)?.size : undefined;
  }
}

function literalSize(expression: Expression): Span | undefined {
  if (expression.is === "literal") return exactly(sizeOfLiteral(expression.value));
  if (expression.is === "list") return exactly(expression.elements.length);
  return expression.is === "map" ? exactly(expression.entries.length) : undefined;
}

function sizeOfLiteral(value: CelValue): number {
  if (typeof value === "string") return [...value].length;
  return value instanceof Uint8Array ? value.length : 1;
}
