import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { WatchEvent } from "#api/item.ts";
import type { ConfigMap, Pod } from "#api/object.ts";
import { CONFIG_MAPS, NAMESPACES, PODS } from "#api/resources.ts";
import { StatusError } from "#api/status.ts";
import type { Verbs } from "#api/verbs.ts";
import { createInformerFactory } from "#client/informer-factory.ts";
import type { Reader } from "#client/reflector.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLogger } from "#lib/log.ts";
import { eventually, rejection } from "#test/kit/eventually.ts";

/** A way to an API server that serves nothing but system namespaces yet. */
export interface Transport extends AsyncDisposable {
  readonly verbs: Verbs;
  /** Makes the server forget its history, so that older resourceVersions are 410. */
  expire(): void;
}

/** What every transport must do alike. */
export function testTransport(name: string, start: () => Promise<Transport>): void {
  describe(name, () => {
    let transport: Transport;
    let verbs: Verbs;
    let stop: AbortController;

    beforeEach(async () => {
      transport = await start();
      ({ verbs } = transport);
      stop = new AbortController();
    });
    afterEach(async () => {
      stop.abort();
      await transport[Symbol.asyncDispose]();
    });

    const all = { resource: CONFIG_MAPS, namespace: "default" };
    const one = (named: string) => ({ ...all, name: named });
    const create = async (named: string, data = {}, labels = {}): Promise<ConfigMap> => {
      const metadata = { name: named, namespace: "default", labels };
      const object = { apiVersion: "v1", kind: "ConfigMap", metadata, data };
      await verbs.create(all, object);
      return (await verbs.get(one(named))).value;
    };
    const soon = <T>(check: () => T) => eventually(check, { withinMs: 5_000 });

    async function watchFrom(resourceVersion: string) {
      const events: WatchEvent<ConfigMap>[] = [];
      const options = { resourceVersion, signal: stop.signal };
      const watch = await verbs.watch(all, options, (event) => void events.push(event));
      const seen = () => events.map(({ type, item }) => `${type} ${item.value.metadata?.name}`);
      return { watch, events, seen };
    }

    test("an object comes back frozen and typed as it was created", async () => {
      const created = await create("a", { k: "v" });
      expect(created).toMatchObject({ apiVersion: "v1", kind: "ConfigMap", data: { k: "v" } });
      expect(created.metadata?.uid).toBeString();
      expect(Object.isFrozen(created.data)).toBe(true);
    });

    test("a list has whole objects, selected and in pages", async () => {
      for (const named of ["a", "b", "c"]) await create(named, {}, { odd: String(named !== "b") });
      const selected = await verbs.list(all, { labelSelector: "odd=true" });
      expect(selected.items.map(({ value }) => [value.kind, value.metadata?.name])).toEqual([
        ["ConfigMap", "a"],
        ["ConfigMap", "c"],
      ]);
      const first = await verbs.list(all, { limit: 2 });
      expect(first.items).toHaveLength(2);
      expect(first.remainingItemCount).toBe(1);
      const rest = await verbs.list(all, { limit: 2, continue: first.continue ?? "" });
      expect(rest.items.map(({ value }) => value.metadata?.name)).toEqual(["c"]);
      expect(rest.continue).toBeUndefined();
    });

    test("a watch tells every change after a resourceVersion, in order", async () => {
      const { resourceVersion } = await verbs.list(all);
      await create("a");
      const { watch, seen } = await watchFrom(resourceVersion);
      await verbs.patch(one("a"), { type: "merge", body: { data: { k: "v" } } });
      await verbs.delete(one("a"));
      await soon(() => seen().length === 3);
      expect(seen()).toEqual(["ADDED a", "MODIFIED a", "DELETED a"]);
      stop.abort();
      await watch.ended;
    });

    test("a watch without a resourceVersion begins with what is there", async () => {
      await create("a");
      const { seen } = await watchFrom("");
      await soon(() => seen().length === 1);
      expect(seen()).toEqual(["ADDED a"]);
    });

    test("a watch ends in peace when its time is over", async () => {
      const options = { timeoutSeconds: 1, signal: stop.signal };
      const watch = await verbs.watch(all, options, () => undefined);
      await watch.ended;
    });

    test("a watch from a forgotten resourceVersion is 410 Expired", async () => {
      const { resourceVersion } = await verbs.list(all);
      await create("a");
      transport.expire();
      // HTTP says so in the stream, after it began.
      const error = await rejection(watchFrom(resourceVersion).then(({ watch }) => watch.ended));
      expect(error).toBeInstanceOf(StatusError);
      expect(error).toMatchObject({ code: 410, reason: "Expired" });
    });

    test("an informer whose watch broke off lists anew after a 410 and misses nothing", async () => {
      let cut = new AbortController();
      const broken: Reader = {
        list: (...given) => verbs.list(...given),
        watch(target, options, onEvent) {
          cut = new AbortController();
          const signal = AbortSignal.any([options.signal, cut.signal]);
          return verbs.watch(target, { ...options, signal }, onEvent);
        },
      };
      const { signal } = stop;
      const informers = createInformerFactory({
        verbs: broken,
        signal,
        log: silentLogger,
        clock: systemClock,
      });
      const informer = informers.informer(CONFIG_MAPS);
      const told: string[] = [];
      informer.addHandler({
        added: ({ metadata }) => void told.push(`+${metadata?.name}`),
        deleted: ({ metadata }) => void told.push(`-${metadata?.name}`),
      });
      await informer.synced;
      await create("a");
      await soon(() => told.includes("+a"));
      cut.abort();
      await verbs.delete(one("a"));
      await create("b");
      transport.expire();
      await soon(() => told.length === 3);
      expect(told.toSorted()).toEqual(["+a", "+b", "-a"]);
      expect(informer.list("default").map(({ metadata }) => metadata?.name)).toEqual(["b"]);
    });

    test("an update of an old version is a conflict", async () => {
      const old = await create("a");
      await verbs.update(one("a"), { ...old, data: { k: "1" } } as ConfigMap);
      const stale = verbs.update(one("a"), { ...old, data: { k: "2" } } as ConfigMap);
      const error = await rejection(stale);
      expect(error).toMatchObject({ code: 409, reason: "Conflict" });
      expect(error.message).toStartWith(
        'Operation cannot be fulfilled on configmaps "a": the object has been modified',
      );
    });

    test("what is there already and what is not there have their own errors", async () => {
      await create("a");
      expect(await rejection(create("a"))).toMatchObject({ reason: "AlreadyExists" });
      const error = await rejection(verbs.get(one("none")));
      expect(error).toMatchObject({ code: 404, reason: "NotFound" });
      expect(error.message).toBe('configmaps "none" not found');
    });

    test("patches of all types change what they name", async () => {
      await create("a", { k: "0", gone: "x" }, { l: "0" });
      await verbs.patch(one("a"), { type: "merge", body: { data: { k: "1", gone: null } } });
      const operations = [{ op: "replace", path: "/metadata/labels/l", value: "1" }];
      await verbs.patch(one("a"), { type: "json", body: operations });
      const body = { metadata: { annotations: { a: "1" } } };
      await verbs.patch(one("a"), { type: "strategic", body });
      const { value } = await verbs.get(one("a"));
      expect(value.data).toEqual({ k: "1" });
      expect(value.metadata?.labels).toEqual({ l: "1" });
      expect(value.metadata?.annotations).toEqual({ a: "1" });
    });

    test("status and the rest of an object are written apart", async () => {
      const target = { resource: PODS, namespace: "default", name: "p" };
      const spec = { containers: [{ name: "c", image: "i" }] };
      const metadata = { name: "p", namespace: "default" };
      const pod: Pod = { apiVersion: "v1", kind: "Pod", metadata, spec };
      await verbs.create({ resource: PODS, namespace: "default" }, pod);
      const { value } = await verbs.get(target);
      const status = { ...value.status, phase: "Running" };
      await verbs.update({ ...target, subresource: "status" }, { ...value, status } as Pod);
      expect((await verbs.get(target)).value.status?.phase).toBe("Running");
      const body = { status: { phase: "Failed" } };
      await verbs.patch(target, { type: "merge", body });
      expect((await verbs.get(target)).value.status?.phase).toBe("Running");
    });

    test("a dry run answers as if and stores nothing", async () => {
      const metadata = { name: "a", namespace: "default" };
      const object = { apiVersion: "v1", kind: "ConfigMap", metadata };
      const { value } = await verbs.create(all, object, { dryRun: true });
      expect(value.metadata?.uid).toBeString();
      expect(await rejection(verbs.get(one("a")))).toMatchObject({ reason: "NotFound" });
      await create("a");
      await verbs.delete(one("a"), { dryRun: true });
      await verbs.get(one("a"));
    });

    test("a delete says what it left, and heeds its preconditions", async () => {
      const held = { metadata: { finalizers: ["example.com/hold"] } };
      const { metadata } = await create("a");
      const wrong = verbs.delete(one("a"), { preconditions: { uid: "other" } });
      expect(await rejection(wrong)).toMatchObject({ reason: "Conflict" });
      await verbs.patch(one("a"), { type: "merge", body: held });
      const kept = await verbs.delete(one("a"), { preconditions: { uid: metadata?.uid ?? "" } });
      expect("kept" in kept && kept.kept.value.metadata?.deletionTimestamp).toBeString();
      await verbs.patch(one("a"), { type: "merge", body: { metadata: { finalizers: [] } } });
      await create("b");
      const gone = await verbs.delete(one("b"));
      expect("gone" in gone && gone.status.status).toBe("Success");
    });

    test("a collection is deleted by its selector", async () => {
      await create("a", {}, { drop: "yes" });
      await create("b");
      await verbs.deleteCollection(all, { labelSelector: "drop=yes" });
      const { items } = await verbs.list(all);
      expect(items.map(({ value }) => value.metadata?.name)).toEqual(["b"]);
    });

    test("cluster-scoped kinds have no namespace in their way", async () => {
      const target = { resource: NAMESPACES, namespace: "" };
      const object = { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } };
      await verbs.create(target, object);
      const { value } = await verbs.get({ ...target, name: "shop" });
      expect(value.status?.phase).toBe("Active");
    });
  });
}
