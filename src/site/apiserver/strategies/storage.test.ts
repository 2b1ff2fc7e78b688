import { expect, test } from "bun:test";
import type { Event, Lease, Node } from "#api/object.ts";
import { MemoryStore } from "#test/kit/memory-store.ts";
import { EventLimit } from "./event-limit.ts";
import { events } from "./events.ts";
import { leases } from "./leases.ts";
import { nodes } from "./nodes.ts";

const event = (name: string, type: string): Event => ({
  metadata: { name, namespace: "default" },
  involvedObject: {},
  type,
});

const store = (objects: readonly Event[]): Promise<MemoryStore> => {
  const made = new MemoryStore();
  const writes = objects.map((object) => {
    const { name = "", namespace = "" } = object.metadata;
    return made.write({ collection: "/events", namespace, name }, () => ({ put: object }));
  });
  return Promise.all(writes).then(() => made);
};

test("normal events never reach the disk, warnings ride along", () => {
  const { storage } = events(new EventLimit(new MemoryStore()));
  const of = (type: string) => storage?.({ next: event("a", type), current: undefined });
  expect(of("Normal")).toEqual({ durability: "never", ttlMs: 3_600_000 });
  expect(of("Warning")).toEqual({ durability: "lazy", ttlMs: 86_400_000 });
});

test("for each event too many the oldest of its type goes", async () => {
  const many = Array.from({ length: 1000 }, (_, index) => event(`w-${1000 + index}`, "Warning"));
  const full = await store([event("n", "Normal"), ...many]);
  const limit = new EventLimit(full);
  const last = event("x", "Warning");
  const key = { collection: "/events", namespace: "default", name: "x" };
  await full.write(key, () => ({ put: last }));
  limit.created(last);
  await full.write(key, () => "keep");
  const names = full.list("/events").items.map(({ value }) => value.metadata?.name);
  expect(names).toHaveLength(1001);
  expect(names).not.toContain("w-1000");
  expect(names).toContain("n");
});

test("a heartbeat alone stays in memory, what it finds out does not", () => {
  const node = (status: string, lastHeartbeatTime: string): Node => ({
    metadata: { name: "edge" },
    status: { conditions: [{ type: "Ready", status, lastHeartbeatTime }] },
  });
  const current = node("True", "2030-01-01T00:00:00Z");
  const beat = node("True", "2030-01-01T00:05:00Z");
  expect(nodes.storage?.({ next: beat, current })).toEqual({ durability: "never" });
  const news = node("False", "2030-01-01T00:05:00Z");
  expect(nodes.storage?.({ next: news, current })).toEqual({ durability: "now" });
  expect(nodes.storage?.({ next: beat, current: undefined })).toEqual({ durability: "now" });
});

test("who holds a Lease is on disk, that it is still held is not, nor the heartbeats of nodes", () => {
  const lease = (holderIdentity: string, renewTime: string, namespace = "default"): Lease => ({
    metadata: { name: "leader", namespace, resourceVersion: renewTime },
    spec: { holderIdentity, renewTime, leaseDurationSeconds: 15 },
  });
  const current = lease("a", "2030-01-01T00:00:00.000000Z");
  const of = (next: Lease, before?: Lease) => leases.storage?.({ next, current: before });
  const later = "2030-01-01T00:00:02.000000Z";
  expect(of(current)).toEqual({ durability: "now" });
  expect(of(lease("a", later), current)).toEqual({ durability: "never" });
  expect(of(lease("b", later), current)).toEqual({ durability: "now" });
  expect(of(lease("edge", later, "kube-node-lease"))).toEqual({ durability: "never" });
});
