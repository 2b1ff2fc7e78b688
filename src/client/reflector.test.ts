import { expect, test } from "bun:test";
import { Item, WatchEvent } from "#api/item.ts";
import type { ConfigMap, KubeObject } from "#api/object.ts";
import { CONFIG_MAPS } from "#api/resources.ts";
import { expired, serviceUnavailable } from "#api/status.ts";
import { createLogger } from "#lib/log.ts";
import { ManualClock } from "#test/kit/manual-clock.ts";
import { type Reader, type ReflectorSink, reflect } from "./reflector.ts";

const named = (name: string, resourceVersion: string): ConfigMap => ({
  metadata: { name, resourceVersion },
});

/** What a watch of the script does: tells events, lives a while, ends or fails. */
interface Scene {
  readonly events?: readonly (readonly ["ADDED" | "DELETED" | "BOOKMARK", ConfigMap])[];
  readonly livesMs?: number;
  readonly error?: Error;
}

/** Plays scenes, one per watch, and stops the reflector after the last. */
async function play(scenes: readonly Scene[], lists: readonly (Error | string)[] = ["1"]) {
  const clock = new ManualClock();
  const stop = new AbortController();
  const log: string[] = [];
  const warnings: string[] = [];
  const listed = [...lists];
  const waiting = [...scenes];
  const verbs = {
    async list() {
      const next = listed.shift() ?? "9";
      log.push("list");
      if (next instanceof Error) throw next;
      return { items: [], resourceVersion: next };
    },
    async watch<T extends KubeObject>(
      _target: unknown,
      { resourceVersion }: { readonly resourceVersion?: string },
      onEvent: (event: WatchEvent<T>) => void,
    ) {
      log.push(`watch ${resourceVersion}`);
      const scene = waiting.shift();
      for (const [type, object] of scene?.events ?? []) {
        onEvent(new WatchEvent(type, new Item(object as unknown as T)));
      }
      clock.advance(scene?.livesMs ?? 0);
      if (waiting.length === 0) stop.abort();
      return { ended: scene?.error ? Promise.reject(scene.error) : Promise.resolve() };
    },
  } satisfies Reader;
  const sink: ReflectorSink<ConfigMap> = {
    replace: () => undefined,
    put: ({ metadata }) => void log.push(`put ${metadata?.name}`),
    remove: ({ metadata }) => void log.push(`remove ${metadata?.name}`),
  };
  await reflect(
    {
      verbs,
      resource: CONFIG_MAPS,
      clock,
      signal: stop.signal,
      random: () => 0,
      log: createLogger({ level: "warn", format: "text", write: (line) => warnings.push(line) }),
      pause: async (delayMs) => {
        log.push(`pause ${delayMs}`);
      },
    },
    sink,
  );
  return { log, warnings };
}

test("a watch goes on from the newest version that was seen, bookmarks included", async () => {
  const { log, warnings } = await play([
    { events: [["ADDED", named("a", "2")]], livesMs: 5_000 },
    { events: [["BOOKMARK", named("", "7")]], livesMs: 5_000 },
    { events: [["DELETED", named("a", "8")]] },
  ]);
  expect(log).toEqual(["list", "watch 1", "put a", "watch 2", "watch 7", "remove a"]);
  expect(warnings).toEqual([]);
});

test("a 410 leads to a new list, and is no reason to warn", async () => {
  const { log, warnings } = await play(
    [{ error: expired("too old resource version: 1 (5)") }, {}],
    ["1", "6"],
  );
  expect(log).toEqual(["list", "watch 1", "pause 800", "list", "watch 6"]);
  expect(warnings).toEqual([]);
});

test("an unreachable server is asked again, later and later, without a new list", async () => {
  const error = serviceUnavailable("away");
  const { log, warnings } = await play([{ error }, { error }, {}]);
  expect(log).toEqual(["list", "watch 1", "pause 800", "watch 1", "pause 1600", "watch 1"]);
  expect(warnings).toHaveLength(2);
});

test("a list that fails is tried again", async () => {
  const { log } = await play([{}], [serviceUnavailable("away"), "3"]);
  expect(log).toEqual(["list", "pause 800", "list", "watch 3"]);
});

test("watches that end at once are not asked for without a pause", async () => {
  const { log } = await play([{}, {}, {}]);
  expect(log).toEqual(["list", "watch 1", "pause 800", "watch 1", "pause 1600", "watch 1"]);
});
