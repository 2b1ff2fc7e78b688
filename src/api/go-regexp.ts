import { posixClass } from "./posix-class.ts";

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
const CONTROL: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };
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

/** What is known of a group while what is in it is read. */
interface Group {
  readonly flags: Flags;
  readonly closers: string;
  readonly repeats: number;
}

class Translator {
  readonly #pattern: string;
  readonly #stack: Group[] = [];
  #at = 0;
  #out = "";
  #flags = PLAIN;
  /** Groups that an inline flag opened, to be closed with the group around them. */
  #closers = "";
  #canRepeat = false;
  /** What was read last, where it is an anchor: JavaScript repeats none but in a group. */
  #lastAnchor = "";
  /** How often something in what was read last is repeated, by repetitions within repetitions. */
  #lastRepeats = 1;
  /** The same of what was read before it in the group. */
  #repeats = 1;

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
    this.#settle();
    this.#out += text;
    this.#canRepeat = true;
    this.#lastAnchor = "";
  }

  /** What was read last cannot be repeated any more. */
  #settle(): void {
    this.#repeats = Math.max(this.#repeats, this.#lastRepeats);
    this.#lastRepeats = 1;
  }

  #anchor(text: string): void {
    this.#atom(text);
    this.#canRepeat = text !== "|";
    this.#lastAnchor = text;
  }

  #repeat(operator: string): void {
    if (!this.#canRepeat) {
      const before = this.#pattern.slice(0, this.#at - operator.length);
      const [repeated] = /(?:[*+?]\??|\{[\d,]+\}\??)$/.exec(before) ?? [];
      throw repeated === undefined
        ? new RegexpError("missing argument to repetition operator", operator)
        : new RegexpError("invalid nested repetition operator", `${repeated}${operator}`);
    }
    if (this.#lastAnchor !== "")
      this.#out = `${this.#out.slice(0, -this.#lastAnchor.length)}(?:${this.#lastAnchor})`;
    const isLazy = this.#pattern[this.#at] === "?";
    if (isLazy) this.#at += 1;
    this.#out += operator + (isLazy !== this.#flags.ungreedy ? "?" : "");
    this.#canRepeat = false;
  }

  #braces(): void {
    const [text, low = "", comma, high = ""] =
      /^\{(0|[1-9]\d*)(,?)((?:0|[1-9]\d*)?)\}/.exec(this.#pattern.slice(this.#at - 1)) ?? [];
    if (text === undefined || (comma === "" && high !== "")) return this.#atom("\\{");
    const isTooMany = Number(low) > MAX_REPEAT || Number(high) > MAX_REPEAT;
    if (isTooMany || (high !== "" && Number(high) < Number(low)))
      throw new RegexpError("invalid repeat count", text);
    const start = this.#at - 1;
    this.#at += text.length - 1;
    this.#repeat(text);
    const isNever = low === "0" && (comma === "" || high === "0");
    const most = Math.max(Number(high === "" ? low : high), 1);
    this.#lastRepeats = isNever ? 1 : this.#lastRepeats * most;
    if (this.#lastRepeats > MAX_REPEAT)
      throw new RegexpError("invalid repeat count", this.#pattern.slice(start, this.#at));
  }

  #open(): void {
    const rest = this.#pattern.slice(this.#at);
    if (!rest.startsWith("?")) return this.#push("(", this.#flags);
    // Nobody asks for groups by their names.
    const [named] = /^\?P?<\w+>/.exec(rest) ?? [];
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
    this.#settle();
    this.#stack.push({ flags: this.#flags, closers: this.#closers, repeats: this.#repeats });
    this.#repeats = 1;
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
    this.#lastAnchor = "";
    this.#settle();
    this.#lastRepeats = this.#repeats;
    this.#repeats = outer.repeats;
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
    if (range !== undefined) return this.#atom(`[${range}]`);
    if (char === "p" || char === "P") return this.#atom(this.#unicode(char));
    this.#atom(written(this.#escapedCode(char)));
  }

  #quoted(): void {
    const end = this.#pattern.indexOf("\\E", this.#at);
    const text = this.#pattern.slice(this.#at, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.#pattern.length : end + 2;
    for (const char of text) this.#atom(literal(char));
  }

  /** After the backslash and `char`: the one character that is meant. */
  #escapedCode(char: string): number {
    const rest = this.#pattern.slice(this.#at);
    if (char === "x") {
      const [text, braced, plain] = /^(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))/.exec(rest) ?? [];
      const code = Number.parseInt(braced ?? plain ?? "", 16);
      if (text === undefined || code > 0x10ffff)
        throw new RegexpError("invalid escape sequence", "\\x");
      this.#at += text.length;
      return code;
    }
    if (/[1-7]/.test(char) && !/^[0-7]/.test(rest))
      throw new RegexpError("invalid escape sequence", `\\${char}`);
    if (/[0-7]/.test(char)) {
      const digits = char + (/^[0-7]{0,2}/.exec(rest)?.[0] ?? "");
      this.#at += digits.length - 1;
      return Number.parseInt(digits, 8);
    }
    const control = CONTROL[char];
    if (control !== undefined) return control;
    if (/[A-Za-z0-9]/.test(char) || char > "\x7f")
      throw new RegexpError("invalid escape sequence", `\\${char}`);
    return char.charCodeAt(0);
  }

  #unicode(char: string): string {
    const [text, braced, plain] =
      /^(?:\{\^?(\w+)\}|(\w))/.exec(this.#pattern.slice(this.#at)) ?? [];
    if (text === undefined) throw new RegexpError("invalid character class range", `\\${char}`);
    this.#at += text.length;
    const name = braced ?? plain ?? "";
    const isCategory = /^[A-Za-z]{1,2}$/.test(name);
    const property = isCategory
      ? name.charAt(0).toUpperCase() + name.slice(1).toLowerCase()
      : `Script=${name}`;
    if (!isProperty(property))
      throw new RegexpError("invalid character class range", `\\${char}${text}`);
    const isNegated = (char === "P") !== text.startsWith("{^");
    return `\\${isNegated ? "P" : "p"}{${property}}`;
  }

  #class(): string {
    const start = this.#at - 1;
    const isNegated = this.#pattern[this.#at] === "^";
    if (isNegated) this.#at += 1;
    let out = "";
    for (let isFirst = true; isFirst || this.#pattern[this.#at] !== "]"; isFirst = false)
      out += this.#group() ?? this.#range(start);
    this.#at += 1;
    return `[${isNegated ? "^" : ""}${out}]`;
  }

  /** A class by its name within a class: `[:alpha:]`, `\p{Greek}`, `\d`. */
  #group(): string | undefined {
    const rest = this.#pattern.slice(this.#at);
    const [named] = /^\[:[\s\S]*?:\]/.exec(rest) ?? [];
    if (named !== undefined) {
      const found = posixClass(named);
      if (found === undefined) throw new RegexpError("invalid character class range", named);
      this.#at += named.length;
      return found;
    }
    const [, char = ""] = /^\\([dswDSWpP])/.exec(rest) ?? [];
    if (char === "") return undefined;
    this.#at += 2;
    if (char === "p" || char === "P") return this.#unicode(char);
    return CLASSES[char] ?? `\\${char}`;
  }

  /** A character, or one and another with all between them. */
  #range(start: number): string {
    const from = this.#at;
    const low = this.#code(start);
    const [dash, end] = this.#pattern.slice(this.#at);
    if (dash !== "-" || end === undefined || end === "]") return written(low);
    this.#at += 1;
    const high = this.#code(start);
    if (high >= low) return `${written(low)}-${written(high)}`;
    throw new RegexpError("invalid character class range", this.#pattern.slice(from, this.#at));
  }

  #code(start: number): number {
    const code = this.#pattern.codePointAt(this.#at);
    if (code === undefined) throw new RegexpError("missing closing ]", this.#pattern.slice(start));
    this.#at += code > 0xffff ? 2 : 1;
    if (code !== 0x5c) return code;
    const char = this.#pattern[this.#at] ?? "";
    if (char === "") throw new RegexpError("trailing backslash at end of expression", "");
    this.#at += 1;
    return this.#escapedCode(char);
  }
}

/** A character, by itself or as a code that no syntax stands in the way of. */
const written = (code: number): string =>
  /[\w ]/.test(String.fromCodePoint(code))
    ? String.fromCodePoint(code)
    : `\\u{${code.toString(16)}}`;

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
