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

/** So many comparisons, some tenths of a second, may be made; what is left then counts as different. */
const MAX_STEPS = 2_000_000;

/**
 * Which parts of two sequences are the same, in order, as Python's `difflib.SequenceMatcher` finds
 * them: the longest one, then the longest ones on either side of it, and so on. Of equally long ones
 * the first counts. What makes up more than a hundredth of a sequence of 200 or more does not start
 * a match. Between two blocks there is always something that is not the same. Takes the square of
 * the number of blocks, up to a bound: behind that nothing more is found.
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

const NOWHERE: readonly number[] = [];

/** The matches that end with the element that was looked at last. */
class Runs {
  /** How long the match is that ends before each place. */
  #sizes: Int32Array;
  #next: Int32Array;
  #places = NOWHERE;

  constructor(length: number) {
    this.#sizes = new Int32Array(length + 1);
    this.#next = new Int32Array(length + 1);
  }

  /** Goes on by an element that stands at some places: where the longest match within a range ends. */
  advance(places: readonly number[], { from, to }: Range): { end: number; size: number } {
    let [end, longest] = [0, 0];
    for (const place of places) {
      if (place < from) continue;
      if (place >= to) break;
      const size = (this.#sizes[place] ?? 0) + 1;
      this.#next[place + 1] = size;
      if (size > longest) [end, longest] = [place + 1, size];
    }
    for (const place of this.#places) this.#sizes[place + 1] = 0;
    [this.#sizes, this.#next] = [this.#next, this.#sizes];
    this.#places = places;
    return { end, size: longest };
  }
}

class Matcher {
  readonly #before: readonly string[];
  readonly #after: readonly string[];
  /** Where the elements of `after` stand, but for the common ones. */
  readonly #places: ReadonlyMap<string, readonly number[]>;
  readonly #runs: Runs;
  #steps = 0;

  constructor(before: readonly string[], after: readonly string[]) {
    this.#before = before;
    this.#after = after;
    this.#places = tellingPlaces(after);
    this.#runs = new Runs(after.length);
  }

  *matches(ranges: Ranges): Iterable<MatchingBlock> {
    let { before, after } = ranges;
    for (;;) {
      const longest = this.#longest({ before, after });
      if (longest.size === 0) return;
      // Blocks to the left are smaller, so that this does not go deep.
      yield* this.matches({
        before: { ...before, to: longest.before },
        after: { ...after, to: longest.after },
      });
      yield longest;
      before = { ...before, from: longest.before + longest.size };
      after = { ...after, from: longest.after + longest.size };
    }
  }

  #longest(ranges: Ranges): MatchingBlock {
    const { before, after } = ranges;
    let best: MatchingBlock = { before: before.from, after: after.from, size: 0 };
    for (let index = before.from; index < before.to && this.#steps < MAX_STEPS; index++) {
      const places = this.#places.get(this.#before[index] ?? "") ?? NOWHERE;
      this.#steps += places.length + 1;
      const { end, size } = this.#runs.advance(places, after);
      if (size > best.size) best = { before: index + 1 - size, after: end - size, size };
    }
    this.#runs.advance(NOWHERE, after);
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
