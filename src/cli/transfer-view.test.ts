import { expect, test } from "bun:test";
import type { TransferProgress } from "./image-lines.ts";
import { TransferView } from "./transfer-view.ts";

const MIB = 1024 * 1024;

function shown(interactive: boolean, lines: readonly TransferProgress[]): string {
  let text = "";
  const err = (more: string): void => {
    text += more;
  };
  const view = new TransferView({ out: () => undefined, err, interactive, env: {} });
  for (const line of lines) view.show(line);
  return text;
}

const half = { part: "abc", state: "transferring", doneBytes: MIB, totalBytes: 2 * MIB } as const;
const done = { ...half, state: "done", doneBytes: 2 * MIB } as const;

test("a line for each part that is over where nobody watches", () => {
  const present = { part: "def", state: "present", doneBytes: 1, totalBytes: MIB } as const;
  expect(shown(false, [half, half, done, done, present])).toBe(
    "abc  done  2.0 MiB\ndef  is here already  1.0 MiB\n",
  );
});

test("bars that are drawn over where somebody does", () => {
  const text = shown(true, [half, done]);
  expect(text).toContain("abc  [###############...............]  1.0 MiB of 2.0 MiB\n");
  expect(text).toEndWith("\u001b[1A\u001b[2Kabc  done  2.0 MiB\n");
});
