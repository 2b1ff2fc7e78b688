/** An expression that cannot be compiled. `message` shows the place as cel-go does. */
export class CelCompileError extends Error {
  override readonly name = "CelCompileError";

  constructor(problem: string, { source, at }: { readonly source: string; readonly at: number }) {
    const before = source.slice(0, at);
    const line = before.split("\n").length;
    const column = at - (before.lastIndexOf("\n") + 1);
    const text = source.split("\n")[line - 1] ?? "";
    const mark = `${".".repeat(column)}^`;
    super(`ERROR: <input>:${line}:${column + 1}: ${problem}\n | ${text}\n | ${mark}`);
  }
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
export const noKey = (key: string): CelError => new CelError(`no such key: ${key}`);
export const overflow = (what = "integer"): CelError => new CelError(`${what} overflow`);
