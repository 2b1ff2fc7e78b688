type Range = readonly [first: number, last: number];

const range = (text: string): Range => [text.charCodeAt(0), text.charCodeAt(text.length - 1)];
const DIGIT = range("0-9");
const UPPER = range("A-Z");
const LOWER = range("a-z");

/** In ascending order. */
const CLASSES: Readonly<Record<string, readonly Range[]>> = {
  alnum: [DIGIT, UPPER, LOWER],
  alpha: [UPPER, LOWER],
  ascii: [[0, 0x7f]],
  blank: [
    [9, 9],
    [0x20, 0x20],
  ],
  cntrl: [
    [0, 0x1f],
    [0x7f, 0x7f],
  ],
  digit: [DIGIT],
  graph: [range("!-~")],
  lower: [LOWER],
  print: [range(" -~")],
  punct: [range("!-/"), range(":-@"), range("[-`"), range("{-~")],
  space: [
    [9, 13],
    [0x20, 0x20],
  ],
  upper: [UPPER],
  word: [DIGIT, UPPER, range("_"), LOWER],
  xdigit: [DIGIT, range("A-F"), range("a-f")],
};

const LAST = 0x10ffff;

/** What `[:alpha:]` or `[:^alpha:]` means, as the inside of a JavaScript class; undefined of no class. */
export function posixClass(text: string): string | undefined {
  const [, not = "", name = ""] = /^\[:(\^?)(\w+):\]$/.exec(text) ?? [];
  const ranges = Object.hasOwn(CLASSES, name) ? CLASSES[name] : undefined;
  if (ranges === undefined) return undefined;
  return (not === "" ? ranges : others(ranges))
    .map(([first, last]) => `${code(first)}-${code(last)}`)
    .join("");
}

function others(ranges: readonly Range[]): readonly Range[] {
  const starts = [0, ...ranges.map(([, last]) => last + 1)];
  const ends = [...ranges.map(([first]) => first - 1), LAST];
  return starts.flatMap((start, index) => {
    const end = ends[index] ?? LAST;
    return start <= end ? [[start, end] as const] : [];
  });
}

const code = (point: number): string => `\\u{${point.toString(16)}}`;
