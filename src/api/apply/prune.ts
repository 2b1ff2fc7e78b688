import type { ObjectType } from "../schema.ts";
import { fieldsOf } from "./extract.ts";
import { difference, type FieldSet, intersection, isEmpty, union, withSelf } from "./field-set.ts";
import type { Owner, Owners } from "./owners.ts";
import { declaredField, type Place, placeOf, placeOfElements } from "./place.ts";
import { removeFields } from "./remove.ts";
import type { Versioned, Versions } from "./versions.ts";

/**
 * Removes what an applier named last time, does not name now, and nobody else owns.
 * `merged` is in the version of the request, as is the answer.
 */
export function prune(
  merged: unknown,
  { versions, owners, last }: { versions: Versions; owners: Owners; last: Owner | undefined },
): unknown {
  if (last === undefined || isEmpty(last.fields)) return merged;
  const start = versions.convert(merged, last.apiVersion);
  if (start === undefined) return merged;
  const bare = removeFields(start.type, start.object, allNamed(start.type, last.fields));
  const owned = keepOwned(versions, { start, bare, owners, apiVersion: last.apiVersion });
  const pruned = keepOthers(start, { pruned: owned, last: last.fields });
  return versions.restore(pruned, last.apiVersion);
}

/** Puts back what somebody owns, version by version; the answer is in the version of `start`. */
function keepOwned(
  versions: Versions,
  {
    start,
    bare,
    owners,
    apiVersion,
  }: { start: Versioned; bare: unknown; owners: Owners; apiVersion: string },
): unknown {
  const ownedIn = new Map<string, FieldSet>([[apiVersion, {}]]);
  for (const owner of owners.values())
    ownedIn.set(owner.apiVersion, union(ownedIn.get(owner.apiVersion) ?? {}, owner.fields));
  let pruned = bare;
  for (const [version, owned] of ownedIn) {
    const whole = convertFrom(versions, { object: start.object, from: apiVersion, to: version });
    const part = convertFrom(versions, { object: pruned, from: apiVersion, to: version });
    if (whole === undefined || part === undefined) continue;
    const { type, object } = whole;
    const wanted = union(fieldsWithNames(type, part.object), allNamed(type, owned));
    const gone = difference(fieldsWithNames(type, object), wanted);
    const left = removeFields(type, object, gone);
    pruned = convertBack(versions, { object: left, from: version, to: apiVersion });
  }
  return pruned;
}

interface Conversion {
  readonly object: unknown;
  readonly from: string;
  readonly to: string;
}

function convertFrom(versions: Versions, { object, from, to }: Conversion): Versioned | undefined {
  return versions.convert(versions.restore(object, from), to);
}

function convertBack(versions: Versions, conversion: Conversion): unknown {
  return conversion.from === conversion.to
    ? conversion.object
    : convertFrom(versions, conversion)?.object;
}

/** Only what the applier owned itself may go. */
function keepOthers(
  { type, object }: Versioned,
  { pruned, last }: { pruned: unknown; last: FieldSet },
): unknown {
  const gone = difference(fieldsWithNames(type, object), fieldsWithNames(type, pruned));
  return removeFields(type, object, intersection(gone, allNamed(type, last)));
}

const fieldsWithNames = (type: ObjectType, object: unknown): FieldSet =>
  allNamed(type, fieldsOf(type, object));

/** The set together with the declared fields that lead to its fields. */
function allNamed(type: ObjectType, fields: FieldSet): FieldSet {
  return nameAll({ type }, fields);
}

function nameAll(place: Place, fields: FieldSet): FieldSet {
  const named: Record<string, FieldSet> = {};
  for (const [element, node] of Object.entries(fields)) {
    if (element === "." || isEmpty(node)) {
      named[element] = node;
      continue;
    }
    const isField = element.startsWith("f:");
    const name = element.slice(2);
    const inside = nameAll(isField ? placeOf(place, name) : placeOfElements(place), node);
    const isDeclared = isField && declaredField(place, name) !== undefined;
    named[element] = isDeclared ? withSelf(inside) : inside;
  }
  return named;
}
