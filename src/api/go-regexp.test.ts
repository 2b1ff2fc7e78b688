import { expect, test } from "bun:test";
import { explain } from "#lib/errors.ts";
import { goRegexp } from "./go-regexp.ts";

test.each<readonly [string, readonly string[], readonly string[]]>([
  ["^[a-z]+$", ["abc"], ["ABC", "a1", "abc\n"]],
  ["(?i)^abc$", ["ABC"], ["ab"]],
  ["a(?i:b)c", ["aBc"], ["ABC"]],
  ["^a.c$", ["abc", "a\rc", "a😀c"], ["a\nc"]],
  ["(?s)^a.c$", ["a\nc"], []],
  ["(?m)^b$", ["a\nb\nc"], ["ab"]],
  ["\\Aab\\z", ["ab"], ["ab\n"]],
  ["^\\d{2,3}$", ["12", "123"], ["1", "١٢"]],
  ["^\\s$", [" ", "\t"], ["\u00a0", "\v"]],
  ["^[[:alpha:]_-]+$", ["a_-"], ["1"]],
  ["^[^\\w.]$", ["-"], ["a", "."]],
  ["^\\Qa.b\\E$", ["a.b"], ["axb"]],
  ["^(?P<x>a)+$", ["aa"], [""]],
  ["^\\p{Greek}+$", ["αβ"], ["ab"]],
  ["^\\x41\\x{1F600}$", ["A😀"], []],
  ["^[]a]$", ["]", "a"], ["b"]],
  ["^[^\\w-8]$", ["."], ["a", "-", "8"]],
  ["^[+--]+$", ["+,-"], ["."]],
  ["^[\\x41-\\x{43}\\n]$", ["B", "\n"], ["D"]],
  ["^[[:^alpha:]]$", ["1", "é"], ["a"]],
  ["^a$*$", ["a"], ["b"]],
  ["^x{1,02}$", ["x{1,02}"], ["x"]],
  ["^\\p{lu}$", ["A"], ["a"]],
  ["^a{,2}$", ["a{,2}"], ["aa"]],
  ["^-/=!$", ["-/=!"], []],
  ["^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]+)*$", ["a-b.c"], ["-a"]],
])("%s means what it means in Go", (pattern, good, bad) => {
  const regexp = goRegexp(pattern);
  for (const text of good) expect([text, regexp.test(text)]).toEqual([text, true]);
  for (const text of bad) expect([text, regexp.test(text)]).toEqual([text, false]);
});

const problemOf = (pattern: string): string => {
  try {
    goRegexp(pattern);
    return "none";
  } catch (error) {
    return explain(error);
  }
};

test.each([
  ["(a", "error parsing regexp: missing closing ): `(a`"],
  ["a)", "error parsing regexp: unexpected ): `a)`"],
  ["[a", "error parsing regexp: missing closing ]: `[a`"],
  ["*a", "error parsing regexp: missing argument to repetition operator: `*`"],
  ["a**", "error parsing regexp: invalid nested repetition operator: `**`"],
  ["a{1001}", "error parsing regexp: invalid repeat count: `{1001}`"],
  ["(a{2}|b{20,51}?){20}?", "error parsing regexp: invalid repeat count: `{20}?`"],
  ["(?=a)", "error parsing regexp: invalid or unsupported Perl syntax: `(?=`"],
  ["(?<!a)", "error parsing regexp: invalid or unsupported Perl syntax: `(?<`"],
  ["(a)\\1", "error parsing regexp: invalid escape sequence: `\\1`"],
  ["\\e", "error parsing regexp: invalid escape sequence: `\\e`"],
  ["[z-a]", "error parsing regexp: invalid character class range: `z-a`"],
  ["\\p{Foo}", "error parsing regexp: invalid character class range: `\\p{Foo}`"],
  ["[a-\\d]", "error parsing regexp: invalid escape sequence: `\\d`"],
  ["[\\x62-a]", "error parsing regexp: invalid character class range: `\\x62-a`"],
  ["[[:a-z:]]", "error parsing regexp: invalid character class range: `[:a-z:]`"],
  ["[[:nope:]]", "error parsing regexp: invalid character class range: `[:nope:]`"],
])("%s is refused", (pattern, problem) => {
  expect(problemOf(pattern)).toBe(problem);
});
