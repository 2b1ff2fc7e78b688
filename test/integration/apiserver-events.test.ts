import { expect, test } from "bun:test";
import type { Event, KubeObject, RegardingEvent } from "#api/object.ts";
import { EVENTS, REGARDING_EVENTS } from "#api/resources.ts";
import type { Status } from "#api/status.ts";
import type { Table } from "#api/table.ts";
import { startTestApi, type TestApi } from "#test/kit/test-api.ts";

const OLD = "/api/v1/namespaces/default/events";
const NEW = "/apis/events.k8s.io/v1/namespaces/default/events";

const told = (name: string, given: Partial<RegardingEvent> = {}): RegardingEvent => ({
  metadata: { name },
  regarding: { kind: "Pod", name: "web", namespace: "default", uid: "u" },
  note: "Back-off",
  type: "Warning",
  reason: "BackOff",
  action: "Restarting",
  eventTime: "2024-01-01T00:00:00.000000Z",
  reportingController: "example.com/kubelet",
  reportingInstance: "edge",
  ...given,
});

async function get<T = KubeObject>(api: TestApi, path: string, accept?: string): Promise<T> {
  const response = await api.send("GET", path, accept === undefined ? {} : { accept });
  expect(response.status).toBe(200);
  return (await response.json()) as T;
}

