/** `size` elements that are the same in both sequences, from `before` and from `after` on. */
export interface MatchingBlock {
  readonly before: number;
  readonly after: number;
  readonly size: number;
}

/** Some elements of a sequence: `to` is the first one behind them. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

interface Ranges {
  readonly before: Range;
  readonly after: Range;
}

/** So long a sequence has elements that are too common to tell anything. */
const LONG = 200;

/**
 * Which parts of two sequences are the same, in order, as Python's `difflib.SequenceMatcher` finds
 * them: the longest one, then the longest ones on either side of it, and so on. Of equally long ones
 * the first counts. What makes up more than a hundredth of a sequence of 200 or more does not start
 * a match. Between two blocks there is always something that is not the same.
 */
export function matchingBlocks(
  before: readonly string[],
  after: readonly string[],
): MatchingBlock[] {
  const found = new Matcher(before, after).matches({
    before: { from: 0, to: before.length },
    after: { from: 0, to: after.length },
  });
  const blocks: MatchingBlock[] = [];
  for (const block of found) {
    const last = blocks.at(-1);
    if (last && touch(last, block)) {
      blocks[blocks.length - 1] = { ...last, size: last.size + block.size };
    } else {
      blocks.push(block);
    }
  }
  return blocks;
}

const touch = ({ before, after, size }: MatchingBlock, next: MatchingBlock): boolean =>
  before + size === next.before && after + size === next.after;

class Matcher {
  readonly #before: readonly string[];
  readonly #after: readonly string[];
  /** Where the elements of `after` stand, but for the common ones. */
  readonly #places: ReadonlyMap<string, readonly number[]>;

  constructor(before: readonly string[], after: readonly string[]) {
    this.#before = before;
    this.#after = after;
    this.#places = tellingPlaces(after);
  }

  *matches({ before, after }: Ranges): Iterable<MatchingBlock> {
    const longest = this.#longest({ before, after });
    if (longest.size === 0) return;
    yield* this.matches({
      before: { ...before, to: longest.before },
      after: { ...after, to: longest.after },
    });
    yield longest;
    yield* this.matches({
      before: { ...before, from: longest.before + longest.size },
      after: { ...after, from: longest.after + longest.size },
    });
  }

  #longest(ranges: Ranges): MatchingBlock {
    const { before, after } = ranges;
    let best: MatchingBlock = { before: before.from, after: after.from, size: 0 };
    let sizes = new Map<number, number>();
    for (const [offset, element] of this.#before.slice(before.from, before.to).entries()) {
      const end = before.from + offset + 1;
      const next = new Map<number, number>();
      for (const place of this.#places.get(element) ?? []) {
        if (place < after.from) continue;
        if (place >= after.to) break;
        const size = (sizes.get(place - 1) ?? 0) + 1;
        next.set(place, size);
        if (size > best.size) best = { before: end - size, after: place + 1 - size, size };
      }
      sizes = next;
    }
    return this.#extended(best, ranges);
  }

  /** The match with what is the same around it, however common that is. */
  #extended(match: MatchingBlock, { before: b, after: a }: Ranges): MatchingBlock {
    let { before, after, size } = match;
    while (before > b.from && after > a.from && this.#isSame(before - 1, after - 1)) {
      before--;
      after--;
      size++;
    }
    while (before + size < b.to && after + size < a.to && this.#isSame(before + size, after + size))
      size++;
    return { before, after, size };
  }

  #isSame(before: number, after: number): boolean {
    return this.#before[before] === this.#after[after];
  }
}

function tellingPlaces(elements: readonly string[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [index, element] of elements.entries()) {
    const known = places.get(element);
    if (known) known.push(index);
    else places.set(element, [index]);
  }
  if (elements.length < LONG) return places;
  const common = Math.floor(elements.length / 100) + 1;
  for (const [element, { length }] of places) if (length > common) places.delete(element);
  return places;
}
