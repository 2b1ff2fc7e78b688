import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  LabelMatcher,
  type Labels,
  matcherOf,
  matcherOfLabels,
  parseLabelSelector,
} from "./selector.ts";
import { StatusError } from "./status.ts";

function rejection(selector: string): string {
  try {
    parseLabelSelector(selector);
  } catch (error) {
    if (error instanceof StatusError && error.code === 400) return error.message;
    throw error;
  }
  throw new Error(`${selector} was accepted`);
}

describe("a label selector string", () => {
  const labels = { app: "web", tier: "front", weight: "5", "example.com/x": "" };

  test.each([
    ["", true],
    ["app", true],
    ["app=web", true],
    ["app==web", true],
    [" app = web , tier = front ", true],
    ["app=db", false],
    ["app!=db", true],
    ["none!=db", true],
    ["app!=web", false],
    ["!none", true],
    ["! app", false],
    ["app in (web)", true],
    ["app in (db, web)", true],
    ["app in (db)", false],
    ["none in ()", false],
    ["example.com/x in (a,)", true],
    ["example.com/x=", true],
    ["example.com/x=,app=web", true],
    ["app notin (db,cache)", true],
    ["app notin (web)", false],
    ["none notin (web)", true],
    ["weight>4", true],
    ["weight>5", false],
    ["weight<6", true],
    ["app>1", false],
    ["in=x", false],
    ["in in (in)", false],
  ])("%p", (selector, expected) => {
    expect(parseLabelSelector(selector).matches(labels)).toBe(expected);
  });

  const NAME =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

  test.each([
    ["=web", "found '=', expected: !, identifier, or 'end of string'"],
    ["app=web,", "found '', expected: identifier after ','"],
    ["app=web tier", "found 'tier', expected: ',' or 'end of string'"],
    ["app web", "unable to parse requirement: found 'web', expected: in, notin, =, ==, !=, gt, lt"],
    ["app in web", "unable to parse requirement: found 'web' expected: '('"],
    ["app in (web", "unable to parse requirement: found '', expected: ',' or ')'"],
    ["app=(", "unable to parse requirement: found '(', expected: identifier"],
    ["!", "unable to parse requirement: found '', expected: identifier"],
    ["-app", `unable to parse requirement: <nil>: Invalid value: "-app": name part ${NAME}`],
    [
      "weight>a",
      `unable to parse requirement: values[0]: Invalid value: "a": for 'Gt', 'Lt' operators, the value must be an integer`,
    ],
  ])("%p is a bad request", (selector, message) => {
    expect(rejection(selector)).toBe(message);
  });

  test("a bad value names its place and key", () => {
    expect(rejection("app in (ok,-bad)")).toStartWith(
      'unable to parse requirement: values[0][app]: Invalid value: "-bad": a valid label must be an empty string or consist of',
    );
  });
});

describe("a LabelSelector object", () => {
  test("none selects nothing, an empty one everything", () => {
    expect(matcherOf(undefined).matches({})).toBe(false);
    expect(matcherOf({}).matches({ any: "thing" })).toBe(true);
    expect(matcherOf({}).isEmpty).toBe(true);
    expect(LabelMatcher.nothing.isEmpty).toBe(false);
  });

  test("labels and expressions must all hold", () => {
    const matcher = matcherOf({
      matchLabels: { app: "web" },
      matchExpressions: [
        { key: "tier", operator: "In", values: ["b", "a"] },
        { key: "old", operator: "DoesNotExist" },
      ],
    });
    expect(matcher.matches({ app: "web", tier: "a" })).toBe(true);
    expect(matcher.matches({ app: "web", tier: "a", old: "" })).toBe(false);
    expect(matcher.matches({ app: "web" })).toBe(false);
    expect(String(matcher)).toBe("app=web,!old,tier in (a,b)");
  });
});

