import { balanced } from "../balanced.ts";
import { BEFORE, type CelFault } from "../compile-error.ts";
import { type LiteralKind, readLiteral } from "../literal-text.ts";
import { type MacroArgument, macroFault, macroOf, testFault } from "../macros.ts";
import { isReserved } from "../reserved.ts";
import { ParsingStopped } from "./recover.ts";
import type { SyntaxToken } from "./tokens.ts";
import type { SyntaxNode } from "./tree.ts";

const MAX_DEPTH = 250;
const UNREADABLE: MacroArgument = { is: "nothing", at: BEFORE };

type Visit = (node: SyntaxNode) => MacroArgument;

/** Finds what is wrong in a tree though each token may stand where it does: reserved names, numbers, macros. */
export class MisreadingVisitor {
  readonly faults: CelFault[] = [];
  #depth = 0;

  readonly #visits: Readonly<Record<string, Visit>> = {
    start: (node) => this.#part(node),
    expr: (node) => this.#conditional(node),
    conditionalOr: (node) => this.#chain(node, "or"),
    conditionalAnd: (node) => this.#chain(node, "and"),
    relation: (node) => this.#binary(node),
    calc: (node) => this.#binary(node),
    unary: ({ start }) => ({ is: "literal", at: start.at }),
    plain: (node) => this.#part(node),
    not: (node) => this.#unary(node),
    negate: (node) => this.#unary(node),
    member: (node) => this.#part(node),
    select: (node) => this.#deeper(() => this.#select(node)),
    memberCall: (node) => this.#deeper(() => this.#memberCall(node)),
    index: (node) => this.#deeper(() => this.#index(node)),
    ident: (node) => this.#ident(node),
    globalCall: (node) => this.#globalCall(node),
    nested: (node) => this.#part(node),
    createList: (node) => {
      for (const list of node.nodes("elements"))
        for (const element of list.nodes("e")) this.#part(element);
      return { is: "list", at: place(node.token("op")) };
    },
    createMap: (node) => {
      for (const entries of node.nodes("entries")) this.#entries(entries, "key");
      return { is: "map", at: place(node.token("op")) };
    },
    createMessage: (node) => {
      for (const entries of node.nodes("entries")) this.#entries(entries, "field");
      return { is: "struct", at: place(node.token("op")) };
    },
    constant: (node) => this.#part(node),
    int: (node) => this.#literal("int", node),
    uint: (node) => this.#literal("uint", node),
    double: (node) => this.#literal("double", node),
    string: (node) => this.#literal("string", node),
    bytes: (node) => this.#literal("bytes", node),
    true: (node) => this.#literal("true", node),
    false: (node) => this.#literal("false", node),
    null: (node) => this.#literal("null", node),
  };

  visit(node: SyntaxNode | undefined): MacroArgument {
    if (node === undefined) return UNREADABLE;
    return this.#visits[node.name]?.(node) ?? UNREADABLE;
  }

  #part(node: SyntaxNode): MacroArgument {
    return this.visit(node.node("e"));
  }

  #deeper(visit: () => MacroArgument): MacroArgument {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new ParsingStopped("max recursion depth exceeded");
    const found = visit();
    this.#depth -= 1;
    return found;
  }

  #fault(problem: string, at: number): MacroArgument {
    this.faults.push({ problem, at });
    return { is: "nothing", at };
  }

  #conditional(node: SyntaxNode): MacroArgument {
    const op = node.token("op");
    if (op === undefined) return this.#part(node);
    return this.#deeper(() => {
      this.#part(node);
      this.visit(node.node("then"));
      this.visit(node.node("otherwise"));
      return { is: "conditional", at: op.at };
    });
  }

  #chain(node: SyntaxNode, is: "and" | "or"): MacroArgument {
    const first = this.#part(node);
    for (const one of node.nodes("rest")) this.visit(one);
    const operators = node.tokens("ops");
    const root = operators[balanced(0, operators.length - 1)];
    return root ? { is, at: root.at } : first;
  }

  #binary(node: SyntaxNode): MacroArgument {
    const op = node.token("op");
    if (node.node("left") === undefined) return this.#part(node);
    return this.#deeper(() => {
      if (op === undefined) return this.#fault("operator not found", node.start.at);
      this.visit(node.node("left"));
      this.visit(node.node("right"));
      return { is: "call", at: op.at };
    });
  }

  #unary(node: SyntaxNode): MacroArgument {
    const [first, ...others] = node.tokens("ops");
    const operand = this.#part(node);
    return first && others.length % 2 === 0 ? { is: "call", at: first.at } : operand;
  }

  #select(node: SyntaxNode): MacroArgument {
    this.visit(node.node("left"));
    const [id, op] = [node.node("id"), node.token("op")];
    if (id === undefined || op === undefined) return { is: "nothing", at: node.start.at };
    if (id.name === "escaped") this.#fault("unsupported syntax: '`'", id.start.at);
    else if (id.name !== "simple") this.#fault("unsupported ident kind", id.start.at);
    return { is: node.token("opt") ? "call" : "select", at: op.at };
  }

  #memberCall(node: SyntaxNode): MacroArgument {
    const target = this.visit(node.node("left"));
    const id = node.token("id");
    if (id === undefined) return { is: "nothing", at: node.start.at };
    const args = this.#arguments(node);
    const at = place(node.token("open"));
    const macro = macroOf(id.text, args.length);
    if (macro === undefined) return { is: "call", at };
    const fault = macroFault(macro, target, args);
    if (fault) return this.#fault(fault.problem, fault.at);
    return { is: macro.macro.startsWith("opt") ? "call" : "comprehension", at };
  }

  #index(node: SyntaxNode): MacroArgument {
    this.visit(node.node("left"));
    const op = node.token("op");
    if (op === undefined) return { is: "nothing", at: node.start.at };
    this.visit(node.node("index"));
    return { is: "call", at: op.at };
  }

  #ident(node: SyntaxNode): MacroArgument {
    const id = node.token("id");
    if (id === undefined) return { is: "nothing", at: node.start.at };
    if (isReserved(id.text)) return this.#fault(`reserved identifier: ${id.text}`, node.start.at);
    return { is: "name", name: `${node.token("leadingDot") ? "." : ""}${id.text}`, at: id.at };
  }

  #globalCall(node: SyntaxNode): MacroArgument {
    const id = node.token("id");
    if (id === undefined) return { is: "nothing", at: node.start.at };
    if (isReserved(id.text)) return this.#fault(`reserved identifier: ${id.text}`, node.start.at);
    const at = place(node.token("op"));
    const [first, ...others] = this.#arguments(node);
    const isTest = id.text === "has" && node.token("leadingDot") === undefined;
    if (!isTest || first === undefined || others.length > 0) return { is: "call", at };
    const fault = testFault(first);
    return fault ? this.#fault(fault.problem, fault.at) : { is: "select", at };
  }

  #arguments(node: SyntaxNode): readonly MacroArgument[] {
    const list = node.node("args")?.nodes("e") ?? [];
    return list.map((one) => this.visit(one));
  }

  #entries(list: SyntaxNode, as: "field" | "key"): void {
    const keys = list.nodes(as);
    const values = list.nodes("value");
    for (const index of list.tokens("colon").keys()) {
      const [key, value] = [keys[index], values[index]];
      if (key === undefined || value === undefined) return;
      if (as === "key") this.#part(key);
      else if (!this.#isField(key, list)) continue;
      this.visit(value);
    }
  }

  #isField(field: SyntaxNode, list: SyntaxNode): boolean {
    const name = field.node("e")?.name;
    if (name === "simple") return true;
    this.#fault(
      name === "escaped" ? "unsupported syntax: '`'" : "unsupported ident kind",
      list.start.at,
    );
    return false;
  }

  #literal(kind: LiteralKind, node: SyntaxNode): MacroArgument {
    const { at } = node.start;
    const text = `${node.token("sign")?.text ?? ""}${node.token("tok")?.text ?? ""}`;
    const read = readLiteral(kind, text);
    if ("problem" in read) this.#fault(read.problem, at);
    return { is: "literal", at };
  }
}

const place = (token: SyntaxToken | undefined): number => token?.at ?? BEFORE;
