/** A word of a source, and where it stands: `name:line`. */
export interface Token {
  readonly kind: "name" | "number" | "text" | "sign" | "end";
  readonly text: string;
  readonly at: string;
}

/** A part of a program, under the name that errors tell. */
export interface Source {
  readonly name: string;
  readonly text: string;
}

/** What is wrong with a source, and where. */
export class SourceError extends SyntaxError {
  constructor(message: string, at: string) {
    super(`${at}: ${message}`);
  }
}

/** One kind of token after another; what no group holds is blank or a comment. */
const TOKEN =
  /(?:\s+|\/\/[^\n]*)|(?<name>[A-Za-z_]\w*)|(?<number>0x[0-9a-fA-F]+|\d+|'(?:[^'\\]|\\.)')|"(?<text>(?:[^"\\\n]|\\.)*)"|(?<sign>>>>|[=!<>]=|&&|\|\||<<|>>|[-+*/%&|^~!<>=(){}[\],;])/y;

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", "0": "\0" };

/** The tokens of a source; an `end` is the last one. */
export function tokensOf({ name: sourceName, text: source }: Source): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  for (let offset = 0; offset < source.length; ) {
    const at = `${sourceName}:${line}`;
    TOKEN.lastIndex = offset;
    const [whole, groups] = matched(TOKEN.exec(source), at);
    const { name, number, text, sign } = groups;
    if (name !== undefined) tokens.push({ kind: "name", text: name, at });
    else if (number !== undefined) tokens.push({ kind: "number", text: number, at });
    else if (text !== undefined) tokens.push({ kind: "text", text: unescaped(text), at });
    else if (sign !== undefined) tokens.push({ kind: "sign", text: sign, at });
    line += whole.split("\n").length - 1;
    offset += whole.length;
  }
  tokens.push({ kind: "end", text: "the end", at: `${sourceName}:${line}` });
  return tokens;
}

/** The value of a `number` token: decimal, hexadecimal or a character. */
export function numberOf({ text }: Token): bigint {
  if (!text.startsWith("'")) return BigInt(text);
  return BigInt(unescaped(text.slice(1, -1)).charCodeAt(0));
}

function matched(
  match: RegExpExecArray | null,
  at: string,
): [string, Readonly<Record<string, string | undefined>>] {
  if (match === null) throw new SourceError("no word begins like this", at);
  return [match[0], match.groups ?? {}];
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, escaped: string) => ESCAPES[escaped] ?? escaped);
}
