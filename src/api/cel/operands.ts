import { CelError, noOverload } from "./errors.ts";
import { runtimeName } from "./operators.ts";
import type { CelValue } from "./values.ts";

const ADDED = ["bytes", "double", "duration", "int", "list", "string", "timestamp", "uint"];
const SUBTRACTED = ["double", "duration", "int", "timestamp", "uint"];
/** Texts and durations too, to be refused in other words. */
const DIVIDED = ["double", "duration", "int", "string", "uint"];
const COMPARED = ["bool", "bytes", "double", "duration", "int", "string", "timestamp", "uint"];

/** What has an operator at all, whatever stands on the other side of it. */
const OPERANDS: Readonly<Record<string, readonly string[]>> = {
  "_+_": ADDED,
  "_-_": SUBTRACTED,
  "_*_": DIVIDED,
  "_/_": DIVIDED,
  "_%_": ["int", "uint"],
  "_<_": COMPARED,
  "_<=_": COMPARED,
  "_>_": COMPARED,
  "_>=_": COMPARED,
  "-_": ["bool", "double", "duration", "int", "string"],
};

/** Applies an operator; cel-go names it where its first operand has none of that name. */
export function applied<T>(name: string, first: CelValue | undefined, apply: () => T): T {
  try {
    return apply();
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    const operands = Object.hasOwn(OPERANDS, name) ? OPERANDS[name] : undefined;
    const type = runtimeName(first ?? null)
      .replace(/^google\.protobuf\./, "")
      .toLowerCase();
    throw operands === undefined || operands.includes(type) ? error : noOverload(name);
  }
}
