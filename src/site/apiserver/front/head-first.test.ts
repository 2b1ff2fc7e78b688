import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { FrontHouse } from "#test/kit/front-house.ts";
import type { Front } from "./front.ts";

let house: FrontHouse;
beforeEach(() => {
  house = new FrontHouse();
});
afterEach(() => house.end());

type Body = ReadableStreamDefaultController<Uint8Array>;

/** A front whose answers have a head at once, and the body that is given to them by path. */
async function slow({
  idleMs = 60_000,
} = {}): Promise<{ front: Front; bodyOf(path: string): Promise<Body> }> {
  const bodies = new Map<string, PromiseWithResolvers<Body>>();
  const at = (path: string) => {
    const body = bodies.get(path) ?? Promise.withResolvers<Body>();
    bodies.set(path, body);
    return body;
  };
  const front = await house.start({
    idleMs,
    fetch: async ({ url }, { headFirst } = {}) => {
      if (url.endsWith("/short")) return new Response("short");
      const start = at(new URL(url).pathname).resolve;
      const answer = new Response(new ReadableStream<Uint8Array>({ start }), {
        headers: { "content-type": "text/event-stream" },
      });
      return headFirst?.(answer) ?? answer;
    },
  });
  return { front, bodyOf: (path) => at(path).promise };
}

/** Reads a socket until what it said ends with this. */
function heard(socket: NodeJS.ReadableStream, end: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = "";
  const listen = (bytes: Buffer): void => {
    text += bytes.toString("latin1");
    if (!text.endsWith(end)) return;
    socket.off("data", listen);
    resolve(text);
  };
  socket.on("data", listen);
  return promise;
}

