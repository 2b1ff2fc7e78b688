import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { WatchEvent } from "#api/item.ts";
import type { ConfigMap, KubeObject, Service } from "#api/object.ts";
import { CONFIG_MAPS, NAMESPACES, SERVICES } from "#api/resources.ts";
import { type Client, createClient } from "#client/client.ts";
import { Database } from "#db/database.ts";
import { systemClock } from "#lib/clock.ts";
import { systemTimer } from "#lib/timer.ts";
import { componentUser } from "#site/apiserver/options.ts";
import { createRegistry } from "#site/apiserver/registry.ts";
import { rejection } from "#test/kit/eventually.ts";
import { startTestApi } from "#test/kit/test-api.ts";
import { TEST_TOKENS } from "#test/kit/test-tokens.ts";

const CIDR = "10.43.0.0/16";
let directory: string;
let db: Database;
let stop: AbortController;
let client: Client;

const open = () =>
  Database.open({ path: join(directory, "edgesite.db"), key: new Uint8Array(32).fill(7) });

function registryOf(database: Database) {
  return createRegistry({
    tokens: TEST_TOKENS,
    store: database.objects,
    clock: systemClock,
    timer: systemTimer,
    serviceCidr: CIDR,
    signal: stop.signal,
  });
}

const verbsOf = (database: Database) => registryOf(database).as(componentUser("test"));

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "edgesite-races-"));
  stop = new AbortController();
  db = await open();
  client = createClient({ verbs: verbsOf(db) });
  await client.create(NAMESPACES, { metadata: { name: "default" } });
});

afterEach(async () => {
  stop.abort();
  await db[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

const configMap = (name: string, namespace = "default"): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace },
});

const service = (name: string, spec: NonNullable<Service["spec"]>): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "default" },
  spec,
});

