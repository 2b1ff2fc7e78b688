/** First and last index of a run of them, both included. */
type Interval = readonly [number, number];

interface Malformed {
  readonly error: string;
}

const INTEGER = /^[+-]?\d+$/;

/** `3` or `5-7`, each below `completions`. */
function parseInterval(text: string, completions: number): Interval | Malformed {
  const parts = text.split("-");
  if (parts.length > 2) {
    const error = `the fragment ${JSON.stringify(text)} violates the requirement that an index interval can have at most two parts separated by '-'`;
    return { error };
  }
  for (const part of parts) {
    const quoted = JSON.stringify(part);
    if (!INTEGER.test(part))
      return { error: `cannot convert string to integer for index: ${quoted}` };
    if (Number(part) >= completions) return { error: `too large index: ${quoted}` };
  }
  const [first = 0, last] = parts.map(Number);
  if (last === undefined) return [first, first];
  if (first >= last) {
    return { error: `non-increasing order, previous: ${first}, current: ${last}` };
  }
  return [first, last];
}

/** How many indexes `1,3-5,7` names, in rising order and below `completions`; or what is wrong. */
export function indexCount(text: string, completions: number): number | Malformed {
  if (text === "") return 0;
  let total = 0;
  let previous: number | undefined;
  for (const part of text.split(",")) {
    const interval = parseInterval(part, completions);
    if ("error" in interval) return interval;
    const [first, last] = interval;
    if (previous !== undefined && previous >= first) {
      return { error: `non-increasing order, previous: ${previous}, current: ${first}` };
    }
    total += last - first + 1;
    previous = last;
  }
  return total;
}

/** An index that both lists name; what cannot be read of them is left to `indexCount`. */
export function commonIndex(
  { left, right }: { left: string; right: string },
  completions: number,
): number | undefined {
  const intervals = (text: string) =>
    (text === "" ? [] : text.split(","))
      .map((part) => parseInterval(part, completions))
      .filter((interval): interval is Interval => !("error" in interval));
  const others = intervals(right);
  for (const [from, to] of intervals(left)) {
    const other = others.find(([first, last]) => from <= last && first <= to);
    if (other) return Math.max(from, other[0]);
  }
  return undefined;
}
