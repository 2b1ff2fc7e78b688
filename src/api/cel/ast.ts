import type { CelValue } from "./values.ts";

/** Where an expression stands: an index into the source. */
interface Placed {
  readonly at: number;
}

/** `all`, `map` and their like: `vars` are one or two names, bound to each element of `range`. */
export interface Comprehension extends Placed {
  readonly is: "comprehension";
  readonly macro: Macro;
  readonly range: Expression;
  readonly vars: readonly string[];
  readonly filter?: Expression;
  readonly body: Expression;
}

export type Macro =
  | "all"
  | "exists"
  | "existsOne"
  | "filter"
  | "map"
  | "transformList"
  | "transformMap"
  | "transformMapEntry"
  | "optMap"
  | "optFlatMap"
  | "sortBy";

export interface MapEntry {
  readonly key: Expression;
  readonly value: Expression;
  readonly isOptional: boolean;
  /** Where its colon stands. */
  readonly at: number;
}

export interface StructField {
  readonly name: string;
  readonly value: Expression;
  readonly isOptional: boolean;
  /** Where its colon stands. */
  readonly at: number;
}

export type Expression =
  | (Placed & { readonly is: "literal"; readonly value: CelValue })
  | (Placed & { readonly is: "name"; readonly name: string; readonly isRooted?: true })
  | (Placed & {
      readonly is: "select";
      readonly operand: Expression;
      readonly field: string;
      /** `has(a.b)` */
      readonly isTest: boolean;
      /** `a.?b` */
      readonly isOptional: boolean;
    })
  | (Placed & {
      readonly is: "index";
      readonly operand: Expression;
      readonly index: Expression;
      readonly isOptional: boolean;
    })
  | (Placed & {
      readonly is: "call";
      readonly name: string;
      /** Written with a dot before it, which changes nothing but messages. */
      readonly isRooted?: true;
      readonly target?: Expression;
      readonly args: readonly Expression[];
    })
  | (Placed & { readonly is: "and" | "or"; readonly left: Expression; readonly right: Expression })
  | (Placed & {
      readonly is: "conditional";
      readonly condition: Expression;
      readonly then: Expression;
      readonly otherwise: Expression;
    })
  | (Placed & {
      readonly is: "list";
      readonly elements: readonly { readonly value: Expression; readonly isOptional: boolean }[];
    })
  | (Placed & { readonly is: "map"; readonly entries: readonly MapEntry[] })
  | (Placed & {
      readonly is: "struct";
      /** `Object.spec` */
      readonly typeName: string;
      readonly isRooted?: true;
      readonly fields: readonly StructField[];
    })
  | Comprehension;

/** `google.protobuf.Timestamp` as it was written, where an expression is nothing but names. */
export function qualifiedName(expression: Expression): string | undefined {
  if (expression.is === "name") return expression.name;
  if (expression.is !== "select" || expression.isTest || expression.isOptional) return undefined;
  const left = qualifiedName(expression.operand);
  return left === undefined ? undefined : `${left}.${expression.field}`;
}

/** The expressions that an expression is made of, as they were written; not the names of variables that it brings. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.is) {
    case "literal":
    case "name":
      return [];
    case "select":
      return [expression.operand];
    case "index":
      return [expression.operand, expression.index];
    case "call":
      return expression.target ? [expression.target, ...expression.args] : expression.args;
    case "and":
    case "or":
      return [expression.left, expression.right];
    case "conditional":
      return [expression.condition, expression.then, expression.otherwise];
    case "list":
      return expression.elements.map(({ value }) => value);
    case "map":
      return expression.entries.flatMap(({ key, value }) => [key, value]);
    case "struct":
      return expression.fields.map(({ value }) => value);
    case "comprehension": {
      const { range, filter, body } = expression;
      return filter ? [range, filter, body] : [range, body];
    }
  }
}
