/** What one field of the configuration is: its default, its rule and its text, stated once. */
export interface Option<T> {
  readonly kind: "option";
  readonly default: T;
  /** One sentence for the printed configuration and docs/config.md. */
  readonly text: string;
  /** Says what a value must be. */
  readonly rule: string;
  /** The value if it keeps the rule, else undefined. */
  accept(value: unknown): T | undefined;
  /** Reads the text of a flag or an environment variable. */
  parse(text: string): unknown;
  /** `--name`, where the field has a flag. */
  readonly flag?: string;
  /** The flag may be given several times; the texts are joined by commas. */
  readonly repeatable?: true;
  /** Belongs to `config min`. */
  readonly essential: boolean;
}

export interface Group<F extends Fields> {
  readonly kind: "group";
  readonly text: string;
  readonly fields: F;
}

export interface Fields {
  readonly [name: string]: Option<unknown> | Group<Fields>;
}

/** The configuration that a tree of fields describes. */
export type ConfigOf<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Option<infer T>
    ? T
    : F[K] extends Group<infer G>
      ? ConfigOf<G>
      : never;
};

interface Described<T> {
  readonly default: T;
  readonly text: string;
  readonly flag?: string;
  readonly essential?: boolean;
}

export function group<F extends Fields>(text: string, fields: F): Group<F> {
  return { kind: "group", text, fields };
}

function option<T>(
  { essential = false, ...described }: Described<T>,
  { rule, accept, parse }: Pick<Option<T>, "rule" | "accept" | "parse">,
): Option<T> {
  return { kind: "option", essential, ...described, rule, accept, parse };
}

const verbatim = (value: string): unknown => value;

/** A text that matches `pattern`; `rule` says so in words. */
export function text(
  described: Described<string> & { readonly pattern?: RegExp; readonly rule?: string },
): Option<string> {
  const { pattern, rule = "a text", ...rest } = described;
  const accept = (value: unknown): string | undefined =>
    typeof value === "string" && (pattern?.test(value) ?? true) ? value : undefined;
  return option(rest, { rule, accept, parse: verbatim });
}

/** A whole number in a range; with `orZero` also 0, which then has a meaning of its own. */
export function integer(
  described: Described<number> & {
    readonly min: number;
    readonly max?: number;
    readonly orZero?: true;
  },
): Option<number> {
  const { min, max = Number.MAX_SAFE_INTEGER, orZero = false, ...rest } = described;
  const range =
    max === Number.MAX_SAFE_INTEGER
      ? `an integer of at least ${min}`
      : `an integer from ${min} to ${max}`;
  const rule = orZero ? `0, or ${range}` : range;
  const accept = (value: unknown): number | undefined =>
    typeof value === "number" &&
    Number.isInteger(value) &&
    ((value >= min && value <= max) || (orZero && value === 0))
      ? value
      : undefined;
  const parse = (value: string): unknown => (/^-?\d+$/.test(value) ? Number(value) : value);
  return option(rest, { rule, accept, parse });
}

export function boolean(described: Described<boolean>): Option<boolean> {
  const accept = (value: unknown): boolean | undefined =>
    typeof value === "boolean" ? value : undefined;
  const words: Readonly<Record<string, boolean>> = { true: true, false: false };
  return option(described, {
    rule: "true or false",
    accept,
    parse: (value) => words[value] ?? value,
  });
}

/** One of a few words. */
export function choice<const W extends string>(
  words: readonly W[],
  described: Described<NoInfer<W>>,
): Option<W> {
  const accept = (value: unknown): W | undefined => words.find((word) => word === value);
  return option(described, { rule: `one of ${words.join(", ")}`, accept, parse: verbatim });
}

/** A list of texts, each matching `pattern`. */
export function list(
  described: Described<readonly string[]> & { readonly pattern?: RegExp; readonly rule?: string },
): Option<readonly string[]> {
  const { pattern, rule = "a list of texts", ...rest } = described;
  const accept = (value: unknown): readonly string[] | undefined => {
    if (!Array.isArray(value)) return undefined;
    const items: unknown[] = value;
    const fitting = items.filter(
      (item): item is string => typeof item === "string" && (pattern?.test(item) ?? true),
    );
    return fitting.length === items.length ? fitting : undefined;
  };
  const parse = (value: string): unknown => (value === "" ? [] : value.split(","));
  return { ...option(rest, { rule, accept, parse }), repeatable: true };
}
