declare global {
  interface JSON {
    /** Part of ES2026, and of Bun; the types leave it out. */
    rawJSON(text: string): object;
  }
}

/**
 * JSON of a value in which whole numbers that a `number` cannot hold exactly are `bigint`s: they are
 * written with all their digits. Costs nothing where there are none. `indent` spaces per level make
 * it one for people.
 *
 * @throws {TypeError} for a value that contains itself.
 */
export function jsonText(value: unknown, indent = 0): string {
  try {
    return JSON.stringify(value, undefined, indent) ?? "null";
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // Most likely a bigint, which `JSON.stringify` refuses by itself.
    const exact = (_key: string, part: unknown): unknown =>
      typeof part === "bigint" ? JSON.rawJSON(String(part)) : part;
    return JSON.stringify(value, exact, indent);
  }
}

/** JSON that is written already: it stands for a value where only that is wanted. */
export class WrittenJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** The same as Go's encoding/json writes it: so that it may stand in HTML, and in a script. */
export function htmlSafeJson(value: unknown, indent = 0): string {
  return jsonText(value, indent).replaceAll(/[<>&\u2028\u2029]/g, escaped);
}

const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
