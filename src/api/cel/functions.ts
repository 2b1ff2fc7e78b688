import { type CelType, parseType } from "./types.ts";
import type { CelValue } from "./values.ts";

/** The types that a form of a function takes, and gives. */
export interface Signature {
  readonly name: string;
  /** Of methods: what stands before the dot. It is the first argument. */
  readonly receiver: CelType | undefined;
  /** Receiver included. */
  readonly parameters: readonly CelType[];
  readonly result: CelType;
  /** Whether any of these has a placeholder. */
  readonly isGeneric: boolean;
}

/** One form of a function or method. */
export interface Overload extends Signature {
  call(args: readonly CelValue[]): CelValue;
}

/**
 * A function by its signature: `size(string): int`, `string.charAt(int): string`. Capital letters
 * are placeholders for one type each. `call` throws CelError where there is no value.
 */
export function define(text: string, call: (...args: readonly CelValue[]) => CelValue): Overload {
  return { ...signature(text), call: (args) => call(...args) };
}

/** Reads a signature as `define` takes it. */
export function signature(text: string): Signature {
  const [, receiver, name = "", list = "", result = "dyn"] =
    /^(?:(.+)\.)?(\w+)\((.*)\): (.+)$/.exec(text) ?? [];
  const own = receiver === undefined ? undefined : parseType(receiver);
  const given = splitTypes(list).map(parseType);
  const parameters = own ? [own, ...given] : given;
  const types = { parameters, result: parseType(result) };
  return { name, receiver: own, ...types, isGeneric: /\b[A-Z]\b/.test(text) };
}

/** Splits at commas outside of `<…>`. */
function splitTypes(list: string): string[] {
  return list.match(/(?:<[^<>]*(?:<[^<>]*>[^<>]*)*>|[^,<>])+/g) ?? [];
}

/** The functions of an environment, by name and whether they are methods. */
export class Functions {
  readonly #byName = new Map<string, Overload[]>();

  constructor(overloads: Iterable<Overload>) {
    for (const overload of overloads) {
      const key = keyOf(overload.name, overload.receiver !== undefined);
      this.#byName.set(key, [...(this.#byName.get(key) ?? []), overload]);
    }
  }

  find(name: string, isMethod: boolean): readonly Overload[] {
    return this.#byName.get(keyOf(name, isMethod)) ?? [];
  }
}

const keyOf = (name: string, isMethod: boolean): string => (isMethod ? `.${name}` : name);
