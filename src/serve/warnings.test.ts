import { expect, test } from "bun:test";
import { addWarnings } from "./warnings.ts";

function sent(...texts: string[]): string {
  const response = new Response();
  addWarnings(response, new Set(texts));
  return Buffer.from(response.headers.get("warning") ?? "", "latin1").toString("utf8");
}

test("warnings are quoted", () => {
  expect(sent('unknown field "spec.x"', "b")).toBe(
    String.raw`299 - "unknown field \"spec.x\"", 299 - "b"`,
  );
});

test("any text fits into a header", () => {
  expect(sent("é✓\n\u0000\ud800")).toBe('299 - "é✓ \u{FFFD}\u{FFFD}"');
});

test("many long warnings are shortened, too many are left out", () => {
  const texts = Array.from({ length: 40 }, (_, index) => `${index}`.padEnd(1000, "x"));
  const all = sent(...texts);
  expect(all.split(", ")).toHaveLength(16);
  expect(all.length).toBeLessThan(4096 + 16 * 12);
});
