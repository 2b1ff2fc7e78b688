import { expect, test } from "bun:test";
import fc from "fast-check";
import { unifiedDiff } from "./unified-diff.ts";

/** Texts that Go's port of difflib printed. */
test("a change is shown with three lines around it", () => {
  const before = [..."abcdefghij"];
  expect(unifiedDiff(before, [..."abcDefghiJk"])).toBe(
    "@@ -1,10 +1,11 @@\n a\n b\n c\n-d\n+D\n e\n f\n g\n h\n i\n-j\n+J\n+k\n",
  );
  expect(unifiedDiff(before, [..."Abcdefghi"])).toBe(
    "@@ -1,4 +1,4 @@\n-a\n+A\n b\n c\n d\n@@ -7,4 +7,3 @@\n g\n h\n i\n-j\n",
  );
  expect(unifiedDiff(before, before)).toBe("");
});

test("ranges of one line have no length, those of none begin before it", () => {
  expect(unifiedDiff([], ["x"])).toBe("@@ -0,0 +1 @@\n+x\n");
  expect(unifiedDiff(["x"], [])).toBe("@@ -1 +0,0 @@\n-x\n");
  expect(unifiedDiff(["x"], ["y"])).toBe("@@ -1 +1 @@\n-x\n+y\n");
});

test("behind a change that no telling line follows, all is replaced", () => {
  const text = (middle: string) => [...Array(150).fill("}"), middle, ...Array(100).fill("}")];
  const removed = "-}\n".repeat(100);
  const added = "+}\n".repeat(100);
  expect(unifiedDiff(text("x"), text("y"))).toBe(
    `@@ -148,104 +148,104 @@\n }\n }\n }\n-x\n${removed}+y\n${added}`,
  );
});

test("for all texts: what is shown of each stands there", () => {
  const line: fc.Arbitrary<string> = fc.constantFrom("a", "b", "c", "{", "}");
  const text = fc.array(line, { maxLength: 40 });
  fc.assert(
    fc.property(text, text, (before, after) => {
      const hunks = unifiedDiff(before, after).split(/^@@ -(\d+)\S* \+(\d+)\S* @@\n/m);
      for (let index = 1; index < hunks.length; index += 3) {
        const lines = hunks[index + 2]?.split("\n").slice(0, -1) ?? [];
        const shown = (mark: string) =>
          lines
            .filter((one) => one.startsWith(" ") || one.startsWith(mark))
            .map((one) => one.slice(1));
        const [old, now] = [shown("-"), shown("+")];
        const from = (start: string | undefined, { length }: string[]) =>
          Number(start) - (length === 0 ? 0 : 1);
        const [oldFrom, nowFrom] = [from(hunks[index], old), from(hunks[index + 1], now)];
        expect(before.slice(oldFrom, oldFrom + old.length)).toEqual(old);
        expect(after.slice(nowFrom, nowFrom + now.length)).toEqual(now);
      }
      expect(hunks.length === 1).toBe(Bun.deepEquals(before, after));
    }),
  );
});
