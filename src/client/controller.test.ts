import { expect, test } from "bun:test";
import { PODS } from "#api/resources.ts";
import { conflict, forbidden } from "#api/status.ts";
import { createLogger, silentLogger } from "#lib/log.ts";
import { ManualClock } from "#test/kit/manual-clock.ts";
import { type ControllerOptions, createController, TerminalError } from "./controller.ts";
import { WorkQueue } from "./workqueue.ts";

function setUp(reconcile: ControllerOptions["reconcile"], more: Partial<ControllerOptions> = {}) {
  const clock = new ManualClock();
  const queue = new WorkQueue({ clock, timer: clock });
  const stop = new AbortController();
  const controller = createController({ name: "t", reconcile, queue, log: silentLogger, ...more });
  const running = controller.run(stop.signal);
  return {
    clock,
    queue,
    controller,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}

/** Lets everything that is ready to run do so. */
const settle = () => Bun.sleep(0);

test("a failure is retried later and later, a success is forgotten", async () => {
  let failures = 2;
  const seen: string[] = [];
  await using given = setUp(async (key) => {
    seen.push(key);
    if (failures-- > 0) throw new Error("not yet");
    return undefined;
  });
  given.queue.add("a");
  await settle();
  expect(given.queue.retries("a")).toBe(1);
  given.clock.advance(5);
  await settle();
  given.clock.advance(10);
  await settle();
  expect(seen).toEqual(["a", "a", "a"]);
  expect(given.queue.retries("a")).toBe(0);
  expect(given.controller.counts).toEqual({ reconciled: 3, failed: 2 });
});

test("a TerminalError is not retried", async () => {
  await using given = setUp(() => Promise.reject(new TerminalError("never")));
  given.queue.add("a");
  await settle();
  expect([given.queue.delayed, given.queue.retries("a")]).toEqual([0, 0]);
});

test("a namespace that goes away is no failure: the key rests, nothing is said", async () => {
  const lines: string[] = [];
  const log = createLogger({ level: "info", format: "text", write: (line) => lines.push(line) });
  const causes = [{ reason: "NamespaceTerminating", field: "metadata.namespace" }];
  const refused = forbidden({ resource: PODS, name: "" }, { why: "it goes away", causes });
  await using given = setUp(() => Promise.reject(refused), { log });
  given.queue.add("a");
  await settle();
  expect([given.queue.delayed, given.queue.retries("a"), lines]).toEqual([0, 0, []]);
});

test("a result may ask for another look", async () => {
  let rounds = 0;
  await using given = setUp(async () => (rounds++ === 0 ? { requeueAfterMs: 1000 } : undefined));
  given.queue.add("a");
  await settle();
  given.clock.advance(1000);
  await settle();
  expect(rounds).toBe(2);
  expect(given.clock.alarms).toBe(0);
});

test("a conflict is retried without a warning, unless it never ends", async () => {
  const lines: string[] = [];
  const log = createLogger({ level: "warn", format: "text", write: (line) => lines.push(line) });
  const error = conflict({ resource: PODS, name: "a" });
  await using given = setUp(() => Promise.reject(error), { log });
  given.queue.add("a");
  for (let round = 0; round < 5; round++) {
    await settle();
    given.clock.advance(1000);
  }
  expect(lines).toEqual([]);
  await settle();
  given.clock.advance(1000);
  await settle();
  expect(lines).not.toEqual([]);
});

test("nothing is taken before the caches are filled", async () => {
  const filled = Promise.withResolvers<void>();
  const seen: string[] = [];
  const note = async (key: string) => {
    seen.push(key);
    return undefined;
  };
  await using given = setUp(note, { synced: [filled.promise] });
  given.queue.add("a");
  await settle();
  expect(seen).toEqual([]);
  filled.resolve();
  await given.controller.synced;
  await settle();
  expect(seen).toEqual(["a"]);
});

test("a stop lets work that has begun finish, and undoes what was set up", async () => {
  const work = Promise.withResolvers<void>();
  const order: string[] = [];
  const reconcile = async () => {
    await work.promise;
    order.push("finished");
    return undefined;
  };
  const given = setUp(reconcile, { removals: [() => order.push("removed")] });
  given.queue.add("a");
  await settle();
  const ended = given[Symbol.asyncDispose]();
  work.resolve();
  await ended;
  expect(order).toEqual(["finished", "removed"]);
});

test("as many keys are worked on at once as there are workers", async () => {
  let now = 0;
  let most = 0;
  const gate = Promise.withResolvers<void>();
  const reconcile = async () => {
    most = Math.max(most, ++now);
    await gate.promise;
    now--;
    return undefined;
  };
  await using given = setUp(reconcile, { workers: 3 });
  for (const key of ["a", "b", "c", "d"]) given.queue.add(key);
  await settle();
  gate.resolve();
  await settle();
  expect(most).toBe(3);
  expect(given.controller.counts.reconciled).toBe(4);
});
