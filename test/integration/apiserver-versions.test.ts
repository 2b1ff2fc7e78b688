import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { KubeObject } from "#api/object.ts";
import { eventually } from "#test/kit/eventually.ts";
import { GOLDEN_KINDS, gadget } from "#test/kit/gadgets.ts";
import { type Sent, startTestApi, type TestApi } from "#test/kit/test-api.ts";

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const KIND = "/apis/example.com/v1";
const GADGETS = `${KIND}/namespaces/default/gadgets`;
const MERGE = "application/merge-patch+json";

interface Body extends KubeObject {
  readonly items?: readonly KubeObject[];
  readonly code?: number;
  readonly message?: string;
  readonly details?: { readonly retryAfterSeconds?: number };
  readonly metadata?: KubeObject["metadata"] & { continue?: string; remainingItemCount?: number };
}

interface Answer {
  readonly code: number;
  readonly body: Body;
}

let api: TestApi;

beforeEach(async () => {
  api = await startTestApi();
  for (const body of GOLDEN_KINDS) await send("POST", DEFINITIONS, { body });
});
afterEach(() => api[Symbol.dispose]());

async function send(method: string, path: string, sent?: Sent): Promise<Answer> {
  const response = await api.send(method, path, sent);
  return { code: response.status, body: (await response.json()) as Body };
}

const get = (path: string): Promise<Answer> => send("GET", path);
const namesOf = ({ body }: Answer) => body.items?.map(({ metadata }) => metadata?.name);
const versionOf = ({ body }: Answer): string => body.metadata?.resourceVersion ?? "";

async function create(...names: string[]): Promise<void> {
  for (const name of names) {
    const { code } = await send("POST", GADGETS, { body: gadget(name, { color: "red" }) });
    expect(code).toBe(201);
  }
}

const change = (name: string, body: object): Promise<Answer> =>
  send("PATCH", `${GADGETS}/${name}`, { body, type: MERGE });

