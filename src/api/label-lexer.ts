export type TokenType =
  | "identifier"
  | "in"
  | "notin"
  | "="
  | "=="
  | "!="
  | ">"
  | "<"
  | "!"
  | "("
  | ")"
  | ","
  | "end"
  | "error";

export interface Token {
  readonly type: TokenType;
  readonly text: string;
}

const SPECIAL = /^[=!(),<>]$/;
const SPACE = /^[ \t\r\n]$/;
const OPERATORS = new Set<string>(["=", "==", "!=", ">", "<", "!", "(", ")", ","]);

const isOperator = (text: string): text is TokenType => OPERATORS.has(text);

/** The tokens of a label selector; the last one is always `end`. */
export function tokenize(selector: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (belongs: (char: string) => boolean): string => {
    const from = at;
    while (at < selector.length && belongs(selector.charAt(at))) at += 1;
    return selector.slice(from, at);
  };
  for (;;) {
    take((char) => SPACE.test(char));
    if (at >= selector.length) return [...tokens, { type: "end", text: "" }];
    if (SPECIAL.test(selector.charAt(at))) {
      const operator = longestOperator(selector, at);
      at += Math.max(operator.length, 1);
      tokens.push(operatorToken(operator));
    } else {
      const text = take((char) => !(SPACE.test(char) || SPECIAL.test(char)));
      tokens.push({ type: text === "in" || text === "notin" ? text : "identifier", text });
    }
  }
}

function longestOperator(selector: string, at: number): string {
  const two = selector.slice(at, at + 2);
  return OPERATORS.has(two) ? two : selector.charAt(at);
}

function operatorToken(text: string): Token {
  return isOperator(text) ? { type: text, text } : { type: "error", text };
}
