/** Many streams at once, and very many one after another: each gets its bytes, none leaves anything. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import type { DuplexStream, ExecStream } from "#api/node-streams.ts";
import { eventually } from "#test/kit/eventually.ts";
import { rounds } from "#test/kit/soak.ts";
import { SpdyClient } from "#test/kit/spdy-client.ts";
import { startTlsApi, type TlsApi } from "#test/kit/tls-api.ts";

const AT_ONCE = 100;
const PIECE = Buffer.alloc(64 * 1024, "p");
const PODS = "/api/v1/namespaces/default/pods";
const STEP_MS = 120_000;
const SOAK_MS = 30 * 60_000;

let api: TlsApi;
/** Conversations that the node has not seen the end of. */
let alive = 0;

function echo(signal: AbortSignal): DuplexStream {
  alive += 1;
  const pipe = new TransformStream<Uint8Array, Uint8Array>();
  let over = false;
  const end = (): void => {
    if (!over) alive -= 1;
    over = true;
  };
  const writer = pipe.writable.getWriter();
  signal.addEventListener("abort", end, { once: true });
  const writable = new WritableStream<Uint8Array>({
    write: (bytes) => writer.write(bytes),
    close: async () => {
      await writer.close();
      end();
    },
    abort: (reason) => writer.abort(reason),
  });
  return { readable: pipe.readable, writable };
}

function exec(signal: AbortSignal): ExecStream {
  const { readable: stdout, writable } = echo(signal);
  const ended = Promise.withResolvers<number>();
  const writer = writable.getWriter();
  const stdin = new WritableStream<Uint8Array>({
    write: (bytes) => writer.write(bytes),
    close: async () => {
      ended.resolve(0);
      await writer.close();
    },
  });
  signal.addEventListener("abort", () => ended.resolve(137), { once: true });
  return { stdin, stdout, resize: () => undefined, exitCode: ended.promise };
}

beforeAll(async () => {
  api = await startTlsApi({
    nodeStreams: {
      exec: (_, signal) => Promise.resolve(exec(signal)),
      portForward: (_, signal) => Promise.resolve(echo(signal)),
    },
  });
  const response = await fetch(`${api.url}${PODS}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${api.token}`, "Content-Type": "application/json" },
    body: JSON.stringify({
      metadata: { name: "web" },
      spec: { nodeName: "edge", containers: [{ name: "main", image: "busybox" }] },
    }),
    tls: { ca: api.authority },
  });
  expect(response.status).toBe(201);
});

afterAll(() => api[Symbol.asyncDispose]());

interface Ended {
  readonly bytes: number;
  readonly status: string;
}

/** `exec` of a program that says what it hears, over a WebSocket. */
function execOverWebSocket(): Promise<Ended> {
  const query = "command=cat&stdin=true&stdout=true";
  const socket = new WebSocket(`${api.url.replace("https", "wss")}${PODS}/web/exec?${query}`, {
    protocols: ["v5.channel.k8s.io"],
    headers: { Authorization: `Bearer ${api.token}` },
    tls: { ca: api.authority },
  });
  socket.binaryType = "nodebuffer";
  let bytes = 0;
  let status = "";
  socket.onopen = () => {
    socket.send(Buffer.concat([Buffer.from([0]), PIECE]));
    socket.send(Buffer.from([255, 0]));
  };
  socket.onmessage = ({ data }) => {
    if (data[0] === 1) bytes += data.length - 1;
    if (data[0] === 3) status = JSON.parse(data.subarray(1).toString()).status;
  };
  return new Promise((resolve) => {
    socket.onclose = () => resolve({ bytes, status });
  });
}

async function forward(client: SpdyClient, request: number): Promise<number> {
  const common = { port: "80", requestid: String(request) };
  const error = client.openStream({ ...common, streamtype: "error" });
  const data = client.openStream({ ...common, streamtype: "data" });
  client.finish(error, new Uint8Array());
  client.finish(data, PIECE);
  const [bytes] = await Promise.all([client.ended(data), client.ended(error)]);
  return bytes;
}

const openForward = (): Promise<SpdyClient> =>
  SpdyClient.open(api, { path: `${PODS}/web/portforward`, protocol: "portforward.k8s.io" });

const descriptors = (): number => readdirSync("/proc/self/fd").length;

async function memoryBytes(): Promise<number> {
  await Bun.sleep(200);
  Bun.gc(true);
  return process.memoryUsage.rss();
}

const whole: Ended = { bytes: PIECE.length, status: "Success" };

test(
  "100 commands run at once, each over a WebSocket of its own",
  async () => {
    const ended = await Promise.all(Array.from({ length: AT_ONCE }, execOverWebSocket));
    expect(ended).toEqual(Array.from({ length: AT_ONCE }, () => whole));
    await eventually(() => alive === 0);
  },
  STEP_MS,
);

test(
  "100 connections are forwarded at once over one SPDY connection",
  async () => {
    using client = await openForward();
    const sizes = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, index) => forward(client, index)),
    );
    expect(sizes).toEqual(Array.from({ length: AT_ONCE }, () => PIECE.length));
    await eventually(() => alive === 0);
  },
  STEP_MS,
);

test(
  "streams by the thousand leave nothing behind",
  async () => {
    const total = rounds({ gate: 400, soak: 10_000 });
    const batch = 20;
    const run = async (count: number): Promise<void> => {
      for (let done = 0; done < count; done += batch) {
        using client = await openForward();
        await Promise.all([
          ...Array.from({ length: batch / 2 }, execOverWebSocket),
          ...Array.from({ length: batch / 2 }, (_, index) => forward(client, index)),
        ]);
      }
    };
    await run(200);
    const before = { descriptors: descriptors(), bytes: await memoryBytes() };
    await run(total);
    await eventually(() => alive === 0 && descriptors() <= before.descriptors);
    // 10,000 that kept but 4 KB each would be 40 MB.
    expect((await memoryBytes()) - before.bytes).toBeLessThan(32 * 1024 * 1024);
  },
  SOAK_MS,
);

test(
  "what a client leaves open ends with its connection",
  async () => {
    const client = await openForward();
    for (let index = 0; index < AT_ONCE; index += 1) {
      const common = { port: "80", requestid: String(index) };
      client.openStream({ ...common, streamtype: "error" });
      client.openStream({ ...common, streamtype: "data" });
    }
    await eventually(() => alive === AT_ONCE);
    client[Symbol.dispose]();
    await eventually(() => alive === 0);
  },
  STEP_MS,
);
