import { expect, test } from "bun:test";
import type { Event } from "#api/object.ts";
import type { ObjectKey } from "#db/object-store.ts";
import { MemoryStore } from "#test/kit/memory-store.ts";
import { EventLimit } from "./event-limit.ts";

const HOUR_MS = 3_600_000;

class RememberingStore extends MemoryStore {
  readonly lives: string[] = [];

  override expireIn({ name }: ObjectKey, ttlMs: number): void {
    this.lives.push(`${name} ${ttlMs / HOUR_MS} h`);
  }
}

async function put(store: MemoryStore, name: string, type: string): Promise<void> {
  const event: Event = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name, namespace: "default" },
    involvedObject: {},
    type,
  };
  await store.write({ collection: "/events", namespace: "default", name }, () => ({ put: event }));
}

test("events that a restart found on disk go after their time, too", async () => {
  const store = new RememberingStore();
  await put(store, "back-off", "Warning");
  await put(store, "pulled", "Normal");
  new EventLimit(store);
  expect(store.lives).toEqual(["back-off 24 h", "pulled 1 h"]);
});

test("of too many warnings the oldest go", async () => {
  const store = new MemoryStore();
  for (let index = 0; index < 1003; index++) {
    await put(store, `e${String(index).padStart(4, "0")}`, "Warning");
  }
  new EventLimit(store);
  await put(store, "last", "Normal");
  const { items } = store.list("/events");
  expect(items).toHaveLength(1001);
  expect(items[0]?.value.metadata?.name).toBe("e0003");
});
