type Range = readonly [first: number, last: number];

/** Indexes of a Job, kept as ranges: `0-2147483646` costs no more than `0`. */
export class IndexRanges {
  /** In order, with a gap between any two. */
  readonly #ranges: readonly Range[];

  private constructor(ranges: readonly Range[]) {
    this.#ranges = joined(ranges);
  }

  static of(indexes: Iterable<number>): IndexRanges {
    return new IndexRanges([...indexes].map((index): Range => [index, index]));
  }

  /** Those that a text such as `0-2,5` names, of a Job of so many. */
  static parse(text: string | undefined, completions: number): IndexRanges {
    const parts = (text ?? "").split(",").filter(Boolean);
    const ranges = parts.map((part): Range => {
      const [first = "", last = first] = part.split("-");
      return [Number(first), Math.min(Number(last), completions - 1)];
    });
    return new IndexRanges(ranges.filter(([first, last]) => first <= last));
  }

  get size(): number {
    return this.#ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  }

  /** The first index from `index` on that is none of these. */
  firstGap(index: number): number {
    const range = this.#ranges.find(([first, last]) => first <= index && index <= last);
    return range === undefined ? index : range[1] + 1;
  }

  plus(other: IndexRanges): IndexRanges {
    return new IndexRanges([...this.#ranges, ...other.#ranges]);
  }

  /** In one pass over both. */
  minus(other: IndexRanges): IndexRanges {
    const left: Range[] = [];
    const cuts = other.#ranges.values();
    let cut = cuts.next().value;
    for (const [start, last] of this.#ranges) {
      let first = start;
      while (cut && cut[0] <= last) {
        if (first < cut[0]) left.push([first, cut[0] - 1]);
        first = Math.max(first, cut[1] + 1);
        // What reaches further may cut the next range, too.
        if (cut[1] > last) break;
        cut = cuts.next().value;
      }
      if (first <= last) left.push([first, last]);
    }
    return new IndexRanges(left);
  }

  /** The text of Kubernetes: three in a row and more are written as a range. */
  toString(): string {
    return this.#ranges
      .map(([first, last]) => {
        if (first === last) return `${first}`;
        return last === first + 1 ? `${first},${last}` : `${first}-${last}`;
      })
      .join(",");
  }
}

function joined(ranges: readonly Range[]): Range[] {
  const all: [first: number, last: number][] = [];
  for (const [first, last] of ranges.toSorted(([a], [b]) => a - b)) {
    const before = all.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else all.push([first, last]);
  }
  return all;
}
