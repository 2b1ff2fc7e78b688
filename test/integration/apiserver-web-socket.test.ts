/** Logs and watches over WebSockets, as browsers and the conformance tests ask for them. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { eventually } from "#test/kit/eventually.ts";
import { startTlsApi, type TlsApi } from "#test/kit/tls-api.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const PODS = "/api/v1/namespaces/default/pods";
let api: TlsApi;
let cancelled = 0;

beforeAll(async () => {
  const logs = (): Promise<ReadableStream<Uint8Array>> =>
    Promise.resolve(
      new ReadableStream({
        start: (body) => body.enqueue(Buffer.from("first\nsecond ü\n")),
        cancel: () => {
          cancelled += 1;
        },
      }),
    );
  api = await startTlsApi({ nodeStreams: { logs } });
  const containers = [{ name: "main", image: "busybox" }];
  const spec = { containers, nodeName: "edge", serviceAccountName: "default" };
  await post(PODS, { metadata: { name: "web" }, spec });
});

afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

async function post(path: string, body: object): Promise<void> {
  const response = await fetch(`${api.url}${path}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${api.token}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
    tls: { ca: api.authority },
  });
  expect([response.status, response.status === 201 ? "" : await response.text()]).toEqual([
    201,
    "",
  ]);
}

interface Client {
  readonly socket: WebSocket;
  readonly messages: (string | Buffer)[];
  readonly closed: Promise<number>;
}

function open(
  path: string,
  { protocols = [], token = api.token }: { protocols?: string[]; token?: string } = {},
): Client {
  const socket = new WebSocket(`${api.url.replace("https", "wss")}${path}`, {
    protocols,
    headers: token === "" ? {} : { Authorization: `Bearer ${token}` },
    tls: { ca: api.authority },
  });
  socket.binaryType = "nodebuffer";
  const messages: (string | Buffer)[] = [];
  socket.onmessage = ({ data }) => void messages.push(data);
  const closed = new Promise<number>((resolve) => {
    socket.onclose = ({ code }) => resolve(code);
  });
  return { socket, messages, closed };
}

test("a watch is a message for each event, until the client goes or the time is over", async () => {
  const { messages, closed } = open(
    `${MAPS}?watch=1&timeoutSeconds=2&fieldSelector=metadata.name=seen`,
  );
  await post(MAPS, { metadata: { name: "seen" }, data: { a: "ü", b: "x".repeat(100_000) } });
  await eventually(() => messages.length > 0);
  const events = messages.map((message) => JSON.parse(String(message)));
  expect(typeof messages[0]).toBe("string");
  expect(events).toMatchObject([
    { type: "ADDED", object: { metadata: { name: "seen" }, data: { a: "ü" } } },
  ]);
  expect(await closed).toBe(1000);
});

test("what a watch begins with comes in messages of its own", async () => {
  for (let index = 0; index < 20; index += 1)
    await post(MAPS, { metadata: { name: `m-${index}`, labels: { many: "yes" } } });
  const { socket, messages } = open(`${MAPS}?watch=true&labelSelector=many&resourceVersion=0`);
  await eventually(() => messages.length === 20);
  for (const message of messages) expect(JSON.parse(String(message)).type).toBe("ADDED");
  socket.close();
});

test.each([
  [[], "first\nsecond ü\n"],
  [["binary.k8s.io"], "first\nsecond ü\n"],
  [["base64.binary.k8s.io"], Buffer.from("first\nsecond ü\n").toString("base64")],
])("a log comes as the client can take it: %j", async (protocols, expected) => {
  const before = cancelled;
  const { socket, messages } = open(`${PODS}/web/log?follow=true`, { protocols });
  await eventually(() => messages.length === 2);
  expect(messages.map(String)).toEqual(["", expected]);
  expect(socket.protocol).toBe(protocols[0] ?? "");
  expect(typeof messages[1]).toBe(protocols[0] === "base64.binary.k8s.io" ? "string" : "object");
  socket.close();
  await eventually(() => cancelled === before + 1);
});

test("a browser's token comes among the protocols", async () => {
  const coded = `base64url.bearer.authorization.k8s.io.${Buffer.from(api.token).toString("base64url")}`;
  const { socket, messages } = open(`${PODS}/web/log`, {
    protocols: [coded, "binary.k8s.io"],
    token: "",
  });
  await eventually(() => messages.length === 2);
  expect(socket.protocol).toBe("binary.k8s.io");
  socket.close();
  const stranger = open(`${PODS}/web/log`, {
    protocols: [`${coded}x`, "binary.k8s.io"],
    token: "",
  });
  expect(await stranger.closed).not.toBe(1000);
});

test("errors come before the upgrade, as anywhere", async () => {
  for (const path of [`${PODS}/nope/log`, `${MAPS}?watch=1&fieldSelector=nope=1`]) {
    const { messages, closed } = open(path);
    expect(await closed).not.toBe(1000);
    expect(messages).toEqual([]);
  }
});
