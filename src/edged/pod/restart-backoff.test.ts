import { expect, test } from "bun:test";
import { RestartBackoff } from "./restart-backoff.ts";

test("the first restart is free, then the wait doubles from ten seconds to five minutes", () => {
  const backoff = new RestartBackoff();
  const waits: number[] = [];
  let endedMs = 1000;
  for (let round = 0; round < 8; round++) {
    const heldMs = Math.max(backoff.heldUntilMs("main", endedMs), endedMs);
    waits.push(heldMs - endedMs);
    backoff.restarted("main", { endedMs, nowMs: heldMs });
    endedMs = heldMs + 1;
  }
  expect(waits).toEqual([0, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
});

test("ten minutes of running make up for everything", () => {
  const backoff = new RestartBackoff();
  backoff.restarted("main", { endedMs: 0, nowMs: 0 });
  expect(backoff.heldUntilMs("main", 600_001)).toBe(0);
});
