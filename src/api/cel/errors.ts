/** Something that is wrong with an expression, and where: an index into its source. */
export interface CelFault {
  readonly problem: string;
  readonly at: number;
}

/** An expression that cannot be compiled. `message` shows every fault and its place as cel-go does. */
export class CelCompileError extends Error {
  override readonly name = "CelCompileError";

  constructor(
    problem: string,
    { source, at }: { readonly source: string; readonly at: number },
    others: readonly CelFault[] = [],
  ) {
    const faults = [{ problem, at }, ...others].toSorted((a, b) => a.at - b.at);
    super(faults.map((fault) => shownFault(source, fault)).join("\n"));
  }
}

function shownFault(source: string, { problem, at }: CelFault): string {
  const before = source.slice(0, at);
  const line = before.split("\n").length;
  const column = at - (before.lastIndexOf("\n") + 1);
  const text = source.split("\n")[line - 1] ?? "";
  return `ERROR: <input>:${line}:${column + 1}: ${problem}\n | ${text}\n | ${".".repeat(column)}^`;
}

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

export const noOverload = (): CelError => new CelError("no such overload");
/** A text that says nothing of the type that it is to become. */
export const noConversion = (type: string): CelError =>
  new CelError(`type conversion error from 'string' to '${type}'`);
export const noKey = (key: string): CelError => new CelError(`no such key: ${key}`);
export const overflow = (what = "integer"): CelError => new CelError(`${what} overflow`);