/** All that a watch tells until its second is over. */
async function watched(query: string, meanwhile: () => Promise<void>): Promise<unknown[]> {
  const response = await api.send("GET", `${GADGETS}?watch=1&timeoutSeconds=1&${query}`);
  expect(response.status).toBe(200);
  await meanwhile();
  api.clock.advance(1000);
  const lines = (await response.text()).trim().split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** What comes of a request that waits for as long as it may. */
async function waitedOut<T>(request: () => Promise<T>): Promise<T> {
  const { alarms } = api.clock;
  const answer = request();
  await eventually(() => api.clock.alarms > alarms);
  api.clock.advance(3000);
  return await answer;
}

describe("a list", () => {
  test("of an exact version shows what was there then, in pages too", async () => {
    await create("a", "b", "c");
    const then = versionOf(await get(GADGETS));
    await change("b", { spec: { color: "blue" } });
    await send("DELETE", `${GADGETS}/a`);
    await create("bb");
    const exact = await get(`${GADGETS}?resourceVersion=${then}&resourceVersionMatch=Exact`);
    expect(namesOf(exact)).toEqual(["a", "b", "c"]);
    expect(exact.body.items?.[1]).toMatchObject({ spec: { color: "red" } });
    expect(versionOf(exact)).toBe(then);
    const page = await get(`${GADGETS}?resourceVersion=${then}&limit=2`);
    expect(namesOf(page)).toEqual(["a", "b"]);
    expect(page.body.metadata?.remainingItemCount).toBe(1);
    const rest = await get(`${GADGETS}?continue=${page.body.metadata?.continue}`);
    expect(namesOf(rest)).toEqual(["c"]);
    expect(versionOf(rest)).toBe(then);
    api.store.expire();
    const late = await get(`${GADGETS}?resourceVersion=${then}&limit=3`);
    expect(namesOf(late)).toEqual(["a", "b", "c"]);
    api.clock.advance(5 * 60_000);
    expect((await get(`${GADGETS}?resourceVersion=${then}&limit=3`)).body).toMatchObject({
      code: 410,
      reason: "Expired",
      message: "The resourceVersion for the provided list is too old.",
    });
  });

  test("of any version is whole, whatever its limit", async () => {
    await create("a", "b", "c");
    for (const match of ["", "&resourceVersionMatch=NotOlderThan"]) {
      const answer = await get(`${GADGETS}?resourceVersion=0&limit=1${match}`);
      expect(namesOf(answer)).toEqual(["a", "b", "c"]);
      expect(answer.body.metadata?.continue).toBe("");
    }
  });

  test("goes on where another ended, whatever its path is about", async () => {
    await create("a", "b", "c");
    const page = await get(`${GADGETS}?limit=2`);
    const token = page.body.metadata?.continue ?? "";
    await create("bb", "d");
    expect(namesOf(await get(`${GADGETS}?continue=${token}`))).toEqual(["c"]);
    // A name there is a namespace here: all namespaces from `b` on.
    const everywhere = await get(`${KIND}/gadgets?continue=${token}`);
    expect(namesOf(everywhere)).toEqual(["a", "b", "c"]);
    api.clock.advance(5 * 60_000);
    const expired = await get(`${GADGETS}?continue=${token}`);
    expect(expired.code).toBe(410);
    const inconsistent = expired.body.metadata?.continue ?? "";
    expect(namesOf(await get(`${GADGETS}?continue=${inconsistent}`))).toEqual(["bb", "c", "d"]);
  });

  test("that can only find one object has no second page", async () => {
    await create("a", "b");
    const answer = await get(`${GADGETS}?limit=1&fieldSelector=metadata.name%3Da`);
    expect(namesOf(answer)).toEqual(["a"]);
    expect(answer.body.metadata?.continue).toBe("");
  });

  test("of a version that is yet to come waits for it, but not where it must be exact", async () => {
    const future = api.store.resourceVersion + 2;
    const waiting = get(`${GADGETS}?resourceVersion=${future}`);
    await create("a", "b");
    expect(namesOf(await waiting)).toEqual(["a", "b"]);
    const late = waitedOut(() => get(`${GADGETS}?resourceVersion=${future + 5}`));
    const message = `Timeout: Too large resource version: ${future + 5}, current: ${future}`;
    expect((await late).body).toMatchObject({
      code: 504,
      message,
      details: { retryAfterSeconds: 1 },
    });
    const exact = await get(`${GADGETS}?resourceVersion=${future + 5}&resourceVersionMatch=Exact`);
    expect(exact.body).toMatchObject({ code: 504, message });
    expect(exact.body.details?.retryAfterSeconds).toBeUndefined();
  });
});

describe("a watch", () => {
  test("from a version that is yet to come tells what comes after it", async () => {
    const future = api.store.resourceVersion + 1;
    const events = await watched(`resourceVersion=${future}`, () => create("a", "b"));
    expect(events).toMatchObject([{ type: "ADDED", object: { metadata: { name: "b" } } }]);
  });

  test("whose initial events are yet to come ends with an error after three seconds", async () => {
    const future = api.store.resourceVersion + 100;
    const query = `watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=${future}`;
    const response = await waitedOut(() => api.send("GET", `${GADGETS}?${query}`));
    expect(response.status).toBe(200);
    expect(JSON.parse(await response.text())).toMatchObject({
      type: "ERROR",
      object: { code: 504, reason: "Timeout" },
    });
  });

  test("shows what went as it was last seen, as of when it went", async () => {
    await create("a");
    await change("a", { metadata: { finalizers: ["example.com/hold"] } });
    await send("DELETE", `${GADGETS}/a`);
    const events = await watched("resourceVersion=0", async () => {
      await change("a", { metadata: { finalizers: null } });
    });
    const { resourceVersion } = { resourceVersion: String(api.store.resourceVersion) };
    expect(events).toMatchObject([
      { type: "ADDED" },
      {
        type: "DELETED",
        object: { metadata: { finalizers: ["example.com/hold"], resourceVersion } },
      },
    ]);
  });

  test("shows what left a selection as it was last seen", async () => {
    await create("a");
    const events = await watched("resourceVersion=0&fieldSelector=spec.color%3Dred", async () => {
      await change("a", { spec: { color: "blue" } });
      await change("a", { spec: { color: "red" } });
    });
    const seen = { object: { spec: { color: "red" } } };
    expect(events).toMatchObject([
      { type: "ADDED", ...seen },
      { type: "DELETED", ...seen },
      { type: "ADDED", ...seen },
    ]);
  });

  test("is of a collection: of one name only by its path, and only read", async () => {
    await create("a");
    expect((await get(`${GADGETS}/a?watch=true`)).body).toMatchObject({ kind: "Gadget" });
    const path = `${KIND}/watch/namespaces/default/gadgets`;
    const response = await api.send("GET", `${path}/a?timeoutSeconds=1`);
    api.clock.advance(1000);
    expect(JSON.parse(await response.text())).toMatchObject({ type: "ADDED" });
    expect((await send("POST", path, { body: gadget("b") })).code).toBe(405);
    expect((await send("DELETE", `${path}/a`)).code).toBe(405);
    expect(namesOf(await get(GADGETS))).toEqual(["a"]);
  });
});

describe("a write", () => {
  test("to what is being deleted says so", async () => {
    await create("a");
    await change("a", { metadata: { finalizers: ["example.com/hold"] } });
    await send("DELETE", `${GADGETS}/a`);
    expect((await send("POST", GADGETS, { body: gadget("a") })).body.message).toBe(
      'object is being deleted: gadgets.example.com "a" already exists',
    );
    // What nobody sets stays as it is.
    expect((await change("a", { metadata: { deletionTimestamp: null } })).code).toBe(200);
  });

  test("cannot begin a deletion", async () => {
    await create("a");
    const deletionTimestamp = "2000-01-01T00:00:00Z";
    expect((await change("a", { metadata: { deletionTimestamp } })).body.message).toBe(
      `Gadget.example.com "a" is invalid: metadata.deletionTimestamp: Invalid value: "${deletionTimestamp}": field is immutable`,
    );
  });

  test("of a scale gives a number to what had none, and shows none for 0", async () => {
    await create("a");
    const scale = (replicas: number) =>
      send("PUT", `${GADGETS}/a/scale`, {
        body: {
          apiVersion: "autoscaling/v1",
          kind: "Scale",
          metadata: { name: "a", namespace: "default" },
          spec: { replicas },
        },
      });
    expect((await get(`${GADGETS}/a/scale`)).code).toBe(500);
    expect((await scale(3)).body).toMatchObject({ kind: "Scale", spec: { replicas: 3 } });
    expect((await scale(0)).body).toMatchObject({ kind: "Scale", spec: {} });
    expect((await get(`${GADGETS}/a`)).body).toMatchObject({ spec: { replicas: 0 } });
  });

  test("of a whole collection is answered with what was found", async () => {
    await create("a", "b");
    await change("a", { metadata: { finalizers: ["example.com/hold"] } });
    const { body } = await send("DELETE", GADGETS, { body: { propagationPolicy: "Orphan" } });
    expect(body.items?.map(({ metadata }) => metadata?.deletionTimestamp)).toEqual([
      undefined,
      undefined,
    ]);
    const left = await get(GADGETS);
    expect(left.body.items?.map(({ metadata }) => metadata?.finalizers)).toEqual([
      ["example.com/hold", "orphan"],
      ["orphan"],
    ]);
  });

  test("that is asked for in YAML is answered so, errors as well", async () => {
    await create("a");
    const answer = await api.send("GET", `${GADGETS}/a`, { accept: "application/yaml" });
    const text = await answer.text();
    expect(text).toStartWith("apiVersion: example.com/v1\nkind: Gadget\nmetadata:\n");
    // What YAML 1.1 would take for a time is quoted.
    expect(text).toMatch(/creationTimestamp: "\d/);
    const missing = await api.send("GET", `${GADGETS}/b`, { accept: "application/yaml" });
    expect(missing.headers.get("content-type")).toBe("application/yaml");
    expect(await missing.text()).toStartWith("apiVersion: v1\ncode: 404\n");
  });
});
