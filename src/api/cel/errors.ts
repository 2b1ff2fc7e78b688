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
    const shown = faults
      .slice(0, MAX_FAULTS)
      .toSorted((a, b) => a.at - b.at)
      .map((fault) => shownFault(source, fault));
    const more = faults.length - MAX_FAULTS;
    super([...shown, ...(more > 0 ? [`${more} more errors were truncated`] : [])].join("\n"));
  }
}

function shownFault(source: string, { problem, at }: CelFault): string {
  if (at === NOWHERE) return `ERROR: <input>:-1:0: ${problem}`;
  const before = source.slice(0, Math.max(at, 0)).split("\n");
  const column = [...(before.at(-1) ?? "")].length;
  const place = `ERROR: <input>:${before.length}:${at === BEFORE ? 0 : column + 1}: ${problem}`;
  if (source === "") return place;
  const line = (source.split("\n")[before.length - 1] ?? "").replaceAll("\t", " ");
  if (Buffer.byteLength(line) > MAX_SHOWN_LINE) return place;
  const marks = [...line].slice(0, column).map((char) => (isWide(char) ? "．" : "."));
  const mark = isWide([...line][column] ?? "") ? "＾" : "^";
  return `${place}\n | ${line}\n | ${marks.join("")}${mark}`;
}

/** True for a character that cel-go points at with a wide sign. */
const isWide = (char: string): boolean => (char.codePointAt(0) ?? 0) > 127;

/** What evaluation ends in where there is no value: `no such key: x`, `division by zero`. */
export class CelError extends Error {
  override readonly name = "CelError";
}

/** Evaluation took more than it may. No operator forgives it. */
export class CelCostError extends CelError {
  constructor() {
    super("operation cancelled: actual cost limit exceeded");
  }
}

/** No form of `what` takes the values that it is given. */
export const noOverload = (what = ""): CelError =>
  new CelError(what === "" ? "no such overload" : `no such overload: ${what}`);
/** A text that says nothing of the type that it is to become. */
export const noConversion = (type: string): CelError =>
  new CelError(`type conversion error from 'string' to '${type}'`);
export const noKey = (key: string): CelError => new CelError(`no such key: ${key}`);
export const overflow = (what = "integer"): CelError => new CelError(`${what} overflow`);
