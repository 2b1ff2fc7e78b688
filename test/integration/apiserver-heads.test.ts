import { afterAll, beforeAll, expect, test } from "bun:test";
import { connect as connectHttp2 } from "node:http2";
import { startTlsApi, type TlsApi } from "#test/kit/tls-api.ts";

type Body = ReadableStreamDefaultController<Uint8Array>;

let api: TlsApi;
/** The body of the next answer of the node, once somebody asked for it. */
let begun: PromiseWithResolvers<Body>;

const slowBody = (): ReadableStream<Uint8Array> =>
  new ReadableStream<Uint8Array>({ start: (body) => begun.resolve(body) });

beforeAll(async () => {
  const ask = async (): Promise<Response> =>
    new Response(slowBody(), { headers: { "content-type": "text/event-stream" } });
  api = await startTlsApi({ nodeStreams: { ask, logs: async () => slowBody() } });
  await post("/api/v1/nodes", { metadata: { name: "n" } });
  await post("/api/v1/namespaces/default/pods", {
    metadata: { name: "p" },
    spec: { nodeName: "n", containers: [{ name: "c", image: "i" }] },
  });
});
afterAll(() => api[Symbol.asyncDispose]());

async function post(path: string, body: object): Promise<void> {
  const made = await fetch(`${api.url}${path}`, {
    method: "POST",
    headers: { ...authorization(), "content-type": "application/json" },
    body: JSON.stringify(body),
    tls: { ca: api.authority },
  });
  expect(made.status, await made.text()).toBe(201);
}

const authorization = () => ({ authorization: `Bearer ${api.token}` });

async function overHttp1(path: string): Promise<{ status: number; text(): Promise<string> }> {
  return await fetch(`${api.url}${path}`, {
    headers: authorization(),
    tls: { ca: api.authority },
  });
}

async function overHttp2(path: string): Promise<{ status: number; text(): Promise<string> }> {
  const client = connectHttp2(api.url, { ca: api.authority });
  const stream = client.request({ ":path": path, ...authorization() });
  let text = "";
  const ended = new Promise<void>((resolve) => stream.once("end", resolve));
  stream.on("data", (bytes: Buffer) => {
    text += bytes.toString();
  });
  const status = await new Promise<number>((resolve) =>
    stream.once("response", (headers) => resolve(Number(headers[":status"]))),
  );
  return {
    status,
    text: async () => {
      await ended;
      client.close();
      return text;
    },
  };
}

const LOG = "/api/v1/namespaces/default/pods/p/log?follow=true";
const AGENT = "/api/v1/nodes/n/proxy/events";

test.each([
  ["HTTP/1.1", overHttp1],
  ["HTTP/2", overHttp2],
])(
  "over %s the head of a log, and of what is proxied, comes before there is a body",
  async (_, open) => {
    for (const path of [LOG, AGENT]) {
      begun = Promise.withResolvers();
      const answer = await open(path);
      expect(answer.status).toBe(200);
      const body = await begun.promise;
      body.enqueue(Buffer.from("data: 1\n\n"));
      body.close();
      expect(await answer.text()).toBe("data: 1\n\n");
    }
  },
);

test.each([
  ["HTTP/1.1", overHttp1],
  ["HTTP/2", overHttp2],
])("over %s a watch begins before there is anything to see", async (version, open) => {
  const maps = "/api/v1/namespaces/kube-public/configmaps";
  const name = `late-${version.at(-1)}`;
  const query = `watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3D${name}`;
  const answer = await open(`${maps}?${query}`);
  expect(answer.status).toBe(200);
  await post(maps, { metadata: { name } });
  expect(await answer.text()).toStartWith(`{"type":"ADDED","object":{`);
});
