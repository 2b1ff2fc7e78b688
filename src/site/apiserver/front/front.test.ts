import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { statSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { join } from "node:path";
import { UserError } from "#lib/errors.ts";
import type { StreamSession, StreamSocket } from "#serve/streams/stream-socket.ts";
import { rejection } from "#test/kit/eventually.ts";
import { FrontHouse, SPDY, tlsOf } from "#test/kit/front-house.ts";

let house: FrontHouse;
beforeEach(() => {
  house = new FrontHouse();
});
afterEach(() => house.end());

describe("the front", () => {
  test("carries requests to a server that no other user can reach", async () => {
    const front = await house.start();
    const response = await house.ask(front, { method: "POST", body: "x".repeat(3_000_000) });
    expect(await response.text()).toBe(`POST ${"x".repeat(3_000_000)}`);
    expect(statSync(join(house.directory, "a".repeat(120))).mode & 0o777).toBe(0o700);
  });

  test("carries more clients that come in one moment than the server behind has room to queue", async () => {
    const front = await house.start();
    const clients = await Promise.all(Array.from({ length: 700 }, () => house.dial(front)));
    for (const { socket } of clients) {
      socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    }
    const answers = await Promise.all(clients.map(({ all }) => all));
    expect(answers.filter((text) => text.startsWith("HTTP/1.1 200 OK"))).toHaveLength(700);
  }, 20_000);

  test("says in one line why it cannot listen", async () => {
    const front = await house.start();
    const second = house.make({ port: front.port });
    const scope = {
      signal: house.stop.signal,
      deadline: house.deadline.signal,
      ready: () => undefined,
    };
    const taken = await rejection(second.run(scope));
    expect(taken).toBeInstanceOf(UserError);
    expect(taken.message).toBe(
      `Cannot listen on 127.0.0.1:${front.port}: another program uses the port; stop it, or choose another one with --port`,
    );
    const foreign = house.make({ address: "203.0.113.1", port: 1024 });
    expect((await rejection(foreign.run(scope))).message).toContain("--bind-address");
  });

  test("gives a connection that switches to SPDY its own bytes, in order", async () => {
    const heard: string[] = [];
    const closed = Promise.withResolvers<void>();
    const session = (socket: StreamSocket): StreamSession => ({
      received: (bytes) => {
        heard.push(Buffer.from(bytes).toString());
        void socket.send(Buffer.from("answer"));
        socket.end();
      },
      closed: closed.resolve,
    });
    const front = await house.start({
      answerUpgrade: async (request) => {
        expect([request.method, new URL(request.url).pathname]).toEqual(["POST", "/exec"]);
        return {
          headers: new Headers({ upgrade: "SPDY/3.1", connection: "Upgrade" }),
          start: session,
        };
      },
    });
    const { socket, all } = await house.dial(front);
    socket.write(`${SPDY}early`);
    expect(await all).toBe(
      "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: SPDY/3.1\r\n\r\nanswer",
    );
    await closed.promise;
    expect(heard).toEqual(["early"]);
  });

  test("knows where a request of HTTP/1.0 is for that does not say so", async () => {
    const front = await house.start({ fetch: async ({ url }) => new Response(url) });
    const body = async (request: string): Promise<string | undefined> => {
      const { socket, all } = await house.dial(front);
      socket.write(request);
      return (await all).split("\r\n\r\n")[1];
    };
    expect(await body("GET /livez HTTP/1.0\r\n\r\n")).toBe("http://edgesite/livez");
    expect(await body("GET /livez HTTP/1.0\r\nHost: own\r\n\r\n")).toBe("http://own/livez");
    expect(await body("GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n")).toBe("");
  });

  test("takes long heads, and gives them", async () => {
    const front = await house.start({
      fetch: async ({ headers }, { headFirst } = {}) => {
        const long = new Response("body", { headers: { "x-long": headers.get("x-long") ?? "" } });
        return headFirst?.(long) ?? long;
      },
    });
    const long = "x".repeat(40_000);
    const answer = await house.ask(front, { headers: { "x-long": long } });
    expect([answer.headers.get("x-long"), await answer.text()]).toEqual([long, "body"]);
    const client = connectHttp2(`https://127.0.0.1:${front.port}`, { ca: house.pki.ca });
    const stream = client.request({ ":path": "/", "x-long": long });
    const headers = await new Promise<Record<string, unknown>>((resolve, reject) =>
      stream.once("response", resolve).once("error", reject),
    );
    expect(headers["x-long"]).toBe(long);
    client.close();
  });

  test("sends each cookie of a refusal, and letters as they came", async () => {
    const headers = new Headers({ "x-name": "jan\u00e9" });
    for (const cookie of ["a=1", "b=2"]) headers.append("set-cookie", cookie);
    const front = await house.start({
      answerUpgrade: async () => new Response("no", { status: 403, headers }),
    });
    const { socket, all } = await house.dial(front);
    socket.setEncoding("latin1");
    socket.write(SPDY);
    const lines = (await all).split("\r\n");
    expect(lines).toContain("x-name: jan\u00e9");
    expect(lines.filter((line) => line.startsWith("set-cookie"))).toEqual([
      "set-cookie: a=1",
      "set-cookie: b=2",
    ]);
  });

  test("answers what is refused, malformed or too large, and hangs up", async () => {
    const front = await house.start();
    const answers = async (bytes: string): Promise<string> => {
      const { socket, all } = await house.dial(front);
      socket.write(bytes);
      return await all;
    };
    expect(await answers(SPDY)).toStartWith("HTTP/1.1 403 Forbidden\r\n");
    expect(await answers(SPDY.replace("POST /exec", "POST  exec"))).toStartWith("HTTP/1.1 400 ");
    expect(await answers(`GET / HTTP/1.1\r\nx: ${"y".repeat(70_000)}`)).toStartWith(
      "HTTP/1.1 431 ",
    );
  });

  test("survives clients that speak no TLS or vanish", async () => {
    const front = await house.start();
    for (const bytes of ["GET / HTTP/1.0\r\n\r\n", "\x16\x03\x01\x00\x05hello", ""]) {
      const closed = Promise.withResolvers<void>();
      await Bun.connect({
        hostname: "127.0.0.1",
        port: front.port,
        socket: {
          open: (socket) => {
            socket.write(bytes);
            if (bytes === "") socket.terminate();
          },
          data: () => undefined,
          close: () => closed.resolve(),
        },
      });
      await closed.promise;
    }
    expect((await house.ask(front)).status).toBe(200);
  });

  test("turns clients away above its limit, and takes them again below", async () => {
    const front = await house.start({ maxConnections: 1 });
    const { socket, all } = await house.dial(front);
    await rejection(house.dial(front));
    socket.destroy();
    await all;
    const again = await house.dial(front);
    again.socket.destroy();
  });

  test("shows a new certificate without dropping a connection", async () => {
    const finish = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const front = await house.start({
      fetch: async () => {
        begun.resolve();
        await finish.promise;
        return new Response("done");
      },
    });
    const pending = house.ask(front);
    await begun.promise;
    const renewed = house.issue(["127.0.0.1", "renewed.example"]);
    front.replaceCertificate(tlsOf(renewed));
    const { socket } = await house.dial(front);
    expect(socket.getPeerCertificate().subjectaltname).toContain("renewed.example");
    socket.destroy();
    finish.resolve();
    expect(await (await pending).text()).toBe("done");
  });

  test("finishes what was begun when it stops, and takes nothing new", async () => {
    const begun = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    const front = await house.start({
      fetch: async () => {
        begun.resolve();
        await finish.promise;
        return new Response("done");
      },
    });
    const idle = await house.dial(front);
    const pending = house.ask(front);
    await begun.promise;
    house.stop.abort();
    expect(await idle.all).toBe("");
    await rejection(house.dial(front));
    finish.resolve();
    expect(await (await pending).text()).toBe("done");
    await house.stopped;
  });

  test("waits for no client that only keeps its connection, and tells what goes on for ever", async () => {
    const front = await house.start({
      fetch: async ({ url }, { stopping } = {}) =>
        url.endsWith("/watch")
          ? new Response(
              new ReadableStream({
                start(body) {
                  body.enqueue(Buffer.from("begun"));
                  stopping?.addEventListener("abort", () => body.close());
                },
              }),
            )
          : new Response("once"),
    });
    const [idle, watcher] = await Promise.all([house.dial(front), house.dial(front)]);
    const answered = [idle, watcher].map(
      ({ socket }) => new Promise((resolve) => socket.once("data", resolve)),
    );
    idle.socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    watcher.socket.write("GET /watch HTTP/1.1\r\nHost: x\r\n\r\n");
    await Promise.all(answered);
    house.stop.abort();
    await house.stopped;
    expect(await idle.all).toContain("once");
    expect(await watcher.all).toEndWith("0\r\n\r\n");
  });

  test("cuts what is left when the grace period is over", async () => {
    const begun = Promise.withResolvers<void>();
    const front = await house.start({
      fetch: () => {
        begun.resolve();
        return new Promise(() => undefined);
      },
    });
    const pending = house.ask(front).then(
      () => "answered",
      () => "cut",
    );
    await begun.promise;
    house.stop.abort();
    house.deadline.abort();
    await house.stopped;
    expect(await pending).toBe("cut");
  });
});
