import type { TokenKind } from "./tokens.ts";

export type RuleName =
  | "start"
  | "expr"
  | "conditionalOr"
  | "conditionalAnd"
  | "relation"
  | "calc"
  | "unary"
  | "member"
  | "primary"
  | "exprList"
  | "listInit"
  | "fieldInitializerList"
  | "optField"
  | "mapInitializerList"
  | "escapeIdent"
  | "optExpr"
  | "literal";

/** An alternative: its name in the tree, and what it is made of. */
export type Alternative = readonly [name: string, parts: readonly Part[]];

/**
 * A part of a rule. `as` is the name under which the tree keeps what was read. `deep` marks choices
 * that one token does not decide.
 */
export type Part =
  | { readonly is: "token"; readonly kinds: readonly TokenKind[]; readonly as: string }
  | {
      readonly is: "rule";
      readonly rule: RuleName;
      readonly precedence: number;
      readonly as: string;
    }
  | { readonly is: "optional"; readonly parts: readonly Part[] }
  | { readonly is: "many" | "some"; readonly parts: readonly Part[]; readonly deep: boolean }
  | { readonly is: "choice"; readonly of: readonly Alternative[]; readonly deep: boolean }
  /** What follows is only tried by a caller that asks for no higher precedence. */
  | { readonly is: "precedence"; readonly level: number }
  /** Reads on with what was read as the left side, again and again. */
  | { readonly is: "leftward"; readonly of: readonly Alternative[] };

const token = (kind: TokenKind | readonly TokenKind[], as = ""): Part => ({
  is: "token",
  kinds: typeof kind === "string" ? [kind] : kind,
  as,
});
const rule = (name: RuleName, as = "", precedence = 0): Part => ({
  is: "rule",
  rule: name,
  precedence,
  as,
});
const optional = (...parts: readonly Part[]): Part => ({ is: "optional", parts });
const many = (...parts: readonly Part[]): Part => ({ is: "many", parts, deep: false });
const manyDeep = (...parts: readonly Part[]): Part => ({ is: "many", parts, deep: true });
const precedence = (level: number): Part => ({ is: "precedence", level });
const dot = optional(token("'.'", "leadingDot"));
const comma = optional(token("','"));
const entry = (key: Part): readonly Part[] => [key, token("':'", "colon"), rule("expr", "value")];
const list = (item: readonly Part[]): readonly Part[] => [...item, manyDeep(token("','"), ...item)];
const args = optional(rule("exprList", "args"));

/** CEL as cel-go 0.26 reads it. */
export const GRAMMAR: Readonly<Record<RuleName, readonly Part[]>> = {
  start: [rule("expr", "e"), token("<EOF>")],
  expr: [
    rule("conditionalOr", "e"),
    optional(
      token("'?'", "op"),
      rule("conditionalOr", "then"),
      token("':'"),
      rule("expr", "otherwise"),
    ),
  ],
  conditionalOr: [
    rule("conditionalAnd", "e"),
    many(token("'||'", "ops"), rule("conditionalAnd", "rest")),
  ],
  conditionalAnd: [rule("relation", "e"), many(token("'&&'", "ops"), rule("relation", "rest"))],
  relation: [
    rule("calc", "e"),
    {
      is: "leftward",
      of: [
        [
          "relation",
          [
            precedence(1),
            token(["'<'", "'<='", "'>='", "'>'", "'=='", "'!='", "'in'"], "op"),
            rule("relation", "right", 2),
          ],
        ],
      ],
    },
  ],
  calc: [
    rule("unary", "e"),
    {
      is: "leftward",
      of: [
        ["calc", [precedence(2), token(["'*'", "'/'", "'%'"], "op"), rule("calc", "right", 3)]],
        ["calc", [precedence(1), token(["'+'", "'-'"], "op"), rule("calc", "right", 2)]],
      ],
    },
  ],
  unary: [
    {
      is: "choice",
      deep: true,
      of: [
        ["plain", [rule("member", "e")]],
        ["not", [{ is: "some", parts: [token("'!'", "ops")], deep: false }, rule("member", "e")]],
        ["negate", [{ is: "some", parts: [token("'-'", "ops")], deep: true }, rule("member", "e")]],
      ],
    },
  ],
  member: [
    rule("primary", "e"),
    {
      is: "leftward",
      of: [
        [
          "select",
          [
            precedence(3),
            token("'.'", "op"),
            optional(token("'?'", "opt")),
            rule("escapeIdent", "id"),
          ],
        ],
        [
          "memberCall",
          [
            precedence(2),
            token("'.'", "op"),
            token("IDENTIFIER", "id"),
            token("'('", "open"),
            args,
            token("')'"),
          ],
        ],
        [
          "index",
          [
            precedence(1),
            token("'['", "op"),
            optional(token("'?'", "opt")),
            rule("expr", "index"),
            token("']'"),
          ],
        ],
      ],
    },
  ],
  primary: [
    {
      is: "choice",
      deep: true,
      of: [
        ["ident", [dot, token("IDENTIFIER", "id")]],
        ["globalCall", [dot, token("IDENTIFIER", "id"), token("'('", "op"), args, token("')'")]],
        ["nested", [token("'('"), rule("expr", "e"), token("')'")]],
        [
          "createList",
          [token("'['", "op"), optional(rule("listInit", "elements")), comma, token("']'")],
        ],
        [
          "createMap",
          [
            token("'{'", "op"),
            optional(rule("mapInitializerList", "entries")),
            comma,
            token("'}'"),
          ],
        ],
        [
          "createMessage",
          [
            dot,
            token("IDENTIFIER", "ids"),
            many(token("'.'", "ops"), token("IDENTIFIER", "ids")),
            token("'{'", "op"),
            optional(rule("fieldInitializerList", "entries")),
            comma,
            token("'}'"),
          ],
        ],
        ["constant", [rule("literal", "e")]],
      ],
    },
  ],
  exprList: [rule("expr", "e"), many(token("','"), rule("expr", "e"))],
  listInit: list([rule("optExpr", "e")]),
  fieldInitializerList: list(entry(rule("optField", "field"))),
  optField: [optional(token("'?'", "opt")), rule("escapeIdent", "e")],
  mapInitializerList: list(entry(rule("optExpr", "key"))),
  escapeIdent: [
    {
      is: "choice",
      deep: false,
      of: [
        ["simple", [token("IDENTIFIER", "id")]],
        ["escaped", [token("ESC_IDENTIFIER", "id")]],
      ],
    },
  ],
  optExpr: [optional(token("'?'", "opt")), rule("expr", "e")],
  literal: [
    {
      is: "choice",
      deep: true,
      of: [
        ["int", [optional(token("'-'", "sign")), token("NUM_INT", "tok")]],
        ["uint", [token("NUM_UINT", "tok")]],
        ["double", [optional(token("'-'", "sign")), token("NUM_FLOAT", "tok")]],
        ["string", [token("STRING", "tok")]],
        ["bytes", [token("BYTES", "tok")]],
        ["true", [token("'true'", "tok")]],
        ["false", [token("'false'", "tok")]],
        ["null", [token("'null'", "tok")]],
      ],
    },
  ],
};
