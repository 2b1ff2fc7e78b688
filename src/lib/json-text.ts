declare global {
  interface JSON {
    /** Part of ES2026, and of Bun; the types leave it out. */
    rawJSON(text: string): object;
  }
}

/**
 * JSON of a value in which whole numbers that a `number` cannot hold exactly are `bigint`s: they are
 * written with all their digits. Costs nothing where there are none.
 *
 * @throws {TypeError} for a value that contains itself.
 */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "null";
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // Most likely a bigint, which `JSON.stringify` refuses by itself.
    return JSON.stringify(value, (_key, part: unknown) =>
      typeof part === "bigint" ? JSON.rawJSON(String(part)) : part,
    );
  }
}
