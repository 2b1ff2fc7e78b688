import { expect, test } from "bun:test";
import { ManualClock } from "#test/kit/manual-clock.ts";
import { SNAPSHOT_LIFE_MS, Snapshots } from "./snapshots.ts";

const key = (resourceVersion: number) => ({
  collection: "/pods",
  resourceVersion,
});

test("a snapshot lives for its time, and no timer for longer", () => {
  const clock = new ManualClock();
  const snapshots = new Snapshots({ clock, timer: clock });
  snapshots.hold(key(1), []);
  clock.advance(SNAPSHOT_LIFE_MS / 2);
  snapshots.hold(key(2), []);
  clock.advance(SNAPSHOT_LIFE_MS / 2);
  expect(snapshots.find(key(1))).toBeUndefined();
  expect(snapshots.find(key(2))).toEqual([]);
  expect(snapshots.size).toBe(1);
  clock.advance(SNAPSHOT_LIFE_MS);
  expect(snapshots.size).toBe(0);
  expect(clock.alarms).toBe(0);
});

test("at most so many are held; the oldest goes first", () => {
  const clock = new ManualClock();
  const snapshots = new Snapshots({ clock, timer: clock });
  for (let version = 1; version <= 65; version++) snapshots.hold(key(version), []);
  expect(snapshots.size).toBe(64);
  expect(snapshots.find(key(1))).toBeUndefined();
  expect(snapshots.find(key(65))).toEqual([]);
  snapshots.close();
  expect(clock.alarms).toBe(0);
});
