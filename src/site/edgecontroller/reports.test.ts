import { expect, test } from "bun:test";
import { PODS } from "#api/resources.ts";
import { conflict, StatusError, serviceUnavailable } from "#api/status.ts";
import { silentLogger } from "#lib/log.ts";
import { ManualClock } from "#test/kit/manual-clock.ts";
import { Reports, type ReportsOptions } from "./reports.ts";

/** Reports that a test runs, over a clock of its own. */
function started(more: Partial<ReportsOptions> = {}): {
  clock: ManualClock;
  reports: Reports;
  end: () => Promise<void>;
} {
  const clock = new ManualClock();
  const reports = new Reports({
    name: "test",
    log: silentLogger,
    clock,
    timer: clock,
    workers: 1,
    limit: 100,
    ...more,
  });
  const stop = new AbortController();
  const running = reports.run(stop.signal);
  return {
    clock,
    reports,
    end: async () => {
      stop.abort();
      await running;
    },
  };
}

/** Lets what is ready to go on do so. */
async function turns(): Promise<void> {
  for (let count = 0; count < 20; count += 1) await Promise.resolve();
}

test("only the newest report of a key is written, and it answers for the older ones", async () => {
  const { reports, end } = started();
  const written: string[] = [];
  const settled: string[] = [];
  for (const name of ["old", "new"]) {
    reports.put(
      "a",
      async () => written.push(name),
      () => settled.push(name),
    );
  }
  await turns();
  expect(written).toEqual(["new"]);
  expect(settled).toEqual(["old", "new"]);
  expect(reports.size).toBe(0);
  await end();
});

test("a failure that may pass is tried again, later and later, with the newest report", async () => {
  const { clock, reports, end } = started();
  let tries = 0;
  const failing = (error: Error) => async () => {
    tries += 1;
    throw error;
  };
  const results: unknown[] = [];
  reports.put("a", failing(serviceUnavailable("starting")), (failure) => results.push(failure));
  await turns();
  clock.advance(50);
  await turns();
  clock.advance(50);
  await turns();
  expect(tries).toBe(2);
  clock.advance(50);
  await turns();
  expect(tries).toBe(3);
  reports.put("a", async () => (tries += 1));
  await turns();
  expect(tries).toBe(4);
  expect(results).toEqual([undefined]);
  clock.advance(60_000);
  await turns();
  expect(tries).toBe(4);
  await end();
});

test("a conflict may pass; what the API refuses does not", async () => {
  const { clock, reports, end } = started();
  const failures: unknown[] = [];
  const errors = [
    conflict({ resource: PODS, name: "web" }),
    new StatusError("Pod is invalid", { code: 422, reason: "Invalid" }),
  ];
  for (const [index, error] of errors.entries()) {
    reports.put(
      `${index}`,
      () => Promise.reject(error),
      () => failures.push(error.message),
    );
  }
  await turns();
  expect(failures).toEqual(["Pod is invalid"]);
  expect(reports.size).toBe(1);
  clock.advance(600_000);
  await turns();
  await end();
});

test("a report is given up after twenty attempts", async () => {
  const { clock, reports, end } = started();
  const failures: unknown[] = [];
  reports.put(
    "a",
    () => Promise.reject(new Error("broken")),
    (failure) => failures.push(failure),
  );
  for (let tries = 0; tries < 21; tries += 1) {
    await turns();
    clock.advance(30_000);
  }
  await turns();
  expect(failures).toEqual([new Error("broken")]);
  expect(reports.size).toBe(0);
  await end();
});

test("a full queue says so, and when there is room again", async () => {
  const { clock, reports, end } = started({ limit: 2 });
  const gate = Promise.withResolvers<void>();
  reports.put("a", () => gate.promise);
  expect(reports.room).toBeUndefined();
  reports.put("b", () => Promise.resolve());
  expect(reports.room).toBeUndefined();
  reports.put("c", () => Promise.reject(serviceUnavailable("starting")));
  let isThere = false;
  void reports.room?.then(() => (isThere = true));
  await turns();
  expect(isThere).toBe(false);
  gate.resolve();
  await turns();
  expect(isThere).toBe(true);
  expect(reports.size).toBe(1);
  clock.advance(600_000);
  await end();
});

test("Events are bounded: beyond the limit the oldest give way", async () => {
  const { reports, end } = started({ limit: 2, dropsOldest: true });
  const written: string[] = [];
  for (const key of ["a", "b", "c"]) reports.put(key, async () => written.push(key));
  await turns();
  expect(written).toEqual(["b", "c"]);
  await end();
});
