import type { JsonObject } from "../codec/json-value.ts";
import type { ObjectType } from "../schema.ts";
import { type FieldSet, isEmpty, MEMBER, NO_FIELDS, withSelf } from "./field-set.ts";
import { fieldElement } from "./path-element.ts";
import {
  declaredField,
  elementsOf,
  entriesOf,
  indexed,
  type Place,
  placeOf,
  placeOfElements,
  placeOfEntries,
  structureOf,
} from "./place.ts";

/** All fields that an applied configuration names: leaves, entries of maps, elements of lists. */
export function fieldsOf(type: ObjectType, object: unknown): FieldSet {
  return named({ type }, object) ?? NO_FIELDS;
}

const isBare = (value: unknown): boolean =>
  value === null ||
  (typeof value === "object" && !Array.isArray(value) && Object.keys(value).length === 0);

function named(place: Place, value: unknown): FieldSet | undefined {
  switch (structureOf(place, value)) {
    case "leaf":
      return MEMBER;
    case "map":
      return namedEntries(place, entriesOf(value));
    case "list":
      return someOf(elementNodes(place, value, (elements, one) => withSelf(named(elements, one))));
  }
}

function namedEntries(place: Place, entries: JsonObject): FieldSet | undefined {
  const nodes: Record<string, FieldSet> = {};
  for (const [name, child] of Object.entries(entries)) {
    if (child === undefined) continue;
    const node = named(placeOf(place, name), child);
    const isNamed = isBare(child) || declaredField(place, name) === undefined;
    if (isNamed) nodes[fieldElement(name)] = withSelf(node);
    else if (node !== undefined) nodes[fieldElement(name)] = node;
  }
  return someOf(nodes);
}

const someOf = (nodes: FieldSet): FieldSet | undefined => (isEmpty(nodes) ? undefined : nodes);

/** The nodes of a list's elements; those that are there more than once are owned as one. */
function elementNodes(
  list: Place,
  value: unknown,
  nodeOf: (place: Place, value: unknown) => FieldSet,
): FieldSet {
  const elements = placeOfElements(list);
  const nodes: Record<string, FieldSet> = {};
  for (const [element, [first, ...others]] of indexed(list, elementsOf(value)))
    nodes[element] = others.length > 0 ? MEMBER : nodeOf(elements, first);
  return nodes;
}

/** A value with everything in it, also what only leads to its leaves. */
export function everythingIn(place: Place, value: unknown): FieldSet {
  if (typeof value !== "object" || value === null) return MEMBER;
  switch (structureOf(place, value)) {
    case "leaf":
      return MEMBER;
    case "map":
      return entriesWithin(place, entriesOf(value));
    case "list":
      return withSelf(elementNodes(place, value, everythingIn));
  }
}

function entriesWithin(place: Place, entries: JsonObject): FieldSet {
  const { type } = place;
  const declared = type.is === "object" ? type.fields : undefined;
  const others = placeOfEntries(place);
  const nodes: Record<string, FieldSet> = {};
  for (const name in entries) {
    const child = entries[name];
    if (child !== undefined)
      nodes[fieldElement(name)] = everythingIn(declared?.get(name) ?? others, child);
  }
  return withSelf(nodes);
}
