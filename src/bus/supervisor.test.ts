import { describe, expect, test } from "bun:test";
import { aborted } from "#lib/abort.ts";
import { rejection } from "#test/kit/eventually.ts";
import { ManualClock } from "#test/kit/manual-clock.ts";
import { ModuleError, RESTART_ON_FAILURE } from "./keeper.ts";
import type { Module, Scope } from "./module.ts";
import { type ModuleStatus, type SupervisorOptions, supervise } from "./supervisor.ts";

/** A supervised site whose time stands still, and what happened in it. */
class Site {
  readonly clock = new ManualClock();
  readonly stop = new AbortController();
  readonly hurry = new AbortController();
  readonly statuses: ModuleStatus[] = [];
  readonly #waiting = new Set<{ check: () => boolean; done: () => void }>();

  run(modules: readonly Module[], options: Partial<SupervisorOptions> = {}): Promise<void> {
    return supervise(modules, {
      signal: this.stop.signal,
      hurry: this.hurry.signal,
      clock: this.clock,
      timer: this.clock,
      onStatus: (status) => {
        this.statuses.push(status);
        for (const one of this.#waiting) if (one.check()) one.done();
      },
      ...options,
    });
  }

  get log(): string[] {
    return this.statuses.map(({ name, state }) => `${name} ${state}`);
  }

  /** Resolves once `line` has been logged `times` times. */
  async logged(line: string, times = 1): Promise<void> {
    const check = (): boolean => this.log.filter((one) => one === line).length >= times;
    if (check()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add({ check, done: resolve });
    await promise;
  }
}

const module = (name: string, run: (scope: Scope) => Promise<void>, more = {}): Module => ({
  name,
  run,
  ...more,
});
const serving = (name: string): Module =>
  module(name, async ({ signal, ready }) => {
    ready();
    await aborted(signal);
  });

test("modules start in order, each once the one before is ready, and stop in reverse", async () => {
  const site = new Site();
  const readyFirst = Promise.withResolvers<void>();
  const running = site.run([
    module("a", async ({ signal, ready }) => {
      await readyFirst.promise;
      ready();
      await aborted(signal);
    }),
    serving("b"),
  ]);
  expect(site.log).toEqual(["a waiting", "b waiting", "a starting"]);
  readyFirst.resolve();
  await site.logged("b running");
  site.stop.abort();
  await running;
  expect(site.log.slice(3)).toEqual([
    "a running",
    "b starting",
    "b running",
    "b stopping",
    "b ended",
    "a stopping",
    "a ended",
  ]);
});

test("a failure without a restart policy ends the site with its reason", async () => {
  const site = new Site();
  const failing = module("mesh", () => Promise.reject(new Error("port 53 is taken")));
  const error = await rejection(site.run([serving("db"), failing, serving("never")]));
  expect(error).toBeInstanceOf(ModuleError);
  expect(error.message).toBe("Module mesh failed");
  expect(site.statuses.findLast(({ name }) => name === "mesh")).toMatchObject({
    state: "failed",
    reason: "Module mesh failed: port 53 is taken",
  });
  expect(site.log).not.toContain("never starting");
  expect(site.log.at(-1)).toBe("db ended");
});

test("what a module throws at once is a failure like any other", async () => {
  const site = new Site();
  const throwing = module("mesh", () => {
    throw new Error("panic");
  });
  expect((await rejection(site.run([throwing]))).cause).toEqual(new Error("panic"));
});

test("a module that returns though nobody stopped it has failed", async () => {
  const site = new Site();
  const early = module("mesh", async ({ ready }) => ready());
  expect((await rejection(site.run([early]))).message).toBe("Module mesh ended early");
});

test("a module that is not ready in time ends the site", async () => {
  const site = new Site();
  const slow = module("slow", async ({ signal }) => aborted(signal));
  const failing = rejection(site.run([slow, serving("b")], { startTimeoutMs: 1_000 }));
  await site.logged("slow starting");
  site.clock.advance(1_000);
  expect((await failing).message).toBe("Module slow was not ready within 1000 ms");
});

test("several failures are told together", async () => {
  const site = new Site();
  const sore = module("sore", async ({ signal, ready }) => {
    ready();
    await aborted(signal);
    throw new Error("cannot stop cleanly");
  });
  const error = await rejection(
    site.run([sore, module("bad", () => Promise.reject(new Error("x")))]),
  );
  expect(error).toBeInstanceOf(AggregateError);
});

describe("a module with a restart policy", () => {
  test("is restarted after 1 s, 2 s, 4 s … 30 s, while the others go on", async () => {
    const site = new Site();
    const failing = module(
      "hub",
      async ({ ready }) => {
        ready();
        throw new Error("no link");
      },
      { restart: RESTART_ON_FAILURE },
    );
    const running = site.run([failing, serving("b")]);
    await site.logged("b running");
    const delays: number[] = [];
    for (let restarts = 1; restarts <= 7; restarts += 1) {
      await site.logged("hub restarting", restarts);
      const since = site.clock.monotonicMs();
      while (site.log.filter((line) => line === "hub starting").length === restarts) {
        site.clock.advance(500);
        for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
      }
      delays.push(site.clock.monotonicMs() - since);
    }
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    await site.logged("hub restarting", 8);
    expect(site.statuses.at(-1)).toMatchObject({ name: "hub", restarts: 7, reason: "no link" });
    site.stop.abort();
    await running;
  });

  test("ends the site once its retries are used up", async () => {
    const site = new Site();
    let lives = 0;
    const failing = module(
      "hub",
      () => {
        lives += 1;
        return Promise.reject(new Error("no link"));
      },
      { restart: { ...RESTART_ON_FAILURE, retries: 2 } },
    );
    const ended = rejection(site.run([failing]));
    for (let restarts = 1; restarts <= 2; restarts += 1) {
      await site.logged("hub restarting", restarts);
      site.clock.advance(2_000);
    }
    expect((await ended).message).toBe("Module hub failed");
    expect(lives).toBe(3);
  });

  test.each([
    ["OnFailure", 1],
    ["Always", 2],
  ] as const)("of type %s that returns lives %d times", async (type, expected) => {
    const site = new Site();
    let lives = 0;
    const returning = module(
      "task",
      async ({ signal, ready }) => {
        lives += 1;
        ready();
        if (lives === 2) await aborted(signal);
      },
      { restart: { ...RESTART_ON_FAILURE, type } },
    );
    const running = site.run([returning, serving("b")]);
    await site.logged("b running");
    site.clock.advance(1_000);
    if (expected === 2) await site.logged("task running", 2);
    site.stop.abort();
    await running;
    expect(lives).toBe(expected);
  });

  test("does not start again while the site stops", async () => {
    const site = new Site();
    const failing = module("hub", () => Promise.reject(new Error("no link")), {
      restart: RESTART_ON_FAILURE,
    });
    const running = site.run([failing]);
    await site.logged("hub restarting");
    site.stop.abort();
    await running;
    expect(site.log.filter((line) => line === "hub starting")).toHaveLength(1);
    expect(site.clock.alarms).toBe(0);
  });
});

describe("stopping", () => {
  const busy = module("busy", async ({ deadline, ready }) => {
    ready();
    await aborted(deadline);
    throw new Error("work was dropped");
  });

  test("a module that is still busy is told to drop its work after the grace period", async () => {
    const site = new Site();
    const running = site.run([busy], { stopGraceMs: 20_000 });
    await site.logged("busy running");
    site.stop.abort();
    await site.logged("busy stopping");
    site.clock.advance(20_000);
    await running;
    expect(site.log.at(-1)).toBe("busy ended");
  });

  test("the second signal is the deadline at once", async () => {
    const site = new Site();
    const running = site.run([busy]);
    await site.logged("busy running");
    site.stop.abort();
    site.hurry.abort();
    await running;
    expect(site.clock.monotonicMs()).toBe(0);
    expect(site.clock.alarms).toBe(0);
  });

  test("a module that ignores its deadline is left behind, the others still stop", async () => {
    const site = new Site();
    const stuck = module("stuck", ({ ready }) => {
      ready();
      return Promise.withResolvers<void>().promise;
    });
    const running = rejection(site.run([serving("a"), stuck], { dropMs: 2_000 }));
    await site.logged("stuck running");
    site.stop.abort();
    site.hurry.abort();
    await site.logged("stuck stopping");
    site.clock.advance(2_000);
    expect((await running).message).toBe("Module stuck did not stop");
    expect(site.log.at(-1)).toBe("a ended");
  });
});