/** Numbers that are the same in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
}

test("a watcher that starts from a list misses no change and sees none twice", async () => {
  const verbs = verbsOf(db);
  const random = numbers(20_260_801);
  const target = { resource: CONFIG_MAPS, namespace: "default" };
  const seen: { readonly view: Map<string, string>; readonly from: number; at: number[] }[] = [];
  const versionOf = ({ metadata }: KubeObject): string => metadata?.resourceVersion ?? "";
  async function startWatcher(): Promise<void> {
    const { items, resourceVersion } = await verbs.list(target);
    const view = new Map(items.map(({ value }) => [value.metadata?.name ?? "", versionOf(value)]));
    const watcher = { view, from: Number(resourceVersion), at: [] as number[] };
    seen.push(watcher);
    // Time passes between a client's list and its watch.
    if (random(2) === 0) await Bun.sleep(random(3));
    const onEvent = ({ type, item: { value } }: WatchEvent<ConfigMap>): void => {
      watcher.at.push(Number(versionOf(value)));
      const name = value.metadata?.name ?? "";
      if (type === "ADDED") expect(view.has(name)).toBe(false);
      else expect(view.has(name)).toBe(true);
      if (type === "DELETED") view.delete(name);
      else view.set(name, versionOf(value));
    };
    await verbs.watch(target, { resourceVersion, signal: stop.signal }, onEvent);
  }
  async function write(step: number): Promise<void> {
    const name = `n${random(12)}`;
    const key = { namespace: "default", name };
    const kind = random(3);
    const body = { data: { step: String(step) } };
    const written: Promise<unknown> =
      kind === 0
        ? client.create(CONFIG_MAPS, configMap(name))
        : kind === 1
          ? client.patch(CONFIG_MAPS, key, { type: "merge", body })
          : client.delete(CONFIG_MAPS, key);
    await written.catch(() => undefined);
  }
  const watchers: Promise<void>[] = [];
  for (let round = 0; round < 40; round++) {
    const writes = Array.from({ length: 25 }, (_, index) => write(round * 25 + index));
    watchers.push(startWatcher());
    await Promise.all(random(2) === 0 ? writes : [Bun.sleep(0)]);
    watchers.push(startWatcher());
    await Promise.all(writes);
  }
  await Promise.all(watchers);
  const { items } = await verbs.list(target);
  const truth = new Map(items.map(({ value }) => [value.metadata?.name ?? "", versionOf(value)]));
  expect(seen).toHaveLength(80);
  for (const { view, from, at } of seen) {
    expect(view).toEqual(truth);
    expect(at).toEqual([...new Set(at)].toSorted((a, b) => a - b));
    expect(at[0] ?? from + 1).toBeGreaterThan(from);
  }
});

test("nothing that is created while its namespace begins to go becomes visible after the word of it", async () => {
  await client.create(NAMESPACES, { metadata: { name: "going" } });
  const ending = client.delete(NAMESPACES, { namespace: "", name: "going" });
  const late = client.create(CONFIG_MAPS, configMap("late", "going"));
  expect(String(await rejection(late))).toContain("because it is being terminated");
  await ending;
  expect((await client.list(CONFIG_MAPS, { namespace: "going" })).items).toEqual([]);
});

test("a namespace and what is in it can be created in one breath", async () => {
  const namespace = client.create(NAMESPACES, { metadata: { name: "fresh" } });
  const content = client.create(CONFIG_MAPS, configMap("a", "fresh"));
  await Promise.all([namespace, content]);
});

describe("Services that compete", () => {
  const ports = [{ port: 80 }];

  test("for one cluster address: one gets it, at once and after it is free again", async () => {
    const clusterIP = "10.43.7.7";
    const ask = (name: string) => client.create(SERVICES, service(name, { clusterIP, ports }));
    const outcomes = await Promise.allSettled([ask("a"), ask("b")]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const winner = outcomes[0].status === "fulfilled" ? "a" : "b";
    await client.delete(SERVICES, { namespace: "default", name: winner });
    await ask("c");
  });

  test("a dry run and a refused write leave no address or port taken", async () => {
    const spec = {
      type: "NodePort",
      clusterIP: "10.43.7.8",
      ports: [{ port: 80, nodePort: 30_123 }],
    };
    const target = { resource: SERVICES, namespace: "default" };
    await verbsOf(db).create(target, service("dry", spec), { dryRun: true });
    await client.create(SERVICES, service("a", spec));
    await rejection(client.create(SERVICES, service("a", { ports })));
    await client.delete(SERVICES, { namespace: "default", name: "a" });
    await client.create(SERVICES, service("b", spec));
  });

  test("one node port serves TCP and UDP of one Service", async () => {
    const dns = (protocol: string) => ({
      name: protocol.toLowerCase(),
      port: 53,
      protocol,
      nodePort: 30_053,
    });
    const both = service("dns", { type: "NodePort", ports: [dns("TCP"), dns("UDP")] });
    const { spec } = await client.create(SERVICES, both);
    expect(spec?.ports?.map(({ nodePort }) => nodePort)).toEqual([30_053, 30_053]);
    const twice = service("twice", {
      type: "NodePort",
      ports: [dns("TCP"), { ...dns("TCP"), name: "x" }],
    });
    await rejection(client.create(SERVICES, twice));
    await client.delete(SERVICES, { namespace: "default", name: "dns" });
    await client.create(SERVICES, both);
  });
});

test("a watch may begin with more than a slow watcher may be behind", async () => {
  using api = await startTestApi();
  const data = { payload: "x".repeat(1_000_000) };
  for (let index = 0; index < 12; index++) {
    const object = { ...configMap(`c${index}`), data };
    await api.verbs.create({ resource: CONFIG_MAPS, namespace: "default" }, object);
  }
  const path =
    "/api/v1/namespaces/default/configmaps?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1";
  const response = await api.send("GET", path);
  const text = response.text();
  api.clock.advance(1000);
  const lines = (await text).trim().split("\n");
  expect(lines.filter((line) => line.includes('"ADDED"'))).toHaveLength(12);
});
