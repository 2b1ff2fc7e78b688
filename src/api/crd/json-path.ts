import { isJsonObject } from "../codec/json-value.ts";

type Step = (values: readonly unknown[]) => unknown[];

/**
 * Reads kubectl's JSONPath, as printer columns use it: `.a.b`, `['a']`, `[0]`, `[*]`, `..a`,
 * `[?(@.type=="Ready")]`. Answers what it leads to; undefined where the path itself is none.
 */
export function parseJsonPath(path: string): ((value: unknown) => readonly unknown[]) | undefined {
  const steps: Step[] = [];
  let rest = path;
  while (rest !== "" && rest !== ".") {
    const found = STEPS.map(([pattern, make]) => ({ match: pattern.exec(rest), make })).find(
      ({ match }) => match !== null,
    );
    if (found?.match == null) return undefined;
    steps.push(found.make(found.match));
    rest = rest.slice(found.match[0].length);
  }
  return (value) => steps.reduce<readonly unknown[]>((values, step) => step(values), [value]);
}

/** The names of a path that has nothing but names: `.spec.replicas`. */
export function simplePath(path: string): readonly string[] {
  return path.split(".").slice(1);
}

/** The value at a path of names. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, name) => (isJsonObject(at) && Object.hasOwn(at, name) ? at[name] : undefined),
    value,
  );
}

const NAME = String.raw`((?:[^.[\]\\]|\\.)+)`;

const STEPS: readonly (readonly [RegExp, (match: RegExpExecArray) => Step])[] = [
  [new RegExp(`^\\.\\.${NAME}`), ([, name = ""]) => flat((value) => descend(value, plain(name)))],
  [/^\.?\[\*\]|^\.\*/, () => flat(children)],
  [new RegExp(`^\\.?${NAME}`), ([, name = ""]) => flat((value) => member(value, plain(name)))],
  [
    /^\[(['"])((?:[^\\]|\\.)*?)\1\]/,
    ([, , name = ""]) => flat((value) => member(value, plain(name))),
  ],
  [/^\[(-?\d*)(?::(-?\d*))?\]/, ([, from = "", to]) => flat((value) => slice(value, { from, to }))],
  [
    /^\[\?\(\s*@((?:[^=!<>\s)]|\\.)*)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?))?\s*\)\]/,
    ([, left = "", operator, right = ""]) =>
      flat((value) => filter(value, { left, operator, right })),
  ],
];

const flat =
  (step: (value: unknown) => readonly unknown[]): Step =>
  (values) =>
    values.flatMap(step);

const plain = (name: string): string => name.replaceAll(/\\(.)/g, "$1");

function member(value: unknown, name: string): readonly unknown[] {
  return isJsonObject(value) && Object.hasOwn(value, name) ? [value[name]] : [];
}

function children(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return isJsonObject(value) ? Object.values(value) : [];
}

function descend(value: unknown, name: string): readonly unknown[] {
  return [...member(value, name), ...children(value).flatMap((child) => descend(child, name))];
}

function slice(
  value: unknown,
  { from, to }: { readonly from: string; readonly to: string | undefined },
): readonly unknown[] {
  if (!Array.isArray(value)) return [];
  if (to !== undefined)
    return value.slice(from === "" ? 0 : Number(from), to === "" ? undefined : Number(to));
  const element: unknown = value.at(Number(from));
  return element === undefined ? [] : [element];
}

interface Condition {
  readonly left: string;
  readonly operator: string | undefined;
  readonly right: string;
}

function filter(value: unknown, { left, operator, right }: Condition): readonly unknown[] {
  const read = parseJsonPath(left);
  if (read === undefined) return [];
  const wanted = literalOf(right);
  return children(value).filter((element) => {
    const [found] = read(element);
    return operator === undefined ? found !== undefined : compare(found, { operator, wanted });
  });
}

function literalOf(text: string): unknown {
  const [, , quoted] = /^(['"])(.*)\1$/.exec(text) ?? [];
  if (quoted !== undefined) return plain(quoted);
  if (text === "true" || text === "false") return text === "true";
  return text !== "" && !Number.isNaN(Number(text)) ? Number(text) : text;
}

function compare(
  found: unknown,
  { operator, wanted }: { readonly operator: string; readonly wanted: unknown },
): boolean {
  if (operator === "==") return found === wanted;
  if (operator === "!=") return found !== wanted;
  const isNumbers = typeof found === "number" && typeof wanted === "number";
  const isStrings = typeof found === "string" && typeof wanted === "string";
  if (!isNumbers && !isStrings) return false;
  if (operator === "<") return found < wanted;
  if (operator === "<=") return found <= wanted;
  return operator === ">" ? found > wanted : found >= wanted;
}
