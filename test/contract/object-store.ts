import { describe, expect, test } from "bun:test";
import type { WatchEvent } from "#api/item.ts";
import type { KubeObject } from "#api/object.ts";
import { Expired, type ObjectKey, type ObjectStore } from "#db/object-store.ts";

interface Labelled extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

const at = (name: string, namespace = "default"): ObjectKey => ({
  collection: "/configmaps",
  namespace,
  name,
});

const configMap = (name: string, value: string): Labelled => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default" },
  data: { value },
});

const summary = ({ type, item }: WatchEvent): string => `${type} ${item.value.metadata?.name}`;

/** What every object store must do; `open` gives a fresh empty one. */
export function objectStoreContract(
  name: string,
  open: () => Promise<AsyncDisposable & { readonly objects: ObjectStore }>,
): void {
  describe(`ObjectStore contract: ${name}`, () => {
    test("write() answers the stored version, stamped, frozen and visible", async () => {
      await using db = await open();
      const item = await db.objects.write(at("a"), () => ({ put: configMap("a", "1") }));
      expect(Number(item.value.metadata?.resourceVersion)).toBe(db.objects.resourceVersion);
      expect(Object.isFrozen(item.value)).toBe(true);
      expect(db.objects.get(at("a"))).toBe(item);
      expect(new TextDecoder().decode(item.json)).toBe(JSON.stringify(item.value));
    });

    test("write() shows the newest pending version to the next writer", async () => {
      await using db = await open();
      const increment = () =>
        db.objects.write(at("counter"), (current) => {
          const value = String(Number((current?.value as Labelled)?.data?.["value"] ?? "0") + 1);
          return { put: configMap("counter", value) };
        });
      await Promise.all(Array.from({ length: 50 }, increment));
      expect(db.objects.get(at("counter"))?.value).toMatchObject({ data: { value: "50" } });
    });

    test("newest() shows a pending version that get() does not show yet", async () => {
      await using db = await open();
      const written = db.objects.write(at("a"), () => ({ put: configMap("a", "1") }));
      expect(db.objects.get(at("a"))).toBeUndefined();
      expect(db.objects.newest(at("a"))?.value.metadata?.name).toBe("a");
      const item = await written;
      expect(db.objects.newest(at("a"))).toBe(item);
      const removed = db.objects.write(at("a"), () => ({ remove: configMap("a", "1") }));
      expect(db.objects.newest(at("a"))).toBeUndefined();
      await removed;
    });

    test("write() that throws changes nothing and uses no number", async () => {
      await using db = await open();
      const before = db.objects.resourceVersion;
      const refused = db.objects.write(at("a"), () => {
        throw new RangeError("no");
      });
      expect(await refused.catch((error: unknown) => error)).toBeInstanceOf(RangeError);
      expect(db.objects.get(at("a"))).toBeUndefined();
      expect(db.objects.resourceVersion).toBe(before);
    });

    test("write() that keeps answers the current version without an event", async () => {
      await using db = await open();
      const first = await db.objects.write(at("a"), () => ({ put: configMap("a", "1") }));
      const events: string[] = [];
      db.objects.subscribe("/configmaps", db.objects.resourceVersion, (e) =>
        events.push(summary(e)),
      );
      expect(await db.objects.write(at("a"), () => "keep")).toBe(first);
      expect(events).toEqual([]);
    });

    test("list() is ordered by namespace and name, a snapshot that later writes do not touch", async () => {
      await using db = await open();
      const keys = [at("b"), at("a"), at("x", "kube-system"), at("c")];
      for (const key of keys) {
        await db.objects.write(key, () => ({
          put: { metadata: { name: key.name, namespace: key.namespace } },
        }));
      }
      const all = db.objects.list("/configmaps");
      const names = all.items.map(({ value }) => value.metadata?.name);
      await db.objects.write(at("a"), (current) => ({ remove: current?.value ?? {} }));
      expect(names).toEqual(["a", "b", "c", "x"]);
      expect(all.items).toHaveLength(4);
      const left = db.objects.list("/configmaps", "default").items;
      expect(left.map(({ value }) => value.metadata?.name)).toEqual(["b", "c"]);
    });

    test("subscribe() replays what came after, then goes on live, in order and without gaps", async () => {
      await using db = await open();
      const first = await db.objects.write(at("a"), () => ({ put: configMap("a", "1") }));
      const since = Number(first.value.metadata?.resourceVersion);
      await db.objects.write(at("b"), () => ({ put: configMap("b", "1") }));
      const events: WatchEvent[] = [];
      const previous: (string | undefined)[] = [];
      const subscription = db.objects.subscribe("/configmaps", since, (event, before) => {
        events.push(event);
        previous.push(before?.value.metadata?.resourceVersion);
      });
      await db.objects.write(at("a"), () => ({ put: configMap("a", "2") }));
      await db.objects.write(at("b"), (current) => ({ remove: current?.value ?? {} }));
      subscription.close();
      await db.objects.write(at("c"), () => ({ put: configMap("c", "1") }));
      expect(events.map(summary)).toEqual(["ADDED b", "MODIFIED a", "DELETED b"]);
      expect(previous).toEqual([
        undefined,
        String(since),
        events[0]?.item.value.metadata?.resourceVersion,
      ]);
      const versions = events.map(({ item }) => Number(item.value.metadata?.resourceVersion));
      expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    });

    test("subscribe() refuses a resourceVersion from before its history", async () => {
      await using db = await open();
      await db.objects.write(at("a"), () => ({ put: configMap("a", "1") }));
      expect(() => db.objects.subscribe("/configmaps", 0, () => undefined)).toThrow(Expired);
    });

    test("volatile writes are visible in the order of their numbers", async () => {
      await using db = await open();
      const events: string[] = [];
      db.objects.subscribe("/configmaps", db.objects.resourceVersion, (e) =>
        events.push(summary(e)),
      );
      await Promise.all([
        db.objects.write(at("durable"), () => ({ put: configMap("durable", "1") })),
        db.objects.write(at("volatile"), () => ({
          put: configMap("volatile", "1"),
          durability: "never",
        })),
      ]);
      expect(events).toEqual(["ADDED durable", "ADDED volatile"]);
    });
  });
}