describe("an answer whose body is long in coming", () => {
  test("has its head at once over HTTP/1.1, and its body as it was, on a connection that goes on", async () => {
    const { front, bodyOf } = await slow();
    const { socket } = await house.dial(front);
    for (const path of ["/a", "/b"]) {
      const head = heard(socket, "\r\n\r\n");
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
      expect(await head).toMatch(/^HTTP\/1.1 200 OK\r\n(.+\r\n)*Content-Type: text\/event-stream/);
      const body = heard(socket, "0\r\n\r\n");
      const controller = await bodyOf(path);
      controller.enqueue(Buffer.from("data: 1\n"));
      controller.close();
      expect(await body).toBe("8\r\ndata: 1\n\r\n0\r\n\r\n");
    }
    const empty = heard(socket, "0\r\n\r\n");
    socket.write("GET /c HTTP/1.1\r\nHost: x\r\n\r\n");
    (await bodyOf("/c")).close();
    expect((await empty).split("\r\n\r\n")[1]).toBe("0");
    socket.destroy();
  });

  test("also to one that was asked to go on first, and to a client of HTTP/1.0", async () => {
    const { front, bodyOf } = await slow();
    const { socket } = await house.dial(front);
    const head = heard(socket, "chunked\r\n\r\n");
    socket.write(
      "POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
    );
    expect(await head).toContain("HTTP/1.1 200 OK\r\n");
    socket.destroy();
    const old = await house.dial(front);
    const oldHead = heard(old.socket, "\r\n\r\n");
    old.socket.write("GET /b HTTP/1.0\r\nHost: x\r\n\r\n");
    await oldHead;
    const controller = await bodyOf("/b");
    controller.enqueue(Buffer.from("whole"));
    controller.close();
    expect((await old.all).split("\r\n\r\n")[1]).toBe("whole");
  });

  test("of which only the head is wanted is not said to be empty", async () => {
    const { front } = await slow();
    const { socket } = await house.dial(front);
    for (const path of ["/a", "/b"]) {
      const head = heard(socket, "\r\n\r\n");
      socket.write(`HEAD ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
      expect(await head).not.toMatch(/content-length/i);
    }
    socket.destroy();
    const client = connectHttp2(`https://127.0.0.1:${front.port}`, { ca: house.pki.ca });
    const stream = client.request({ ":path": "/c", ":method": "HEAD" });
    const headers = await new Promise<object>((resolve) => stream.once("response", resolve));
    expect(headers).not.toHaveProperty("content-length");
    client.close();
  });

  const ask = (client: ClientHttp2Session, path: string) => {
    const stream = client.request({ ":path": path });
    const head = new Promise<Record<string, unknown>>((resolve) =>
      stream.once("response", resolve),
    );
    let text = "";
    const body = new Promise<string>((resolve, reject) =>
      stream
        .on("data", (bytes: Buffer) => {
          text += bytes.toString("latin1");
        })
        .on("end", () => resolve(text))
        .on("error", reject),
    );
    return { head, body };
  };

  test("over HTTP/2 too, stream by stream", async () => {
    const { front, bodyOf } = await slow();
    const client = connectHttp2(`https://127.0.0.1:${front.port}`, { ca: house.pki.ca });
    const asked = ["/a", "/b", "/c"].map((path) => ({ path, ...ask(client, path) }));
    for (const { head } of asked) expect(await head).toMatchObject({ ":status": 200 });
    for (const { path, body } of asked) {
      const controller = await bodyOf(path);
      controller.enqueue(Buffer.from(`${path}${"x".repeat(100_000)}`));
      controller.close();
      expect(await body).toBe(`${path}${"x".repeat(100_000)}`);
    }
    const { head, body } = ask(client, "/empty");
    expect(await head).toMatchObject({ ":status": 200 });
    (await bodyOf("/empty")).close();
    expect(await body).toBe("");
    client.close();
  });

  test("keeps its connection, where others are closed that are silent for as long", async () => {
    const { front, bodyOf } = await slow({ idleMs: 100 });
    const client = connectHttp2(`https://127.0.0.1:${front.port}`, { ca: house.pki.ca });
    const long = ask(client, "/a");
    await long.head;
    const { socket } = await house.dial(front);
    const head = heard(socket, "\r\n\r\n");
    socket.write("GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
    await head;
    for (let times = 0; times < 3; times += 1) {
      const idle = await house.dial(front);
      idle.socket.write("GET /short HTTP/1.1\r\nHost: x\r\n\r\n");
      expect(await idle.all).toEndWith("short");
    }
    const end = heard(socket, "0\r\n\r\n");
    for (const path of ["/a", "/b"]) {
      const controller = await bodyOf(path);
      controller.enqueue(Buffer.from("late"));
      controller.close();
    }
    expect(await long.body).toBe("late");
    expect(await end).toBe("4\r\nlate\r\n0\r\n\r\n");
    socket.destroy();
    client.destroy();
  });

  test("keeps its connection also before its head", async () => {
    const gate = Promise.withResolvers<void>();
    const front = await house.start({
      idleMs: 100,
      fetch: async ({ url }) => {
        if (!url.endsWith("/short")) await gate.promise;
        return new Response("late");
      },
    });
    const client = connectHttp2(`https://127.0.0.1:${front.port}`, { ca: house.pki.ca });
    const { body } = ask(client, "/a");
    const { socket } = await house.dial(front);
    const end = heard(socket, "late");
    socket.write("GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
    for (const request of ["GET /short HTTP/1.1\r\nHost: x\r\n\r\n", "", "GET / HTTP/1.1\r\n"]) {
      const idle = await house.dial(front);
      idle.socket.write(`GET /short HTTP/1.1\r\nHost: x\r\n\r\n`);
      await new Promise((resolve) => idle.socket.once("data", resolve));
      idle.socket.write(request);
      expect(await idle.all).toEndWith("late");
    }
    gate.resolve();
    expect(await body).toBe("late");
    await end;
    socket.destroy();
    client.destroy();
  });

  test("to a client that takes one byte at a time", async () => {
    const { front, bodyOf } = await slow();
    const client = connectHttp2(`https://127.0.0.1:${front.port}`, {
      ca: house.pki.ca,
      settings: { initialWindowSize: 1 },
    });
    const { head, body } = ask(client, "/a");
    expect(await head).toMatchObject({ ":status": 200 });
    const controller = await bodyOf("/a");
    controller.enqueue(Buffer.from("whole"));
    controller.close();
    expect(await body).toBe("whole");
    client.close();
  });
});
