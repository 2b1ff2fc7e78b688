import { expect, test } from "bun:test";
import { Metrics } from "#lib/metrics.ts";
import { ManualClock } from "#test/kit/manual-clock.ts";
import { QueueMetrics } from "./queue-metrics.ts";
import { WorkQueue } from "./workqueue.ts";

test("a queue tells how many keys wait, and how long they wait and take", async () => {
  const clock = new ManualClock();
  const metrics = new Metrics();
  const observer = new QueueMetrics(metrics).of("jobs");
  const queue = new WorkQueue({ clock, timer: clock, observer });
  for (const key of ["a", "b", "a"]) queue.add(key);
  clock.advance(2000);
  await queue.take();
  clock.advance(500);
  // Added while it is worked on: it waits from when it is done.
  queue.add("a");
  queue.addRateLimited("c");
  queue.done("a");
  const text = metrics.text();
  expect(text).toContain('workqueue_depth{name="jobs"} 2\n');
  expect(text).toContain('workqueue_adds_total{name="jobs"} 3\n');
  expect(text).toContain('workqueue_retries_total{name="jobs"} 1\n');
  expect(text).toContain('workqueue_queue_duration_seconds_sum{name="jobs"} 2\n');
  expect(text).toContain('workqueue_work_duration_seconds_sum{name="jobs"} 0.5\n');
  queue.shutDown();
});
