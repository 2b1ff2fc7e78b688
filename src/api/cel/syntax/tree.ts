import type { SyntaxToken } from "./tokens.ts";

/** What was read by a rule, as far as it could be. */
export class SyntaxNode {
  /** Of the rule, or of the alternative that was chosen. */
  name: string;
  readonly start: SyntaxToken;
  readonly #nodes = new Map<string, SyntaxNode[]>();
  readonly #tokens = new Map<string, SyntaxToken[]>();

  constructor(name: string, start: SyntaxToken) {
    this.name = name;
    this.start = start;
  }

  addNode(as: string, node: SyntaxNode): void {
    append(this.#nodes, as, node);
  }

  addToken(as: string, token: SyntaxToken): void {
    append(this.#tokens, as, token);
  }

  nodes(as: string): readonly SyntaxNode[] {
    return this.#nodes.get(as) ?? [];
  }

  tokens(as: string): readonly SyntaxToken[] {
    return this.#tokens.get(as) ?? [];
  }

  node(as: string): SyntaxNode | undefined {
    return this.nodes(as)[0];
  }

  token(as: string): SyntaxToken | undefined {
    return this.tokens(as)[0];
  }
}

function append<T>(to: Map<string, T[]>, as: string, item: T): void {
  const found = to.get(as);
  if (found) found.push(item);
  else to.set(as, [item]);
}