const word = fc.stringMatching(/^[a-z0-9]([-a-z0-9_.]{0,8}[a-z0-9])?$/);
const labelSets = fc.dictionary(word, word, { maxKeys: 4 });
const selectors = fc.record({
  matchLabels: labelSets,
  matchExpressions: fc.array(
    fc.oneof(
      fc.record({
        key: word,
        operator: fc.constantFrom("In", "NotIn"),
        values: fc.array(word, { minLength: 1, maxLength: 3 }),
      }),
      fc.record({ key: word, operator: fc.constantFrom("Exists", "DoesNotExist") }),
    ),
    { maxLength: 3 },
  ),
});

describe("for all selectors", () => {
  test("the printed selector means the same", () => {
    fc.assert(
      fc.property(selectors, labelSets, (selector, labels) => {
        const matcher = matcherOf(selector);
        const again = parseLabelSelector(String(matcher));
        expect(again.matches(labels)).toBe(matcher.matches(labels));
        expect(String(again)).toBe(String(matcher));
      }),
    );
  });

  test("a set of labels matches itself", () => {
    fc.assert(
      fc.property(labelSets, (labels) => {
        expect(matcherOfLabels(labels).matches(labels)).toBe(true);
      }),
    );
  });

  test("every form of a requirement means what it says, and prints as itself", () => {
    const key = fc.constantFrom("a", "b", "example.com/c");
    const value = fc.constantFrom("", "x", "y", "1", "10", "003");
    const number = fc.constantFrom("1", "10", "003");
    const values = fc.array(value, { minLength: 1, maxLength: 3 });
    const has = (labels: Labels, one: string, of: readonly string[]): boolean =>
      labels[one] !== undefined && of.includes(labels[one]);
    const beyond = (labels: Labels, one: string, order: (value: number) => boolean): boolean =>
      /^-?\d+$/.test(labels[one] ?? "") && order(Number(labels[one]));
    /** A requirement as text, and the naive reading of it. */
    const requirement = fc.oneof(
      key.map((k) => [k, (labels: Labels) => labels[k] !== undefined] as const),
      key.map((k) => [`!${k}`, (labels: Labels) => labels[k] === undefined] as const),
      fc
        .tuple(key, value, fc.constantFrom("=", "=="))
        .map(
          ([k, v, sign]) => [`${k}${sign}${v}`, (labels: Labels) => has(labels, k, [v])] as const,
        ),
      fc
        .tuple(key, value)
        .map(([k, v]) => [`${k}!=${v}`, (labels: Labels) => !has(labels, k, [v])] as const),
      fc
        .tuple(key, values)
        .map(([k, v]) => [`${k} in (${v})`, (labels: Labels) => has(labels, k, v)] as const),
      fc
        .tuple(key, values)
        .map(([k, v]) => [`${k} notin (${v})`, (labels: Labels) => !has(labels, k, v)] as const),
      fc
        .tuple(key, number)
        .map(
          ([k, n]) =>
            [`${k}>${n}`, (labels: Labels) => beyond(labels, k, (v) => v > Number(n))] as const,
        ),
      fc
        .tuple(key, number)
        .map(
          ([k, n]) =>
            [`${k}<${n}`, (labels: Labels) => beyond(labels, k, (v) => v < Number(n))] as const,
        ),
    );
    const labelSet = fc.dictionary(key, value, { maxKeys: 3 });
    fc.assert(
      fc.property(fc.array(requirement, { maxLength: 4 }), labelSet, (requirements, labels) => {
        const matcher = parseLabelSelector(requirements.map(([text]) => text).join(","));
        const expected = requirements.every(([, holds]) => holds(labels));
        expect(matcher.matches(labels)).toBe(expected);
        const again = parseLabelSelector(String(matcher));
        expect(again.matches(labels)).toBe(expected);
        expect(String(again)).toBe(String(matcher));
      }),
      { numRuns: 500 },
    );
  });

  test("no text makes the parser fail otherwise than by 400", () => {
    const text = fc.string({ unit: fc.constantFrom(..."ab,=!()<> in") });
    fc.assert(
      fc.property(text, (selector) => {
        try {
          parseLabelSelector(selector);
        } catch (error) {
          expect(error).toBeInstanceOf(StatusError);
        }
      }),
    );
  });
});
