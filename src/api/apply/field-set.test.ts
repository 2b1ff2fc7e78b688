import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { SCHEMA } from "../schema.ts";
import { compare } from "./compare.ts";
import { fieldsOf } from "./extract.ts";
import {
  below,
  difference,
  differenceWithChildren,
  type FieldSet,
  fieldsIn,
  hasField,
  intersection,
  isEmpty,
  union,
} from "./field-set.ts";
import { mergeObjects } from "./merge.ts";
import { removeFields } from "./remove.ts";

const element = fc.constantFrom("f:a", "f:b", 'k:{"name":"x"}', 'v:"1"');
const path = fc.array(element, { minLength: 1, maxLength: 3 });
const paths = fc.array(path, { maxLength: 8 });

/** A set by its members, one at a time. */
const setOf = (members: readonly (readonly string[])[]): FieldSet =>
  members.reduce<FieldSet>(
    (set, member) =>
      union(
        set,
        member.reduceRight<FieldSet>((node, one) => ({ [one]: node }), {}),
      ),
    {},
  );
const textsOf = (set: FieldSet): string[] => [...fieldsIn(set)].map((one) => one.join(" ")).sort();
const textsIn = (members: readonly (readonly string[])[]): Set<string> =>
  new Set(members.map((one) => one.join(" ")));
const sorted = (texts: Iterable<string>): string[] => [...texts].sort();

describe("field sets are sets of paths", () => {
  test("what goes in is in, and nothing else", () => {
    fc.assert(
      fc.property(paths, path, (members, asked) => {
        const set = setOf(members);
        expect(textsOf(set)).toEqual(sorted(textsIn(members)));
        expect(hasField(set, asked)).toBe(textsIn(members).has(asked.join(" ")));
        expect(isEmpty(set)).toBe(members.length === 0);
      }),
    );
  });

  test("union, intersection and difference", () => {
    fc.assert(
      fc.property(paths, paths, (left, right) => {
        const [a, b] = [setOf(left), setOf(right)];
        const [x, y] = [textsIn(left), textsIn(right)];
        expect(textsOf(union(a, b))).toEqual(sorted(x.union(y)));
        expect(textsOf(intersection(a, b))).toEqual(sorted(x.intersection(y)));
        expect(textsOf(difference(a, b))).toEqual(sorted(x.difference(y)));
        const isUnder = (text: string) => [...y].some((one) => `${text} `.startsWith(`${one} `));
        const left_ = [...x].filter((text) => !isUnder(text));
        expect(textsOf(differenceWithChildren(a, b))).toEqual(sorted(left_));
      }),
    );
  });

  test("a difference that takes nothing is the set itself", () => {
    fc.assert(
      fc.property(paths, (members) => {
        const set = setOf(members);
        expect(difference(set, { "f:other": {} })).toBe(set);
        expect(union(set, set)).toBe(set);
      }),
    );
  });

  test("below an element is what its paths say after it", () => {
    fc.assert(
      fc.property(paths, element, (members, first) => {
        const expected = members.filter((one) => one[0] === first && one.length > 1);
        const texts = textsIn(expected.map((one) => one.slice(1)));
        expect(textsOf(below(setOf(members), first))).toEqual(sorted(texts));
      }),
    );
  });
});

const MAP = SCHEMA.object("io.k8s.api.core.v1.ConfigMap");
const POD = SCHEMA.object("io.k8s.api.core.v1.PodSpec");
const keys = fc.constantFrom("a", "b", "constructor", "__proto__");
const data = fc
  .array(fc.tuple(keys, fc.constantFrom("1", "2")), { minLength: 1, maxLength: 4 })
  .map((entries) => ({ data: Object.fromEntries(entries) }));
const containers = fc
  .uniqueArray(
    fc.record({ name: fc.constantFrom("a", "b", "c"), image: fc.constantFrom("x", "y") }),
    { selector: ({ name }) => name, minLength: 1 },
  )
  .map((list) => ({ containers: list }));

describe.each([
  ["maps", MAP, data],
  ["lists", POD, containers],
] as const)("merging and comparing %s", (_what, type, objects) => {
  test("an object merged with itself, or with nothing, stays", () => {
    fc.assert(
      fc.property(objects, (live) => {
        expect(mergeObjects(type, { live, applied: live })).toEqual(live);
        expect(mergeObjects(type, { live, applied: {} })).toEqual(live);
        expect(compare(type, { before: live, after: live })).toEqual({ changed: {}, removed: {} });
      }),
    );
  });

  test("what is applied is in the merged object, and applying it again changes nothing", () => {
    fc.assert(
      fc.property(objects, objects, (live, applied) => {
        const merged = mergeObjects(type, { live, applied });
        const again = mergeObjects(type, { live: merged, applied });
        expect(again).toEqual(merged);
        const { changed, removed } = compare(type, { before: applied, after: merged });
        expect(isEmpty(removed)).toBe(true);
        expect(isEmpty(intersection(changed, fieldsOf(type, applied)))).toBe(true);
      }),
    );
  });

  test("a comparison the other way round swaps added and removed", () => {
    fc.assert(
      fc.property(objects, objects, (one, other) => {
        const forth = compare(type, { before: one, after: other });
        const back = compare(type, { before: other, after: one });
        const added = difference(forth.changed, back.changed);
        expect(textsOf(added)).toEqual(textsOf(back.removed));
      }),
    );
  });

  test("without all of its fields nothing is left", () => {
    fc.assert(
      fc.property(objects, (object) => {
        const left = removeFields(type, object, fieldsOf(type, object));
        expect(JSON.stringify(left)).not.toContain('"x"');
        expect(isEmpty(intersection(fieldsOf(type, left ?? {}), fieldsOf(type, object)))).toBe(
          true,
        );
      }),
    );
  });
});
