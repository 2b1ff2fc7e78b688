import { expect, test } from "bun:test";
import { ManualClock } from "#test/kit/manual-clock.ts";
import { StartReport } from "./start-report.ts";

function setUp(interactive: boolean) {
  const clock = new ManualClock();
  let text = "";
  const io = {
    out: () => undefined,
    err: (more: string) => {
      text += more;
    },
    interactive,
    env: {},
  };
  const report = new StartReport(io, { phases: 2, monotonicMs: () => clock.monotonicMs() });
  report.begin("One");
  clock.advance(7);
  report.write("a line of the log\n");
  report.begin("Two");
  report.end();
  report.write("later\n");
  return text;
}

test("without a terminal every phase is one plain line, with its time", () => {
  expect(setUp(false)).toBe(
    `a line of the log\n${"One".padEnd(44)}     7 ms\n${"Two".padEnd(44)}     0 ms\nlater\n`,
  );
});

test("on a terminal a bar shows the phase, and no line of the log lands behind it", () => {
  const clear = "\r\x1b[K";
  expect(setUp(true)).toBe(
    [
      "[░░░░░░░░░░] One …",
      `${clear}a line of the log\n`,
      "[░░░░░░░░░░] One …",
      `${clear}[█████░░░░░] ${"One".padEnd(44)}     7 ms\n`,
      "[█████░░░░░] Two …",
      `${clear}[██████████] ${"Two".padEnd(44)}     0 ms\n`,
      "later\n",
    ].join(""),
  );
});
