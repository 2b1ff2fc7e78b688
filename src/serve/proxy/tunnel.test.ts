import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Duplex } from "node:stream";
import { eventually } from "#test/kit/eventually.ts";
import { ProxiedServer, proxiedRequest } from "#test/kit/proxied-server.ts";
import type { StreamSocket } from "../streams/stream-socket.ts";
import { tunnel } from "./tunnel.ts";

let proxied: ProxiedServer;
let stop: AbortController;

beforeEach(async () => {
  proxied = await ProxiedServer.start();
  stop = new AbortController();
});

afterEach(() => {
  stop.abort();
  proxied[Symbol.dispose]();
});

describe("a proxied upgrade", () => {
  /** A client that keeps up, and all that it was sent. */
  class Client implements StreamSocket {
    text = "";
    readonly ended = Promise.withResolvers<void>();
    send(bytes: Uint8Array): undefined {
      this.text += Buffer.from(bytes).toString();
    }
    pause(): void {}
    resume(): void {}
    end(): void {
      this.ended.resolve();
    }
  }

  const headers = { connection: "Upgrade", upgrade: "custom/1", authorization: "Bearer secret" };

  const switching = (serve: (socket: Duplex) => void): void => {
    proxied.server.on("upgrade", ({ headers: asked }, socket) => {
      const { upgrade, connection, authorization = "none" } = asked;
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${upgrade}\r\nConnection: ${connection}\r\nX-Shown: ${authorization}\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\nfirst;`,
      );
      serve(socket);
    });
  };

  test("gives the connection to the backend, until either side ends it", async () => {
    switching((socket) => {
      socket.on("data", (bytes) => socket.write(`got ${bytes};`));
      socket.on("end", () => socket.end());
    });
    const upgraded = await tunnel(proxiedRequest({ headers }), proxied.backend(), [stop.signal]);
    if (upgraded instanceof Response) throw new Error("It answered");
    expect(upgraded.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(Object.fromEntries(upgraded.headers)).toMatchObject({
      ...{ upgrade: "custom/1", connection: "Upgrade", "x-shown": "none" },
    });
    const client = new Client();
    const session = upgraded.start(client);
    session.received(Buffer.from("hello"));
    await eventually(() => client.text === "first;got hello;");
    session.closed();
    await eventually(() => proxied.sockets.size === 0);
  });

  test("ends for the client when the backend ends it", async () => {
    switching((socket) => socket.end());
    const upgraded = await tunnel(proxiedRequest({ headers }), proxied.backend(), [stop.signal]);
    if (upgraded instanceof Response) throw new Error("It answered");
    const client = new Client();
    upgraded.start(client);
    await client.ended.promise;
    expect(client.text).toBe("first;");
  });

  test("that is refused is an answer", async () => {
    proxied.server.on("upgrade", (_, socket) => {
      socket.on("end", () => socket.end());
      socket.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
    });
    const refused = await tunnel(proxiedRequest({ headers }), proxied.backend(), [stop.signal]);
    if (!(refused instanceof Response)) throw new Error("It switched");
    expect([refused.status, await refused.text()]).toEqual([403, "no"]);
    await eventually(() => proxied.sockets.size === 0);
  });

  test("takes no token along that came among the protocols of a WebSocket", async () => {
    proxied.server.on("upgrade", ({ headers: asked }, socket) =>
      socket.end(`HTTP/1.1 400 Bad\r\nX-Shown: ${asked["sec-websocket-protocol"]}\r\n\r\n`),
    );
    const token = "base64url.bearer.authorization.k8s.io.c2VjcmV0";
    const protocols = { upgrade: "websocket", "sec-websocket-protocol": `${token}, chat` };
    const asked = proxiedRequest({ headers: { ...headers, ...protocols } });
    const refused = await tunnel(asked, proxied.backend(), [stop.signal]);
    if (!(refused instanceof Response)) throw new Error("It switched");
    expect(refused.headers.get("x-shown")).toBe("chat");
  });
});
