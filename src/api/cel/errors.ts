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
