import { expect, test } from "bun:test";
import { cells } from "#test/kit/cells.ts";
import { EVENTS } from "../resources/core-events.ts";

const metadata = { name: "x", creationTimestamp: "2024-01-01T00:55:00Z" };

test("Event, whose name is the last column", () => {
  const event = {
    metadata: { ...metadata, namespace: "shop" },
    involvedObject: { kind: "Pod", name: "web", fieldPath: "spec.containers{c}" },
    type: "Warning",
    reason: "BackOff",
    message: "Back-off restarting \n",
    source: { component: "kubelet", host: "edge" },
    firstTimestamp: "2024-01-01T00:30:00Z",
    lastTimestamp: "2024-01-01T00:59:00Z",
    count: 7,
  };
  expect(cells(EVENTS, event)).toEqual([
    "60s",
    "Warning",
    "BackOff",
    "pod/web",
    "spec.containers{c}",
    "kubelet, edge",
    "Back-off restarting",
    "30m",
    7,
    "x",
  ]);
});

test("an Event of a series tells of the series alone", () => {
  const event = {
    metadata: { ...metadata, namespace: "shop" },
    involvedObject: { kind: "Pod" },
    firstTimestamp: "2024-01-01T00:30:00Z",
    lastTimestamp: "2024-01-01T00:59:00Z",
    count: 7,
  };
  const seen = (series: object) => {
    const row = cells(EVENTS, { ...event, series }) ?? [];
    return [row[0], row[8]];
  };
  expect(seen({ count: 3, lastObservedTime: "2024-01-01T00:58:00.000000Z" })).toEqual(["2m", 3]);
  expect(seen({})).toEqual(["<unknown>", 0]);
});