async function causes(response: Response): Promise<string[]> {
  expect(response.status).toBe(422);
  const { details } = (await response.json()) as Status;
  return (details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
}

test("an event that came by one API is there by the other, under that one's names", async () => {
  using api = await startTestApi();
  const created = await api.send("POST", NEW, { body: told("e") });
  expect(created.status).toBe(201);
  const answer = (await created.json()) as RegardingEvent;
  expect(answer).toMatchObject({ ...told("e"), apiVersion: "events.k8s.io/v1", kind: "Event" });

  const old = await get<Event>(api, `${OLD}/e`);
  expect(old).toMatchObject({
    apiVersion: "v1",
    kind: "Event",
    involvedObject: { kind: "Pod", name: "web", namespace: "default", uid: "u" },
    message: "Back-off",
    reportingComponent: "example.com/kubelet",
    source: {},
  });
  expect(old).not.toHaveProperty("note");
  expect(old).not.toHaveProperty("regarding");
  expect(old.metadata).toEqual(answer.metadata ?? {});

  const source = { component: "kubelet", host: "edge" };
  const involvedObject = { kind: "Pod", name: "web", namespace: "default" };
  const times = { firstTimestamp: "2024-01-01T00:00:00Z", lastTimestamp: "2024-01-01T00:01:00Z" };
  const legacy = { metadata: { name: "f" }, involvedObject, source, count: 3, ...times };
  expect((await api.send("POST", OLD, { body: legacy })).status).toBe(201);
  expect(await get<RegardingEvent>(api, `${NEW}/f`)).toMatchObject({
    apiVersion: "events.k8s.io/v1",
    regarding: involvedObject,
    deprecatedSource: source,
    deprecatedCount: 3,
    deprecatedFirstTimestamp: times.firstTimestamp,
    deprecatedLastTimestamp: times.lastTimestamp,
  });
  const list = await get<{ kind: string; apiVersion: string; items: RegardingEvent[] }>(api, NEW);
  expect([list.kind, list.apiVersion]).toEqual(["EventList", "events.k8s.io/v1"]);
  expect(list.items.map(({ regarding }) => regarding?.name)).toEqual(["web", "web"]);
});

test("each API selects by its own field names, and shows one table", async () => {
  using api = await startTestApi();
  for (const name of ["web", "db"]) {
    const regarding = { kind: "Pod", name, namespace: "default" };
    await api.send("POST", NEW, { body: told(`of-${name}`, { regarding }) });
  }
  const names = async (path: string) =>
    (await get<{ items: KubeObject[] }>(api, path)).items.map(({ metadata }) => metadata?.name);
  expect(await names(`${NEW}?fieldSelector=regarding.name%3Ddb`)).toEqual(["of-db"]);
  expect(await names(`${OLD}?fieldSelector=involvedObject.name%3Ddb`)).toEqual(["of-db"]);
  const chosen = "reportingController%3Dexample.com/kubelet,type%3DWarning,reason!%3DOther";
  expect(await names(`${NEW}?fieldSelector=${chosen}`)).toEqual(["of-db", "of-web"]);
  const unknown = await api.send("GET", `${NEW}?fieldSelector=involvedObject.name%3Ddb`);
  expect(unknown.status).toBe(400);
  expect((await unknown.json()) as Status).toMatchObject({
    message: "field label not supported: involvedObject.name",
  });

  const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
  const [theirs, ours] = [await get<Table>(api, NEW, accept), await get<Table>(api, OLD, accept)];
  expect(theirs.columnDefinitions).toEqual(ours.columnDefinitions);
  expect(theirs.rows.map(({ cells }) => cells)).toEqual(ours.rows.map(({ cells }) => cells));
  expect(theirs.rows[0]?.cells.slice(1, 4)).toEqual(["Warning", "BackOff", "pod/db"]);
});

test("a new event by events.k8s.io must be of the new style", async () => {
  using api = await startTestApi();
  const body = { metadata: { name: "e" }, regarding: { namespace: "default" }, type: "Odd" };
  const deprecated = {
    deprecatedCount: 1,
    deprecatedSource: { component: "c" },
    deprecatedFirstTimestamp: "2024-01-01T00:00:00Z",
    deprecatedLastTimestamp: "2024-01-01T00:00:00Z",
    series: { count: 1 },
  };
  expect(await causes(await api.send("POST", NEW, { body: { ...body, ...deprecated } }))).toEqual([
    'series.count: Invalid value: "": should be at least 2',
    "series.lastObservedTime: Required value",
    "eventTime: Required value",
    'type: Invalid value: "": has invalid value: Odd',
    'firstTimestamp: Invalid value: "": needs to be unset',
    'lastTimestamp: Invalid value: "": needs to be unset',
    'count: Invalid value: "": needs to be unset',
    'source: Invalid value: "": needs to be unset',
  ]);
  // The old API takes what is as old as it is.
  const involvedObject = { namespace: "default" };
  const old = { metadata: { name: "e" }, involvedObject, type: "Odd", count: 1 };
  expect((await api.send("POST", OLD, { body: old })).status).toBe(201);
});

test("by events.k8s.io only the series of an event changes", async () => {
  using api = await startTestApi();
  await api.send("POST", NEW, { body: told("e") });
  const patch = (path: string, body: object, type = "application/merge-patch+json") =>
    api.send("PATCH", `${path}/e`, { body, type });

  const series = { count: 2, lastObservedTime: "2024-01-01T00:00:01.000000Z" };
  const patched = await patch(NEW, { series }, "application/strategic-merge-patch+json");
  expect(patched.status).toBe(200);
  expect((await patched.json()) as RegardingEvent).toMatchObject({ ...told("e"), series });
  expect(await get<Event>(api, `${OLD}/e`)).toMatchObject({ series, message: "Back-off" });

  expect(await causes(await patch(NEW, { note: "other" }))).toEqual([
    'message: Invalid value: "other": field is immutable',
  ]);
  expect((await patch(OLD, { message: "other" })).status).toBe(200);
  expect(await get<RegardingEvent>(api, `${NEW}/e`)).toMatchObject({ note: "other" });

  const before = await get<RegardingEvent>(api, `${NEW}/e`);
  const same = await api.send("PUT", `${NEW}/e`, { body: before });
  expect(((await same.json()) as RegardingEvent).metadata).toEqual(before.metadata ?? {});
});

test("a watch by one API sees what the other does, in frames made once for all its watchers", async () => {
  using api = await startTestApi();
  const stop = new AbortController();
  const seen: string[] = [];
  const frames: Uint8Array[] = [];
  const watch = (select: string) =>
    api.verbs.watch<RegardingEvent>(
      { resource: REGARDING_EVENTS, namespace: "default" },
      { signal: stop.signal, fieldSelector: select, allowWatchBookmarks: true },
      ({ type, item, frame }) => {
        seen.push(`${type} ${item.value.metadata?.name} ${item.value.note}`);
        frames.push(frame);
      },
    );
  await watch("");
  await watch("regarding.name=web");
  const event = await api.verbs.create(
    { resource: EVENTS, namespace: "default" },
    {
      metadata: { name: "e" },
      ...{ involvedObject: { name: "web", namespace: "default" }, message: "m" },
    },
  );
  await api.verbs.delete({ resource: REGARDING_EVENTS, namespace: "default", name: "e" });
  stop.abort();
  expect(seen).toEqual(["ADDED e m", "ADDED e m", "DELETED e m", "DELETED e m"]);
  expect(frames[0]).toBe(frames[1] as Uint8Array);
  expect(frames[2]).toBe(frames[3] as Uint8Array);
  expect(event.value.apiVersion).toBe("v1");
});

test("what goes by one API is gone from both, and nothing dry is there", async () => {
  using api = await startTestApi();
  const dry = await api.send("POST", `${NEW}?dryRun=All`, { body: told("e") });
  expect(dry.status).toBe(201);
  expect(((await dry.json()) as RegardingEvent).note).toBe("Back-off");
  const missing = await api.send("GET", `${NEW}/e`);
  expect(missing.status).toBe(404);
  expect((await missing.json()) as Status).toMatchObject({ message: 'events "e" not found' });

  for (const name of ["a", "b"]) await api.send("POST", NEW, { body: told(name) });
  expect(await (await api.send("DELETE", `${NEW}/a`)).json()).toMatchObject({ status: "Success" });
  expect((await api.send("GET", `${OLD}/a`)).status).toBe(404);
  const emptied = await api.send("DELETE", `${NEW}?fieldSelector=regarding.name%3Dweb`);
  expect(await emptied.json()).toMatchObject({
    apiVersion: "events.k8s.io/v1",
    items: [{ regarding: { name: "web" } }],
  });
  expect((await get<{ items: unknown[] }>(api, OLD)).items).toEqual([]);
});
