import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { gzipSync } from "node:zlib";
import { StatusError } from "#api/status.ts";
import { eventually, rejection } from "#test/kit/eventually.ts";
import { PREFIX, ProxiedServer, proxiedRequest } from "#test/kit/proxied-server.ts";
import { forward } from "./forward.ts";
import { forwardedHeaders } from "./headers.ts";
import { KeptConnections } from "./kept-connections.ts";

const MEBIBYTE = 1024 * 1024;

let proxied: ProxiedServer;
let stop: AbortController;
let kept: KeptConnections;

beforeEach(async () => {
  proxied = await ProxiedServer.start();
  stop = new AbortController();
  kept = new KeptConnections();
});

afterEach(() => {
  stop.abort();
  proxied[Symbol.dispose]();
});

const ask = (init: RequestInit = {}, target = "/"): Promise<Response> =>
  forward(proxiedRequest(init), proxied.backend(target), { signals: [stop.signal], kept });

describe("a proxied request", () => {
  test("carries path, query and headers, but nothing of the connection or of who asked", async () => {
    proxied.server.on("request", ({ url, method, headers }, answer) =>
      answer.end(JSON.stringify({ url, method, headers })),
    );
    const headers = {
      ...{ authorization: "Bearer secret", cookie: "session=1", host: "cluster.example:6443" },
      ...{ connection: "keep-alive, x-hop", "x-hop": "1", "keep-alive": "timeout=1", te: "gzip" },
      ...{ "impersonate-user": "bob", "x-remote-user": "root", "x-own": "kept" },
      ...{ "user-agent": "test", accept: "text/plain" },
    };
    const answer = await ask({ method: "PATCH", headers, body: "x" }, "/a%2Fb/c%20d?x=%26&y");
    expect(await answer.json()).toEqual({
      url: "/a%2Fb/c%20d?x=%26&y",
      method: "PATCH",
      headers: {
        ...{ host: "cluster.example:6443", "x-own": "kept", "user-agent": "test" },
        cookie: "session=1",
        accept: "text/plain",
        ...{ "x-forwarded-uri": `${PREFIX}/a%2Fb/c%20d?x=%26&y` },
        ...{ connection: "close", "transfer-encoding": "chunked" },
      },
    });
  });

  test("gets the answer as it is, without headers that speak for this server", async () => {
    proxied.answers(
      418,
      {
        ...{ "set-cookie": ["a=1", "b=2"], "x-own": "kept", connection: "x-hop", "x-hop": "1" },
        ...{ "access-control-allow-origin": "*", "content-encoding": "gzip" },
      },
      gzipSync("tea"),
    );
    const answer = await ask();
    expect(answer.status).toBe(418);
    expect(answer.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    const { "set-cookie": _, date, ...headers } = Object.fromEntries(answer.headers);
    expect(headers).toEqual({
      "x-own": "kept",
      "content-encoding": "gzip",
    });
    expect(date).toBeString();
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(gzipSync("tea"));
  });

  test.each([
    ["HEAD", 200],
    ["GET", 204],
    ["GET", 304],
  ] as const)("%s answered with %i has no body", async (method, status) => {
    proxied.answers(status, { "x-own": "kept" }, "");
    const answer = await ask({ method });
    expect([answer.status, answer.headers.get("x-own"), await answer.text()]).toEqual([
      ...[status, "kept", ""],
    ]);
  });

  test.each([
    ["of which nobody knows how long it is", {}, true],
    ["whose length is known", { "content-length": "5" }, false],
  ])("a body %s, and only the head is wanted", async (_, headers, isOpen) => {
    proxied.answers(200, headers, "");
    const { body } = await ask({ method: "HEAD" });
    expect(body !== null).toBe(isOpen);
  });

  test("has a head of any usual length", async () => {
    proxied.answers(200, { "x-long": "x".repeat(100_000) }, "body");
    const answer = await ask();
    expect([answer.headers.get("x-long")?.length, await answer.text()]).toEqual([100_000, "body"]);
  });

  test("waits on both ways for whoever is slower", async () => {
    let made = 0;
    const endless = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          made += MEBIBYTE;
          controller.enqueue(new Uint8Array(MEBIBYTE));
        },
      },
      { highWaterMark: 0 },
    );
    let sent = 0;
    proxied.server.on("request", (_, answer) => {
      const send = (): void => {
        sent += MEBIBYTE;
        if (answer.write(Buffer.alloc(MEBIBYTE))) setImmediate(send);
        else answer.once("drain", send);
      };
      send();
    });
    const answer = await ask({ method: "POST", body: endless });
    const reader = answer.body?.getReader();
    await reader?.read();
    const settled = async (count: () => number): Promise<number> => {
      let last = -1;
      await eventually(() => {
        const same = last === count();
        last = count();
        return same;
      });
      return last;
    };
    expect(await settled(() => made)).toBeLessThan(64 * MEBIBYTE);
    expect(await settled(() => sent)).toBeLessThan(64 * MEBIBYTE);
    await reader?.cancel();
    await eventually(() => proxied.sockets.size === 0);
  });

  test("ends with the client, and an answer that breaks off is no whole one", async () => {
    proxied.server.on("request", ({ url }, answer) => {
      answer.write("part");
      if (url === "/broken") setTimeout(() => answer.destroy(), 0);
    });
    const broken = await ask({}, "/broken");
    expect(await rejection(broken.text())).toBeInstanceOf(Error);
    const open = await ask();
    const reader = open.body?.getReader();
    await reader?.read();
    stop.abort();
    expect(await rejection(reader?.read() ?? Promise.resolve())).toBeInstanceOf(Error);
    await eventually(() => proxied.sockets.size === 0);
  });

  test("gets an answer that comes before its body, and before its first byte", async () => {
    proxied.server.on("request", (asked, answer) => {
      answer.writeHead(200);
      answer.flushHeaders();
      asked.pipe(answer);
    });
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const answer = await ask({ method: "POST", body: readable });
    const writer = writable.getWriter();
    await writer.write(Buffer.from("echo"));
    await writer.close();
    expect(await answer.text()).toBe("echo");
  });

  test("gets an answer whose backend then hangs up on the rest of its body", async () => {
    const hungUp = Promise.withResolvers<void>();
    const refusing = createTcpServer((socket) => {
      socket.once("close", hungUp.resolve);
      socket.once("data", () => {
        socket.write("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno", () =>
          socket.resetAndDestroy(),
        );
      });
    });
    await new Promise<void>((resolve) => refusing.listen(0, "127.0.0.1", resolve));
    const { port: refusingPort } = refusing.address() as AddressInfo;
    const body = new ReadableStream<Uint8Array>(
      {
        start: (sent) => sent.enqueue(Buffer.from("some")),
        async pull(sent) {
          await hungUp.promise;
          sent.enqueue(Buffer.from("more"));
          sent.close();
        },
      },
      { highWaterMark: 0 },
    );
    const place = { ...proxied.backend(), port: refusingPort };
    const asked = proxiedRequest({ method: "POST", body });
    const answer = await forward(asked, place, { signals: [stop.signal], kept });
    expect([answer.status, await answer.text()]).toEqual([413, "no"]);
    refusing.close();
  });

  describe("on a connection that was kept", () => {
    /** Answers with the client's port, which tells connections apart. */
    const tellPorts = (): void => {
      proxied.server.on("request", (asked, answer) => {
        asked.resume();
        answer.end(String(asked.socket.remotePort));
      });
    };
    const portOf = async (init: RequestInit = {}): Promise<string> => (await ask(init)).text();

    test("comes after another whose answer was read to its end", async () => {
      tellPorts();
      const first = await portOf();
      expect([await portOf(), await portOf()]).toEqual([first, first]);
      expect(proxied.sockets.size).toBe(1);
    });

    test("goes to a new one where the backend has just hung up", async () => {
      let requests = 0;
      proxied.server.on("request", (asked, answer) => {
        requests += 1;
        if (requests === 2) asked.socket.destroy();
        else answer.end(String(asked.socket.remotePort));
      });
      const first = await portOf();
      const second = await portOf();
      expect(second).not.toBe(first);
      expect(requests).toBe(3);
    });

    test.each(["POST", "DELETE"])("is no %s, which cannot be sent twice", async (method) => {
      tellPorts();
      const first = await portOf();
      expect(await portOf({ method })).not.toBe(first);
    });

    test("ends no other request with its own", async () => {
      tellPorts();
      const first = await portOf();
      stop.abort();
      stop = new AbortController();
      expect(await portOf()).toBe(first);
    });
  });

  test("does not become another protocol that nobody asked for", async () => {
    proxied.server.on("request", ({ socket }) =>
      socket.write("HTTP/1.1 101 Odd\r\nUpgrade: own\r\nConnection: Upgrade\r\n\r\n"),
    );
    const error = await rejection(ask());
    expect((error as StatusError).status).toMatchObject({
      message: `error trying to reach service: backend tried to switch protocol "own" when "" was requested`,
      code: 503,
    });
    await eventually(() => proxied.sockets.size === 0);
  });

  test("to nobody is told so in Kubernetes' words", async () => {
    const nobody = { ...proxied.backend(), port: 1 };
    const error = await rejection(
      forward(proxiedRequest(), nobody, { signals: [stop.signal], kept }),
    );
    expect(error).toBeInstanceOf(StatusError);
    expect((error as StatusError).status).toMatchObject({
      message: "error trying to reach service: dial tcp 127.0.0.1:1: connect: connection refused",
      reason: "ServiceUnavailable",
      code: 503,
    });
  });
});

test("a backend is told where a request was sent, or what another proxy says of that", () => {
  const told = (headers: Record<string, string>): Record<string, string> =>
    forwardedHeaders(new Request("https://front.example/api/x?y", { headers }));
  expect(told({ host: "a.example:6443" })).toEqual({
    "x-forwarded-host": "a.example:6443",
    "x-forwarded-proto": "https",
    "x-forwarded-uri": "/api/x",
  });
  const other = { "x-forwarded-host": "b.example", "x-forwarded-proto": "http" };
  expect(told({ host: "a.example", ...other })).toMatchObject(other);
});
