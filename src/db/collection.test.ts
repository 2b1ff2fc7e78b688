import { expect, test } from "bun:test";
import { Item } from "#api/item.ts";
import { Collection } from "./collection.ts";

const stored = (name: string) => ({ item: new Item({ metadata: { name } }), hasRow: true });

test("lists what is there in order, whatever came and went between two looks", () => {
  const collection = new Collection({ maxBytes: 1000, start: 0 });
  const names = (namespace?: string) =>
    collection.list(namespace).map(({ value }) => value.metadata?.name);
  const put = (...places: string[]): void => {
    for (const place of places) collection.put(place, stored(place));
  };
  put("b/2", "a/1", "c/1");
  expect(names()).toEqual(["a/1", "b/2", "c/1"]);
  put("b/3", "a/0", "d/1", "b/1", "b/2");
  collection.remove("c/1");
  collection.remove("d/1");
  expect(names()).toEqual(["a/0", "a/1", "b/1", "b/2", "b/3"]);
  expect(names("b")).toEqual(["b/1", "b/2", "b/3"]);
  collection.remove("b/2");
  put("b/2");
  expect(names("b")).toEqual(["b/1", "b/2", "b/3"]);
  collection.remove("b/2");
  expect(names("b")).toEqual(["b/1", "b/3"]);
  expect(names("bb")).toEqual([]);
});

test("what was listed does not change any more", () => {
  const collection = new Collection({ maxBytes: 1000, start: 0 });
  collection.put("a/1", stored("a/1"));
  const before = collection.list();
  collection.put("a/0", stored("a/0"));
  expect(before).toHaveLength(1);
  expect(collection.list()).toHaveLength(2);
});
