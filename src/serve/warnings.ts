/** From here on apiserver shortens each text, and leaves out what is too much all the same. */
const MAX_ALL_LENGTH = 4096;
const MAX_SHORTENED_LENGTH = 256;

/** Adds RFC 7234 `Warning` values, as kubectl prints them. */
export function addWarnings(response: Response, warnings: ReadonlySet<string>): void {
  for (const text of fitting([...warnings])) {
    response.headers.append("Warning", `299 - "${headerText(text)}"`);
  }
}

function fitting(texts: readonly string[]): readonly string[] {
  const lengthOf = (some: readonly string[]): number =>
    some.reduce((sum, { length }) => sum + length, 0);
  if (lengthOf(texts) <= MAX_ALL_LENGTH) return texts;
  const shortened = texts.map((text) => text.slice(0, MAX_SHORTENED_LENGTH));
  return shortened.filter((_, index) => lengthOf(shortened.slice(0, index + 1)) <= MAX_ALL_LENGTH);
}

/** A text as a quoted string on one line; headers carry its UTF-8 as single bytes. */
function headerText(text: string): string {
  const quoted = text
    .replaceAll(/[\r\n]+/g, " ")
    .replaceAll(/\p{Cc}/gu, "\u{FFFD}")
    .replaceAll(/[\\"]/g, String.raw`\$&`);
  return Buffer.from(quoted, "utf8").toString("latin1");
}
