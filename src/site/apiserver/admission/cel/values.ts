import { type CelMap, type CelValue, LiteralMap } from "#api/cel/values.ts";

/** A JSON value as expressions see it that know nothing of its type. */
export function celOf(value: unknown): CelValue {
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : value;
  if (typeof value === "string" || typeof value === "boolean" || typeof value === "bigint") {
    return value;
  }
  if (Array.isArray(value)) return value.map(celOf);
  if (typeof value !== "object" || value === null) return null;
  return new LiteralMap(
    Object.entries(value).flatMap(([key, child]) =>
      child === undefined ? [] : [[key, celOf(child)] as const],
    ),
  );
}

/** A map whose values are made when they are first asked for. */
export class LazyMap implements CelMap {
  readonly isMap = true;
  readonly #makers: ReadonlyMap<string, () => CelValue>;
  readonly #made = new Map<string, CelValue>();

  constructor(makers: ReadonlyMap<string, () => CelValue>) {
    this.#makers = makers;
  }

  get size(): number {
    return this.#makers.size;
  }

  get(key: CelValue): CelValue | undefined {
    if (typeof key !== "string") return undefined;
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const made = this.#makers.get(key)?.();
    if (made !== undefined) this.#made.set(key, made);
    return made;
  }

  keys(): readonly CelValue[] {
    return [...this.#makers.keys()];
  }
}
