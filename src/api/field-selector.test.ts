import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { parseFieldSelector } from "./field-selector.ts";
import type { Pod } from "./object.ts";

const kind = {
  namespaced: true,
  fields: { "spec.nodeName": (pod: Pod) => pod.spec?.nodeName ?? "" },
};
const pod: Pod = {
  metadata: { name: "web", namespace: "shop" },
  spec: { nodeName: "edge", containers: [] },
};

describe("a field selector", () => {
  test.each([
    ["", true],
    ["metadata.name=web", true],
    ["metadata.name==web,metadata.namespace=shop", true],
    ["metadata.namespace!=shop", false],
    ["spec.nodeName=edge", true],
    ["spec.nodeName!=edge", false],
    ["spec.nodeName=", false],
    ["spec.nodeName!=", true],
    [",metadata.name=web,", true],
    ["metadata.name=a\\,b", false],
  ])("%p", (selector, expected) => {
    expect(parseFieldSelector(kind, selector).matches(pod)).toBe(expected);
  });

  test("says which value it demands of a field", () => {
    const matcher = parseFieldSelector(kind, "spec.nodeName!=x,metadata.name=web");
    expect(matcher.required("metadata.name")).toBe("web");
    expect(matcher.required("spec.nodeName")).toBeUndefined();
    expect(String(matcher)).toBe("spec.nodeName!=x,metadata.name=web");
  });

  test.each([
    ["foo=bar", "field label not supported: foo"],
    ["toString=bar", "field label not supported: toString"],
    ["foo", "invalid selector: 'foo'; can't understand 'foo'"],
    ["metadata.name=a=b", "invalid field selector: unescaped character in value: 61"],
    ["metadata.name=\\x", "invalid field selector: invalid escape sequence: \\x"],
  ])("%p is a bad request", (selector, message) => {
    expect(() => parseFieldSelector(kind, selector)).toThrow(message);
  });

  test("escapes are undone and made", () => {
    const named: Pod = { metadata: { name: "a,b=c\\d" }, spec: { containers: [] } };
    const matcher = parseFieldSelector(kind, "metadata.name=a\\,b\\=c\\\\d");
    expect(matcher.matches(named)).toBe(true);
    expect(String(matcher)).toBe("metadata.name=a\\,b\\=c\\\\d");
  });

  test("for all values: what is printed means the same, and what is meant", () => {
    const value = fc.string({ unit: fc.constantFrom("a", "b", "\\", ",", "=", "!", " ", "é") });
    const term = fc.record({
      field: fc.constantFrom("metadata.name", "metadata.namespace", "spec.nodeName"),
      value,
      equal: fc.boolean(),
    });
    const escaped = (text: string): string => text.replace(/[\\,=]/g, (char) => `\\${char}`);
    const named = fc.record({ name: value, space: value, on: value });
    fc.assert(
      fc.property(fc.array(term, { maxLength: 3 }), named, (terms, { name, space, on }) => {
        const object: Pod = {
          metadata: { name, namespace: space },
          spec: { nodeName: on, containers: [] },
        };
        const found: Record<string, string> = {
          "metadata.name": name,
          "metadata.namespace": space,
          "spec.nodeName": on,
        };
        const text = terms
          .map((one) => `${one.field}${one.equal ? "=" : "!="}${escaped(one.value)}`)
          .join(",");
        const matcher = parseFieldSelector(kind, text);
        const expected = terms.every((one) => (found[one.field] === one.value) === one.equal);
        expect(matcher.matches(object)).toBe(expected);
        expect(String(matcher)).toBe(text);
      }),
      { numRuns: 300 },
    );
  });
});
