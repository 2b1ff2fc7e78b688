import type { ObjectType } from "../schema.ts";
import { everythingIn } from "./extract.ts";
import { type FieldSet, MEMBER, NO_FIELDS, withSelf } from "./field-set.ts";
import { fieldElement } from "./path-element.ts";
import {
  absent,
  elementsOf,
  entriesOf,
  entryOf,
  indexed,
  type Place,
  placeOfElements,
  placeOfEntries,
  structureOf,
} from "./place.ts";

/** How one version of an object differs from another. */
export interface Comparison {
  /** Fields that were added, and leaves that are another. */
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

/** Values before and after; undefined where there is none. */
interface Pair {
  readonly before: unknown;
  readonly after: unknown;
}

interface Difference {
  readonly changed?: FieldSet | undefined;
  readonly removed?: FieldSet | undefined;
}

const SAME: Difference = {};

/** Compares two versions of an object field by field. */
export function compare(type: ObjectType, pair: Pair): Comparison {
  const { changed = NO_FIELDS, removed = NO_FIELDS } = compareAt({ type }, pair);
  return { changed, removed };
}

const isVoid = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (typeof value === "object" && Object.keys(value).length === 0);

function compareAt(place: Place, { before, after }: Pair): Difference {
  if (before === after) return SAME;
  if (before === undefined) return { changed: everythingIn(place, after) };
  if (after === undefined) return { removed: everythingIn(place, before) };
  const [was, is] = [structureOf(place, before), structureOf(place, after)];
  if (was !== is) return compareStructures(place, { before, after });
  if (is === "leaf" || (isVoid(before) && isVoid(after)))
    return Bun.deepEquals(before, after, true) ? SAME : { changed: MEMBER };
  return is === "map"
    ? compareMaps(place, { before, after })
    : compareLists(place, { before, after });
}

/** A map where there was none, or the other way round; only where nothing is declared. */
function compareStructures(place: Place, { before, after }: Pair): Difference {
  const [removed, added] = [everythingIn(place, before), everythingIn(place, after)];
  if (structureOf(place, after) === "map") return { changed: withSelf(added) };
  const { ".": _, ...below } = removed;
  // Nothing, where a map was, is the map without its entries.
  const isEmptied = after === null && structureOf(place, before) === "map";
  return {
    ...(!isEmptied && { changed: MEMBER }),
    ...(!isVoid(below) && { removed: below }),
  };
}

function compareMaps(place: Place, pair: Pair): Difference {
  const [before, after] = [entriesOf(pair.before), entriesOf(pair.after)];
  const { type } = place;
  const declared = type.is === "object" ? type.fields : undefined;
  const others = placeOfEntries(place);
  const found = new Differences();
  for (const name in after) {
    const [was, is] = [entryOf(before, name), after[name]];
    if (was === is || is === undefined) continue;
    const field = declared?.get(name);
    const start = was === undefined ? absent(field) : was;
    found.add(fieldElement(name), compareAt(field ?? others, { before: start, after: is }));
  }
  for (const name in before) {
    const was = before[name];
    if (was === undefined || entryOf(after, name) !== undefined) continue;
    const field = declared?.get(name);
    const end = absent(field);
    found.add(fieldElement(name), compareAt(field ?? others, { before: was, after: end }));
  }
  return found;
}

function compareLists(place: Place, pair: Pair): Difference {
  const before = indexed(place, elementsOf(pair.before));
  const after = indexed(place, elementsOf(pair.after));
  const elements = placeOfElements(place);
  const found = new Differences();
  for (const element of new Set([...before.keys(), ...after.keys()])) {
    const [was = [], is = []] = [before.get(element), after.get(element)];
    found.add(element, compareElements(elements, { was, is }));
  }
  return found;
}

/** Elements that are there more than once are owned together, as one leaf. */
function compareElements(
  place: Place,
  { was, is }: { was: readonly unknown[]; is: readonly unknown[] },
): Difference {
  if (was.length <= 1 && is.length <= 1) return compareAt(place, { before: was[0], after: is[0] });
  if (was.length > 1 && is.length > 1)
    return Bun.deepEquals(was, is, true) ? SAME : { changed: MEMBER };
  if (was.length > 1)
    return { removed: MEMBER, ...(is.length > 0 && { changed: everythingIn(place, is[0]) }) };
  return { changed: MEMBER, ...(was.length > 0 && { removed: everythingIn(place, was[0]) }) };
}

/** The differences below one place. */
class Differences implements Difference {
  changed: Record<string, FieldSet> | undefined;
  removed: Record<string, FieldSet> | undefined;

  add(element: string, { changed, removed }: Difference): void {
    if (changed !== undefined) {
      this.changed ??= {};
      this.changed[element] = changed;
    }
    if (removed !== undefined) {
      this.removed ??= {};
      this.removed[element] = removed;
    }
  }
}
