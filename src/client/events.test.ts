import { expect, test } from "bun:test";
import type { Event, Pod } from "#api/object.ts";
import { EVENTS } from "#api/resources.ts";
import { createLogger, silentLogger } from "#lib/log.ts";
import { eventually } from "#test/kit/eventually.ts";
import { ManualClock } from "#test/kit/manual-clock.ts";
import { createMemoryCluster } from "#test/kit/memory-cluster.ts";
import { EventCorrelator } from "./event-correlator.ts";
import { createEventRecorder } from "./events.ts";

const pod: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { namespace: "default", name: "web", uid: "u" },
};
const happening = { type: "Normal", reason: "Started", message: "Started container" } as const;
const about = { ...happening, object: { kind: "Pod", name: "web", uid: "u" } };

test("the same thing again raises a count", () => {
  const correlator = new EventCorrelator(new ManualClock());
  correlator.correlate(about);
  const again = correlator.correlate(about);
  expect(again?.series.count).toBe(2);
  expect(again?.message).toBe("Started container");
});

test("from the tenth message of a kind on they are combined, until it has been quiet", () => {
  const clock = new ManualClock();
  const correlator = new EventCorrelator(clock);
  const say = (n: number) => correlator.correlate({ ...about, message: `message ${n}` });
  const texts = Array.from({ length: 11 }, (_, n) => say(n)?.message);
  expect(texts.slice(8)).toEqual([
    "message 8",
    "(combined from similar events): message 9",
    "(combined from similar events): message 10",
  ]);
  clock.advance(601_000);
  expect(say(12)?.message).toBe("message 12");
});

test("an object that never stops is silenced to one event in five minutes", () => {
  const clock = new ManualClock();
  const correlator = new EventCorrelator(clock);
  const passed = () =>
    Array.from({ length: 60 }, () => correlator.correlate(about)).filter(Boolean);
  expect(passed()).toHaveLength(25);
  clock.advance(300_000);
  expect(passed()).toHaveLength(1);
});

test("a recorder writes events as kubectl describe reads them, and counts repetitions up", async () => {
  await using cluster = await createMemoryCluster();
  const { client, signal } = cluster;
  const clock = new ManualClock();
  const recorder = createEventRecorder({
    client,
    signal,
    clock,
    component: "test-controller",
    log: silentLogger,
  });
  for (let i = 0; i < 3; i++) recorder.event(pod, happening);
  const event = await eventually(async (): Promise<Event | undefined> => {
    const { items } = await client.list(EVENTS, { namespace: "default" });
    return items.find(({ count }) => count === 3);
  });
  expect(event).toMatchObject({
    involvedObject: { kind: "Pod", namespace: "default", name: "web", uid: "u" },
    type: "Normal",
    reason: "Started",
    message: "Started container",
    source: { component: "test-controller" },
  });
  expect((await client.list(EVENTS, { namespace: "default" })).items).toHaveLength(1);
});

test("an event about a namespace that is not there is dropped without a word", async () => {
  const lines: string[] = [];
  const log = createLogger({ level: "debug", format: "text", write: (line) => lines.push(line) });
  await using cluster = await createMemoryCluster();
  const { client, signal } = cluster;
  const recorder = createEventRecorder({
    client,
    signal,
    log,
    clock: new ManualClock(),
    component: "test",
  });
  recorder.event({ ...pod, metadata: { ...pod.metadata, namespace: "nowhere" } }, happening);
  recorder.event(pod, happening);
  await eventually(async () => (await client.list(EVENTS)).items.length === 1);
  expect(lines).toEqual([]);
});
