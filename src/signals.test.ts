import { describe, expect, test } from "bun:test";
import { ManualClock } from "#test/kit/manual-clock.ts";
import { processSignals } from "./signals.ts";

function setUp() {
  const listeners = new Map<NodeJS.Signals, () => void>();
  const clock = new ManualClock();
  const source = {
    on: (name: NodeJS.Signals, listener: () => void) => listeners.set(name, listener),
  };
  const { stop, kill } = processSignals(source, clock)();
  return { stop, kill, clock, send: (name: NodeJS.Signals) => listeners.get(name)?.() };
}

describe("signals of the process", () => {
  test.each(["SIGINT", "SIGTERM", "SIGQUIT"] as const)("%s stops, a second one kills", (name) => {
    const { stop, kill, clock, send } = setUp();
    send(name);
    expect([stop.aborted, kill.aborted]).toEqual([true, false]);
    clock.advance(200);
    send(name);
    expect(kill.aborted).toBe(true);
  });

  test("what npm or timeout pass on beside the terminal is no second signal", () => {
    const { kill, clock, send } = setUp();
    for (const name of ["SIGINT", "SIGINT", "SIGTERM"] as const) {
      send(name);
      clock.advance(50);
    }
    expect(kill.aborted).toBe(false);
  });

  test("SIGHUP of a closed terminal ends nothing", () => {
    const { stop, send } = setUp();
    send("SIGHUP");
    expect(stop.aborted).toBe(false);
  });
});
