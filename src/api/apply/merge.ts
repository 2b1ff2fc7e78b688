import type { ObjectType } from "../schema.ts";
import {
  elementOf,
  elementsOf,
  entriesOf,
  type Place,
  placeOf,
  placeOfElements,
  structureOf,
} from "./place.ts";

/**
 * The live object with everything that a configuration says laid over it. Nothing is removed; lists
 * keep the order of the configuration for what it names. Shares parts with both.
 */
export function mergeObjects(
  type: ObjectType,
  { live, applied }: { live: unknown; applied: unknown },
): unknown {
  return merge({ type }, { live, applied });
}

interface Pair {
  readonly live: unknown;
  readonly applied: unknown;
}

const size = (value: unknown): number =>
  typeof value === "object" && value !== null ? Object.keys(value).length : 0;

function merge(place: Place, { live, applied }: Pair): unknown {
  if (applied === undefined) return live;
  if (live === undefined) return applied;
  const structure = structureOf(place, applied);
  const isEmpty = size(live) === 0 && size(applied) === 0;
  // A null says nothing about a map or list that is there.
  if (applied === null && !isEmpty && structureOf(place, live) !== "leaf") return live;
  if (structure === "leaf" || isEmpty) return applied;
  return structure === "map"
    ? mergeMaps(place, { live, applied })
    : mergeLists(place, { live: elementsOf(live), applied: elementsOf(applied) });
}

function mergeMaps(place: Place, pair: Pair): unknown {
  const merged = new Map(Object.entries(entriesOf(pair.live)));
  for (const [name, applied] of Object.entries(entriesOf(pair.applied)))
    merged.set(name, merge(placeOf(place, name), { live: merged.get(name), applied }));
  return Object.fromEntries(merged);
}

interface Entry {
  readonly element: string;
  readonly value: unknown;
}

function mergeLists(
  place: Place,
  { live, applied }: { live: readonly unknown[]; applied: readonly unknown[] },
): unknown[] {
  const entriesOfList = (list: readonly unknown[]): Entry[] =>
    list.map((value) => ({ element: elementOf(place, value), value }));
  return new ListMerge(place, {
    live: entriesOfList(live),
    applied: entriesOfList(applied),
  }).run();
}

/**
 * Interleaves two lists: what only the live list has stays where it stood between the elements that
 * both have, as far as the order of the applied list allows.
 */
class ListMerge {
  readonly #elements: Place;
  readonly #live: readonly Entry[];
  readonly #applied: readonly Entry[];
  /** Live elements by their keys; undefined where a key is there more than once. */
  readonly #liveBy = new Map<string, unknown>();
  readonly #appliedBy: ReadonlySet<string>;
  /** What both have, in the order of the applied list. */
  readonly #shared: string[];
  #nextShared: string | undefined;
  readonly #merged: unknown[] = [];

  constructor(
    place: Place,
    { live, applied }: { live: readonly Entry[]; applied: readonly Entry[] },
  ) {
    this.#elements = placeOfElements(place);
    this.#live = live;
    this.#applied = applied;
    for (const { element, value } of live)
      this.#liveBy.set(element, this.#liveBy.has(element) ? undefined : value);
    this.#appliedBy = new Set(applied.map(({ element }) => element));
    this.#shared = applied
      .map(({ element }) => element)
      .filter((element) => this.#liveBy.has(element));
    this.#nextShared = this.#shared.shift();
  }

  run(): unknown[] {
    let at = 0;
    for (const entry of this.#applied) {
      at = this.#takeLiveBefore(entry.element, at);
      if (this.#live[at]?.element === entry.element) at += 1;
      this.#take(entry);
    }
    for (const { element, value } of this.#live.slice(at))
      if (!this.#appliedBy.has(element)) this.#merged.push(value);
    return this.#merged;
  }

  /** Takes the live elements that come before an applied one; answers where the live list goes on. */
  #takeLiveBefore(applied: string, from: number): number {
    let at = from;
    for (let live = this.#live[at]; live !== undefined; live = this.#live[at]) {
      const { element, value } = live;
      if (element === applied) return at;
      if (!this.#appliedBy.has(element)) this.#merged.push(value);
      // All that both have is merged: this one too, and what follows it comes after the applied one.
      else if (this.#nextShared === undefined) return at + 1;
      else if (this.#nextShared === element) return at;
      at += 1;
    }
    return at;
  }

  #take({ element, value }: Entry): void {
    this.#merged.push(merge(this.#elements, { live: this.#liveBy.get(element), applied: value }));
    if (element === this.#nextShared) this.#nextShared = this.#shared.shift();
  }
}
