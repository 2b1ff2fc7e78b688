/** Something that is wrong with an expression, and where: an index into its source, `BEFORE` it, or `NOWHERE`. */
export interface CelFault {
  readonly problem: string;
  readonly at: number;
}

/** The place of what is wrong with an expression as a whole. */
export const NOWHERE = -2;

/** The place of what cel-go looks for where nothing could be read. */
export const BEFORE = -1;

const MAX_FAULTS = 100;
const MAX_SHOWN_LINE = 16_384;

/** An expression that cannot be compiled. `message` shows every fault and its place as cel-go does. */
export class CelCompileError extends Error {
  override readonly name = "CelCompileError";

  constructor(source: string, faults: readonly CelFault[]) {
    const lines = new Lines(source);
    const shown = faults
      .slice(0, MAX_FAULTS)
      .toSorted((a, b) => a.at - b.at)
      .map((fault) => shownFault(fault, lines));
    const more = faults.length - MAX_FAULTS;
    super([...shown, ...(more > 0 ? [`${more} more errors were truncated`] : [])].join("\n"));
  }
}

function shownFault({ problem, at }: CelFault, lines: Lines): string {
  if (at === NOWHERE) return `ERROR: <input>:-1:0: ${problem}`;
  const { number, line, before } = lines.at(Math.max(at, 0));
  const column = at === BEFORE ? 0 : charactersIn(before) + 1;
  const place = `ERROR: <input>:${number}:${column}: ${problem}`;
  if (lines.isNothing || Buffer.byteLength(line) > MAX_SHOWN_LINE) return place;
  const mark = isWide(line.slice(before.length)) ? "＾" : "^";
  return `${place}\n | ${line.replaceAll("\t", " ")}\n | ${dots(before)}${mark}`;
}

/** The lines of a source, and where they begin. */
class Lines {
  readonly #lines: readonly { readonly start: number; readonly text: string }[];

  constructor(source: string) {
    let next = 0;
    this.#lines = source.split("\n").map((text) => {
      const start = next;
      next += text.length + 1;
      return { start, text };
    });
  }

  get isNothing(): boolean {
    return this.#lines.length === 1 && this.#lines[0]?.text === "";
  }

  /** The line that a place is in, its number from 1, and what of it stands before the place. */
  at(place: number): { readonly number: number; readonly line: string; readonly before: string } {
    const index = this.#lines.findLastIndex(({ start }) => start <= place);
    const { start = 0, text = "" } = this.#lines[index] ?? {};
    return { number: index + 1, line: text, before: text.slice(0, place - start) };
  }
}

const charactersIn = (text: string): number =>
  text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);

/** True where a text begins with a character that cel-go points at with a wide sign. */
const isWide = (text: string): boolean => text.charCodeAt(0) > 127;

/** As many dots as a text has characters, each as wide as that. */
const dots = (text: string): string =>
  text.replaceAll(/[\0-\x7f]/g, ".").replaceAll(/[^.]/gu, "．");
