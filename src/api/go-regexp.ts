/** A pattern that RE2 would not take. `message` is Go's: ``error parsing regexp: …: `x` ``. */
export class RegexpError extends Error {
  override readonly name = "RegexpError";

  constructor(problem: string, part: string) {
    super(`error parsing regexp: ${problem}: \`${part}\``);
  }
}

const SYNTAX = new Set("^$\\.*+?()[]{}|/");
const CLASSES: Readonly<Record<string, string>> = {
  d: "0-9",
  w: "0-9A-Za-z_",
  s: "\\t\\n\\f\\r ",
};
const NEGATED: Readonly<Record<string, string>> = {
  D: "[^0-9]",
  W: "[^0-9A-Za-z_]",
  S: "[^\\t\\n\\f\\r ]",
};
const POSIX: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\x00-\\x7F",
  blank: "\\t ",
  cntrl: "\\x00-\\x1F\\x7F",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`\\{-~",
  space: "\\t\\n\\v\\f\\r ",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
};
const CONTROL = new Set("aftnrv");
const MAX_REPEAT = 1000;
const MAX_PATTERNS = 1000;

/**
 * The JavaScript form of a pattern in Go's syntax (RE2): characters are code points, classes are
 * ASCII, and what RE2 cannot do (look-around, back-references) is refused.
 * @throws RegexpError
 */
export function goRegexp(pattern: string): RegExp {
  return new Translator(pattern).translate();
}

/** Patterns that are used again and again, translated once. */
export class Patterns {
  readonly #translated = new Map<string, RegExp>();

  /** @throws RegexpError */
  get(pattern: string): RegExp {
    const known = this.#translated.get(pattern);
    if (known !== undefined) return known;
    const made = goRegexp(pattern);
    if (this.#translated.size >= MAX_PATTERNS) this.#translated.clear();
    this.#translated.set(pattern, made);
    return made;
  }
}

interface Flags {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly ungreedy: boolean;
}

const PLAIN: Flags = { ignoreCase: false, multiline: false, dotAll: false, ungreedy: false };

class Translator {
  readonly #pattern: string;
  readonly #stack: { readonly flags: Flags; readonly closers: string }[] = [];
  #at = 0;
  #out = "";
  #flags = PLAIN;
  /** Groups that an inline flag opened, to be closed with the group around them. */
  #closers = "";
  #canRepeat = false;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  translate(): RegExp {
    while (this.#at < this.#pattern.length) this.#next();
    if (this.#stack.length > 0) throw new RegexpError("missing closing )", this.#pattern);
    try {
      return new RegExp(this.#out + this.#closers, "u");
    } catch {
      throw new RegexpError("invalid pattern", this.#pattern);
    }
  }

  #next(): void {
    const char = String.fromCodePoint(this.#pattern.codePointAt(this.#at) ?? 0);
    this.#at += char.length;
    switch (char) {
      case "\\":
        return this.#escape();
      case "[":
        return this.#atom(this.#class());
      case "(":
        return this.#open();
      case ")":
        return this.#close();
      case "|":
        return this.#anchor("|");
      case "^":
        return this.#anchor(this.#flags.multiline ? "(?<=^|\\n)" : "^");
      case "$":
        return this.#anchor(this.#flags.multiline ? "(?=\\n|$)" : "$");
      case ".":
        return this.#atom(this.#flags.dotAll ? "[^]" : "[^\\n]");
      case "*":
      case "+":
      case "?":
        return this.#repeat(char);
      case "{":
        return this.#braces();
      default:
        return this.#atom(literal(char));
    }
  }

  #atom(text: string): void {
    this.#out += text;
    this.#canRepeat = true;
  }

  #anchor(text: string): void {
    this.#out += text;
    this.#canRepeat = text !== "|";
  }

  #repeat(operator: string): void {
    if (!this.#canRepeat) {
      const before = this.#pattern.slice(0, this.#at - operator.length);
      const [repeated] = /(?:[*+?]\??|\{[\d,]+\}\??)$/.exec(before) ?? [];
      throw repeated === undefined
        ? new RegexpError("missing argument to repetition operator", operator)
        : new RegexpError("invalid nested repetition operator", `${repeated}${operator}`);
    }
    const isLazy = this.#pattern[this.#at] === "?";
    if (isLazy) this.#at += 1;
    this.#out += operator + (isLazy !== this.#flags.ungreedy ? "?" : "");
    this.#canRepeat = false;
  }

  #braces(): void {
    const [text, low = "", comma, high = ""] =
      /^\{(\d+)(,?)(\d*)\}/.exec(this.#pattern.slice(this.#at - 1)) ?? [];
    if (text === undefined || (comma === "" && high !== "")) return this.#atom("\\{");
    const isTooMany = Number(low) > MAX_REPEAT || Number(high) > MAX_REPEAT;
    if (isTooMany || (high !== "" && Number(high) < Number(low)))
      throw new RegexpError("invalid repeat count", text);
    this.#at += text.length - 1;
    this.#repeat(text);
  }

  #open(): void {
    const rest = this.#pattern.slice(this.#at);
    if (!rest.startsWith("?")) return this.#push("(", this.#flags);
    // Nobody asks for groups by their names.
    const [named] = /^\?P?<[A-Za-z_]\w*>/.exec(rest) ?? [];
    if (named !== undefined) {
      this.#at += named.length;
      return this.#push("(", this.#flags);
    }
    const [inline, on = "", minus = "", end] = /^\?([imsU]*)(-[imsU]+)?([:)])/.exec(rest) ?? [];
    if (inline === undefined)
      throw new RegexpError("invalid or unsupported Perl syntax", `(${rest.slice(0, 2)}`);
    this.#at += inline.length;
    const flags = this.#changed(on, minus);
    const modifier =
      flags.ignoreCase === this.#flags.ignoreCase ? "" : flags.ignoreCase ? "i" : "-i";
    if (end === ":") return this.#push(`(?${modifier}:`, flags);
    this.#flags = flags;
    if (modifier === "") return;
    this.#out += `(?${modifier}:`;
    this.#closers += ")";
  }

  #changed(on: string, off: string): Flags {
    const set = (flag: string, before: boolean): boolean =>
      on.includes(flag) || (before && !off.includes(flag));
    const { ignoreCase, multiline, dotAll, ungreedy } = this.#flags;
    return {
      ignoreCase: set("i", ignoreCase),
      multiline: set("m", multiline),
      dotAll: set("s", dotAll),
      ungreedy: set("U", ungreedy),
    };
  }

  #push(text: string, flags: Flags): void {
    this.#stack.push({ flags: this.#flags, closers: this.#closers });
    this.#flags = flags;
    this.#closers = "";
    this.#out += text;
    this.#canRepeat = false;
  }

  #close(): void {
    const outer = this.#stack.pop();
    if (outer === undefined) throw new RegexpError("unexpected )", this.#pattern);
    this.#out += `${this.#closers})`;
    this.#flags = outer.flags;
    this.#closers = outer.closers;
    this.#canRepeat = true;
  }

  #escape(): void {
    const char = this.#pattern[this.#at] ?? "";
    this.#at += 1;
    if (char === "") throw new RegexpError("trailing backslash at end of expression", "");
    if (char === "A") return this.#anchor("^");
    if (char === "z") return this.#anchor("$");
    if (char === "b" || char === "B") return this.#anchor(`\\${char}`);
    if (char === "Q") return this.#quoted();
    const negated = NEGATED[char];
    if (negated !== undefined) return this.#atom(negated);
    const range = CLASSES[char];
    this.#atom(range === undefined ? this.#escapedCharacter(char) : `[${range}]`);
  }

  #quoted(): void {
    const end = this.#pattern.indexOf("\\E", this.#at);
    const text = this.#pattern.slice(this.#at, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.#pattern.length : end + 2;
    for (const char of text) this.#atom(literal(char));
  }

  /** After the backslash and `char`: what means one character, or a Unicode class. */
  #escapedCharacter(char: string): string {
    if (char === "p" || char === "P") return this.#unicode(char);
    const rest = this.#pattern.slice(this.#at);
    if (char === "x") {
      const [text, braced, plain] = /^(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))/.exec(rest) ?? [];
      if (text === undefined) throw new RegexpError("invalid escape sequence", "\\x");
      this.#at += text.length;
      return `\\u{${braced ?? plain}}`;
    }
    if (/[1-7]/.test(char) && !/^[0-7]/.test(rest))
      throw new RegexpError("invalid escape sequence", `\\${char}`);
    if (/[0-7]/.test(char)) {
      const digits = char + (/^[0-7]{0,2}/.exec(rest)?.[0] ?? "");
      this.#at += digits.length - 1;
      return `\\u{${Number.parseInt(digits, 8).toString(16)}}`;
    }
    if (char === "a") return "\\x07";
    if (CONTROL.has(char)) return `\\${char}`;
    if (/[A-Za-z0-9]/.test(char) || char > "\x7f")
      throw new RegexpError("invalid escape sequence", `\\${char}`);
    return literal(char);
  }

  #unicode(char: string): string {
    const [text, braced, plain] =
      /^(?:\{\^?(\w+)\}|(\w))/.exec(this.#pattern.slice(this.#at)) ?? [];
    if (text === undefined) throw new RegexpError("invalid character class range", `\\${char}`);
    this.#at += text.length;
    const name = braced ?? plain ?? "";
    const property = /^[A-Z][a-z]?$/.test(name) ? name : `Script=${name}`;
    if (!isProperty(property))
      throw new RegexpError("invalid character class range", `\\${char}${text}`);
    const isNegated = (char === "P") !== text.startsWith("{^");
    return `\\${isNegated ? "P" : "p"}{${property}}`;
  }

  #class(): string {
    const start = this.#at - 1;
    let out = "[";
    if (this.#pattern[this.#at] === "^") {
      out += "^";
      this.#at += 1;
    }
    for (let isFirst = true; ; isFirst = false) {
      const from = this.#at;
      const char = String.fromCodePoint(this.#pattern.codePointAt(this.#at) ?? 0);
      if (this.#at >= this.#pattern.length)
        throw new RegexpError("missing closing ]", this.#pattern.slice(start));
      this.#at += char.length;
      if (char === "]" && !isFirst) return `${out}]`;
      const dash = this.#pattern[this.#at] === "]" || isFirst;
      out += char === "-" ? (dash ? "\\-" : "-") : this.#member(char);
      this.#checkRange(from);
    }
  }

  /** Throws where what begins at `from` is a range of plain characters that runs backwards. */
  #checkRange(from: number): void {
    const [range, low = "", high = ""] =
      /^([^\\[\]])-([^\\[\]])/u.exec(this.#pattern.slice(from)) ?? [];
    if (range !== undefined && low > high)
      throw new RegexpError("invalid character class range", range);
  }

  #member(char: string): string {
    if (char === "[") {
      const [text, caret = "", name = ""] =
        /^:(\^?)(\w+):\]/.exec(this.#pattern.slice(this.#at)) ?? [];
      if (text === undefined) return "\\[";
      const range = POSIX[name];
      if (range === undefined || caret !== "")
        throw new RegexpError("invalid character class range", `[${text}`);
      this.#at += text.length;
      return range;
    }
    if (char !== "\\") return SYNTAX.has(char) ? `\\${char}` : char;
    const escaped = this.#pattern[this.#at] ?? "";
    this.#at += 1;
    const range = CLASSES[escaped];
    if (range !== undefined) return range;
    if (NEGATED[escaped] !== undefined) return `\\${escaped}`;
    return escaped === "-" ? "\\-" : this.#escapedCharacter(escaped);
  }
}

function isProperty(name: string): boolean {
  try {
    return new RegExp(`\\p{${name}}`, "u").unicode;
  } catch {
    return false;
  }
}

function literal(char: string): string {
  return SYNTAX.has(char) ? `\\${char}` : char;
}
