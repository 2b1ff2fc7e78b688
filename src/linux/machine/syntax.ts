/** How many bytes a load or store moves, and whether their sign is extended. */
export type Width = "u8" | "u16" | "u32" | "i32" | "u64";

export type BinaryOperator =
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "&"
  | "|"
  | "^"
  | "<<"
  | ">>"
  | ">>>"
  | Comparison;

/** Of signed 64-bit words. */
export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";
export type UnaryOperator = "-" | "~" | "!";

/** Every expression is a 64-bit word. */
export type Expression = { readonly at: string } & (
  | { readonly kind: "number"; readonly value: bigint }
  /** The address of bytes that end in NUL. */
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "name"; readonly name: string }
  /** The address of a variable. */
  | { readonly kind: "address"; readonly name: string }
  | { readonly kind: "load"; readonly width: Width; readonly address: Expression }
  | { readonly kind: "unary"; readonly operator: UnaryOperator; readonly operand: Expression }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  /** The right side is looked at only where the left one does not decide. */
  | {
      readonly kind: "logical";
      readonly operator: "&&" | "||";
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[] }
  /** A system call by name. */
  | { readonly kind: "syscall"; readonly name: string; readonly args: readonly Expression[] }
  /** A system call whose number is the first operand. */
  | { readonly kind: "invoke"; readonly args: readonly Expression[] }
);

export type Statement = { readonly at: string } & (
  | { readonly kind: "declare"; readonly name: string; readonly value: Expression }
  | { readonly kind: "assign"; readonly name: string; readonly value: Expression }
  | {
      readonly kind: "store";
      readonly width: Width;
      readonly address: Expression;
      readonly value: Expression;
    }
  | {
      readonly kind: "if";
      readonly condition: Expression;
      readonly then: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  | {
      readonly kind: "while";
      readonly condition: Expression;
      readonly body: readonly Statement[];
    }
  | { readonly kind: "return"; readonly value: Expression | undefined }
  | { readonly kind: "break" }
  | { readonly kind: "continue" }
  | { readonly kind: "evaluate"; readonly value: Expression }
);

export type Declaration = { readonly name: string; readonly at: string } & (
  | { readonly kind: "const"; readonly value: Expression }
  /** Zeroed bytes. */
  | { readonly kind: "static"; readonly bytes: Expression }
  | {
      readonly kind: "function";
      readonly parameters: readonly string[];
      readonly body: readonly Statement[];
    }
);
