import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { UserError } from "#lib/errors.ts";
import { silentLogger } from "#lib/log.ts";
import {
  generateKey,
  issueLeaf,
  type LeafOptions,
  type Name,
  NO_EXPIRY,
} from "#lib/x509/certificate.ts";
import type { StreamSession, StreamSocket } from "#serve/streams/stream-socket.ts";
import { eventually, rejection } from "#test/kit/eventually.ts";
import { loadPki, type Pki } from "../pki.ts";
import { createFront, type Front, type FrontOptions } from "./front.ts";

let directory: string;
let pki: Pki;
let stop: AbortController;
let deadline: AbortController;
let stopped: Promise<void>;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "front-"));
  pki = issue(["127.0.0.1"]);
  stop = new AbortController();
  deadline = new AbortController();
  stopped = Promise.resolve();
});

afterEach(async () => {
  stop.abort();
  deadline.abort();
  await stopped;
  rmSync(directory, { recursive: true });
});

function issue(hosts: readonly string[]): Pki {
  return loadPki({
    directory: join(directory, "pki"),
    hosts,
    times: [new Date()],
    log: silentLogger,
  });
}

const tlsOf = ({ certificate, key, ca }: Pki): FrontOptions["tls"] => ({
  certificate,
  key,
  clientCa: ca,
});

function make(options: Partial<FrontOptions> = {}): Front {
  return createFront({
    name: "front",
    address: "127.0.0.1",
    port: 0,
    tls: tlsOf(pki),
    // Longer than the path of a unix socket may be.
    socketDirectory: join(directory, "a".repeat(120)),
    fetch: async (request) => new Response(`${request.method} ${await request.text()}`),
    answerUpgrade: async () => new Response("no", { status: 403 }),
    log: silentLogger,
    ...options,
  });
}

async function start(options: Partial<FrontOptions> = {}): Promise<Front> {
  const front = make(options);
  const ready = Promise.withResolvers<void>();
  stopped = front.run({ signal: stop.signal, deadline: deadline.signal, ready: ready.resolve });
  await Promise.race([ready.promise, stopped]);
  return front;
}

const ask = (front: Front, init: RequestInit = {}): Promise<Response> =>
  fetch(`https://127.0.0.1:${front.port}/`, { ...init, tls: { ca: pki.ca } });

/** A TLS connection and all that comes out of it until it ends. */
async function dial(
  front: Front,
  identity: { cert?: string; key?: string } = {},
): Promise<{ socket: TLSSocket; all: Promise<string> }> {
  const socket = connect({ port: front.port, host: "127.0.0.1", ca: pki.ca, ...identity });
  await new Promise<void>((resolve, reject) =>
    socket.once("secureConnect", resolve).once("error", reject),
  );
  let text = "";
  const all = new Promise<string>((resolve) => {
    socket.on("data", (bytes) => {
      text += bytes.toString();
    });
    socket.on("error", () => resolve(text));
    socket.on("close", () => resolve(text));
  });
  return { socket, all };
}

interface CertificateOptions {
  readonly directory?: string;
  readonly notAfter?: Date;
  readonly usages?: LeafOptions["usages"];
}

const SPDY = "POST /exec HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n";

describe("the front", () => {
  test("carries requests to a server that no other user can reach", async () => {
    const front = await start();
    const response = await ask(front, { method: "POST", body: "x".repeat(3_000_000) });
    expect(await response.text()).toBe(`POST ${"x".repeat(3_000_000)}`);
    expect(statSync(join(directory, "a".repeat(120))).mode & 0o777).toBe(0o700);
  });

  test("carries more clients that come in one moment than the server behind has room to queue", async () => {
    const front = await start();
    const clients = await Promise.all(Array.from({ length: 700 }, () => dial(front)));
    for (const { socket } of clients) {
      socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    }
    const answers = await Promise.all(clients.map(({ all }) => all));
    expect(answers.filter((text) => text.startsWith("HTTP/1.1 200 OK"))).toHaveLength(700);
  }, 20_000);

  test("says in one line why it cannot listen", async () => {
    const front = await start();
    const second = make({ port: front.port });
    const scope = { signal: stop.signal, deadline: deadline.signal, ready: () => undefined };
    const taken = await rejection(second.run(scope));
    expect(taken).toBeInstanceOf(UserError);
    expect(taken.message).toBe(
      `Cannot listen on 127.0.0.1:${front.port}: another program uses the port; stop it, or choose another one with --port`,
    );
    const foreign = make({ address: "203.0.113.1", port: 1024 });
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
    const front = await start({
      answerUpgrade: async (request) => {
        expect([request.method, new URL(request.url).pathname]).toEqual(["POST", "/exec"]);
        return { headers: { upgrade: "SPDY/3.1", connection: "Upgrade" }, start: session };
      },
    });
    const { socket, all } = await dial(front);
    socket.write(`${SPDY}early`);
    expect(await all).toBe(
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: SPDY/3.1\r\nconnection: Upgrade\r\n\r\nanswer",
    );
    await closed.promise;
    expect(heard).toEqual(["early"]);
  });

  describe("on a connection that was used before", () => {
    const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

    /** A connection on which a request was answered, and what comes out of it from then on. */
    async function used(front: Front) {
      const { socket, all } = await dial(front);
      let text = "";
      socket.on("data", (bytes) => {
        text += bytes.toString();
      });
      socket.write(GET);
      await eventually(() => text.endsWith("GET "));
      return { socket, all, rest: () => text.slice(text.indexOf("GET ") + "GET ".length) };
    }

    test("gives it to another protocol too", async () => {
      const closed = Promise.withResolvers<void>();
      const front = await start({
        answerUpgrade: async (request) => {
          expect([request.method, new URL(request.url).pathname]).toEqual(["POST", "/exec"]);
          return {
            headers: { upgrade: "SPDY/3.1", connection: "Upgrade" },
            start: (socket) => ({
              received: (bytes) => void socket.send(Buffer.from(`got ${Buffer.from(bytes)};`)),
              closed: closed.resolve,
            }),
          };
        },
      });
      const { socket, rest } = await used(front);
      socket.write(SPDY);
      const switched =
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: SPDY/3.1\r\nconnection: Upgrade\r\n\r\n";
      await eventually(() => rest() === switched);
      socket.write("bytes");
      await eventually(() => rest() === `${switched}got bytes;`);
      socket.destroy();
      await closed.promise;
    });

    test("refuses another protocol and goes on", async () => {
      const { socket, rest } = await used(await start());
      socket.write(SPDY);
      await eventually(() => rest().endsWith("\r\n\r\nno"));
      expect(rest()).toStartWith("HTTP/1.1 403 Forbidden\r\n");
      socket.write(GET);
      await eventually(() => rest().endsWith("\r\n\r\nGET "));
      socket.destroy();
    });

    test("takes no byte of a body for such a request", async () => {
      const asked: string[] = [];
      const front = await start({
        fetch: async (request) => {
          await request.text();
          return new Response("GET ");
        },
        answerUpgrade: async ({ url }) => {
          asked.push(url);
          return undefined;
        },
      });
      const { socket, rest } = await used(front);
      socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${SPDY.length}\r\n\r\n`);
      await Bun.sleep(10);
      socket.write(SPDY);
      await eventually(() => rest().endsWith("GET "));
      expect(asked).toEqual([]);
      socket.destroy();
    });

    test("lets through what only looks like an agreement", async () => {
      const headers = { "x-edgesite-handover": crypto.randomUUID() };
      const front = await start({
        fetch: async () => new Response("GET ", { status: 421, headers }),
        answerUpgrade: async (_, { server } = {}) => {
          expect(server).toBeDefined();
          return undefined;
        },
      });
      const { socket, rest } = await used(front);
      socket.write(SPDY);
      await eventually(() => rest().endsWith("GET "));
      expect(rest()).toStartWith("HTTP/1.1 421 ");
      socket.destroy();
    });
  });

  test("answers what is refused, malformed or too large, and hangs up", async () => {
    const front = await start();
    const answers = async (bytes: string): Promise<string> => {
      const { socket, all } = await dial(front);
      socket.write(bytes);
      return await all;
    };
    expect(await answers(SPDY)).toStartWith("HTTP/1.1 403 Forbidden\r\n");
    expect(await answers(SPDY.replace("POST /exec", "POST  exec"))).toStartWith("HTTP/1.1 400 ");
    expect(await answers(`GET / HTTP/1.1\r\nx: ${"y".repeat(70_000)}`)).toStartWith(
      "HTTP/1.1 431 ",
    );
  });

  describe("client certificates", () => {
    /** A certificate of the front's own authority, or of another one. */
    function certificate(
      subject: Name,
      {
        directory: where = "pki",
        notAfter = NO_EXPIRY,
        usages = ["client"],
      }: CertificateOptions = {},
    ): { cert: string; key: string } {
      const file = (name: string): string => readFileSync(join(directory, where, name), "utf8");
      const key = generateKey();
      const cert = issueLeaf({
        subject,
        publicKey: createPublicKey(key),
        issuer: {
          certificate: new X509Certificate(file("ca.crt")),
          privateKey: createPrivateKey(file("ca.key")),
        },
        validity: { notBefore: new Date(0), notAfter },
        usages,
        hosts: [],
      });
      return { cert, key };
    }
    const alice: Name = { commonName: "alice", organizations: ["dev", "a\nCN=root"] };
    const showPeer: FrontOptions["fetch"] = async (_, { peer } = {}) => Response.json(peer ?? null);

    test("say who sends a request, over both HTTP versions and SPDY", async () => {
      const front = await start({
        fetch: showPeer,
        answerUpgrade: async (_, { peer } = {}) => Response.json(peer ?? null, { status: 403 }),
      });
      const shown = { name: "alice", groups: ["dev", "a\nCN=root", "system:authenticated"] };
      const identity = certificate(alice);
      const response = await fetch(`https://127.0.0.1:${front.port}/`, {
        tls: { ca: pki.ca, ...identity },
      });
      expect(await response.json()).toEqual(shown);
      const client = connectHttp2(`https://127.0.0.1:${front.port}`, { ca: pki.ca, ...identity });
      const body = await new Promise((resolve) => client.request().on("data", resolve));
      expect(JSON.parse(String(body))).toEqual(shown);
      client.close();
      const spdy = await dial(front, identity);
      spdy.socket.write(SPDY);
      expect(await spdy.all).toEndWith(JSON.stringify(shown));
      expect(await (await ask(front)).json()).toBeNull();
    });

    test("and from where it comes, if that is to be told", async () => {
      const showAll: FrontOptions["fetch"] = async (_, { peer, address } = {}) =>
        Response.json({ peer, address });
      const front = await start({
        fetch: showAll,
        answerUpgrade: async (_, { address } = {}) => Response.json(address, { status: 403 }),
        tellsAddresses: true,
      });
      expect(await (await ask(front)).json()).toEqual({ address: "127.0.0.1" });
      const response = await fetch(`https://127.0.0.1:${front.port}/`, {
        tls: { ca: pki.ca, ...certificate(alice) },
      });
      expect(await response.json()).toMatchObject({
        ...{ peer: { name: "alice" }, address: "127.0.0.1" },
      });
      const spdy = await dial(front);
      spdy.socket.write(SPDY);
      expect(await spdy.all).toEndWith('"127.0.0.1"');
    });

    test("prove nothing when another authority issued them, when they are over or for something else", async () => {
      const front = await start({ fetch: showPeer });
      loadPki({ directory: join(directory, "foreign"), hosts: [], times: [], log: silentLogger });
      const wrong = [
        certificate(alice, { directory: "foreign" }),
        certificate(alice, { notAfter: new Date(86_400_000) }),
        certificate(alice, { usages: ["server"] }),
      ];
      for (const identity of wrong) {
        const { socket, all } = await dial(front, identity);
        socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        expect(await all).toEndWith('"untrusted"');
      }
      const nobody = await dial(front, certificate({ commonName: "" }));
      nobody.socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      expect(await nobody.all).toEndWith("null");
    });

    test("end while their connection goes on", async () => {
      let now = new Date();
      const clock = { now: () => now, monotonicMs: () => 0 };
      const front = await start({ fetch: showPeer, clock });
      const soon = new Date(Date.now() + 3_600_000);
      const { socket, all } = await dial(front, certificate(alice, { notAfter: soon }));
      const answered = new Promise((resolve) => socket.once("data", resolve));
      socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      expect(String(await answered)).toContain('"alice"');
      now = new Date(Date.now() + 7_200_000);
      socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      expect(await all).toEndWith('"untrusted"');
    });

    test("have a server of their own, as long as a connection shows them", async () => {
      const front = await start({ fetch: showPeer });
      const sockets = (): string[] => readdirSync(join(directory, "a".repeat(120)));
      expect(sockets()).toHaveLength(1);
      const identity = certificate(alice);
      const both = await Promise.all([dial(front, identity), dial(front, identity)]);
      for (const { socket } of both) {
        const answered = new Promise((resolve) => socket.once("data", resolve));
        socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        await answered;
      }
      expect(sockets()).toHaveLength(2);
      for (const { socket, all } of both) {
        socket.end();
        await all;
      }
      await eventually(() => sockets().length === 1);
    });
  });

  describe("a method that nobody knows", () => {
    const methods = ["BREW", "BR", "COPYCOPY", "SUBSCRIBX", "get"];

    test("reaches the API as one that it does not answer to, over HTTP/1.1", async () => {
      const front = await start();
      const { socket, all } = await dial(front);
      const answered = () => new Promise((resolve) => socket.once("data", resolve));
      socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      await answered();
      for (const method of methods) {
        socket.write(`${method} /x HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\nbo`);
        await Bun.sleep(1);
        socket.write("dy: 1");
        await answered();
      }
      socket.write("PUT /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      expect((await all).match(/[A-Z]+ (?:body: 1)?(?=HTTP|$)/g)).toEqual([
        "GET ",
        ...methods.map(() => "LOCK body: 1"),
        "PUT ",
      ]);
    });

    test("and over HTTP/2, on a connection that goes on", async () => {
      const front = await start();
      const client = connectHttp2(`https://127.0.0.1:${front.port}`, { ca: pki.ca });
      const ask = (method: string): Promise<string> =>
        new Promise((resolve, reject) => {
          const stream = client.request(
            { ":method": method, ":path": "/x", "x-many": method },
            { endStream: false },
          );
          let text = "";
          stream.on("response", (headers) => {
            text += `${headers[":status"]} `;
          });
          stream.on("data", (bytes) => {
            text += String(bytes);
          });
          stream.on("end", () => resolve(text)).on("error", reject);
          stream.end("body");
        });
      const asked = [...methods, ...methods, "PATCH", "DELETE", "BREW", "SUBSCRIBX", "PUT", "POST"];
      const answers: string[] = [];
      for (const method of asked) answers.push(await ask(method));
      const stood = [
        "200 LOCK body",
        "501 ",
        "200 PROPFIND body",
        "200 PROPPATCH body",
        "200 ACL body",
      ];
      expect(answers).toEqual([
        ...stood,
        ...stood,
        ...["PATCH", "DELETE", "LOCK", "PROPPATCH", "PUT", "POST"].map((one) => `200 ${one} body`),
      ]);
      client.close();
    });
  });

  test("survives clients that speak no TLS or vanish", async () => {
    const front = await start();
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
    expect((await ask(front)).status).toBe(200);
  });

  test("turns clients away above its limit, and takes them again below", async () => {
    const front = await start({ maxConnections: 1 });
    const { socket, all } = await dial(front);
    await rejection(dial(front));
    socket.destroy();
    await all;
    const again = await dial(front);
    again.socket.destroy();
  });

  test("shows a new certificate without dropping a connection", async () => {
    const finish = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const front = await start({
      fetch: async () => {
        begun.resolve();
        await finish.promise;
        return new Response("done");
      },
    });
    const pending = ask(front);
    await begun.promise;
    const renewed = issue(["127.0.0.1", "renewed.example"]);
    front.replaceCertificate(tlsOf(renewed));
    const { socket } = await dial(front);
    expect(socket.getPeerCertificate().subjectaltname).toContain("renewed.example");
    socket.destroy();
    finish.resolve();
    expect(await (await pending).text()).toBe("done");
  });

  test("finishes what was begun when it stops, and takes nothing new", async () => {
    const begun = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    const front = await start({
      fetch: async () => {
        begun.resolve();
        await finish.promise;
        return new Response("done");
      },
    });
    const idle = await dial(front);
    const pending = ask(front);
    await begun.promise;
    stop.abort();
    expect(await idle.all).toBe("");
    await rejection(dial(front));
    finish.resolve();
    expect(await (await pending).text()).toBe("done");
    await stopped;
  });

  test("waits for no client that only keeps its connection, and tells what goes on for ever", async () => {
    const front = await start({
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
    const [idle, watcher] = await Promise.all([dial(front), dial(front)]);
    const answered = [idle, watcher].map(
      ({ socket }) => new Promise((resolve) => socket.once("data", resolve)),
    );
    idle.socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    watcher.socket.write("GET /watch HTTP/1.1\r\nHost: x\r\n\r\n");
    await Promise.all(answered);
    stop.abort();
    await stopped;
    expect(await idle.all).toContain("once");
    expect(await watcher.all).toEndWith("0\r\n\r\n");
  });

  test("cuts what is left when the grace period is over", async () => {
    const begun = Promise.withResolvers<void>();
    const front = await start({
      fetch: () => {
        begun.resolve();
        return new Promise(() => undefined);
      },
    });
    const pending = ask(front).then(
      () => "answered",
      () => "cut",
    );
    await begun.promise;
    stop.abort();
    deadline.abort();
    await stopped;
    expect(await pending).toBe("cut");
  });
});

describe("lines of one header about impersonation", () => {
  type Lines = Record<string, readonly string[]>;
  const show: FrontOptions["fetch"] = async ({ headers }) =>
    Response.json(
      Object.fromEntries(
        [...headers]
          .filter(([name]) => name.startsWith("impersonate-"))
          .map(([name, value]) => [
            name,
            value.split(", ").map((line) => line.replaceAll("\u00ff", ",")),
          ]),
      ),
    );
  const samples: readonly Lines[] = [
    { "impersonate-user": ["anna"], "impersonate-group": ["a, b", "c", "d,e"] },
    { "impersonate-user": ["anna"], "impersonate-group": ["c", "x, y", "a, b"] },
    { "impersonate-extra-acme.com%2fproject": ["one, two", "~|, {}"], "impersonate-uid": ["7"] },
    { "impersonate-group": ["m\u00c3\u00bc, ller".repeat(20), "plain"] },
    { "impersonate-group": ["c"] },
  ];

  test("count each on its own over HTTP/1.1, request after request", async () => {
    const front = await start({ fetch: show });
    const { socket, all } = await dial(front);
    const answers: unknown[] = [];
    let text = "";
    let answered = Promise.withResolvers<void>();
    socket.on("data", (bytes) => {
      text += String(bytes);
      if (/\r\n\r\n.*\}$/s.test(text)) answered.resolve();
    });
    for (const sample of samples) {
      const lines = Object.entries(sample).flatMap(([name, values]) =>
        values.map((value) => `${name.toUpperCase()}: ${value}\r\n`),
      );
      socket.write(`GET / HTTP/1.1\r\nHost: x\r\nAccept: a, b\r\n${lines.join("")}\r\n`, "latin1");
      await answered.promise;
      answers.push(JSON.parse(text.slice(text.indexOf("\r\n\r\n"))));
      text = "";
      answered = Promise.withResolvers();
    }
    socket.end();
    await all;
    expect(answers).toEqual([...samples]);
  });

  test("and over HTTP/2, whatever the client's table holds by then", async () => {
    const front = await start({ fetch: show });
    const client = connectHttp2(`https://127.0.0.1:${front.port}`, { ca: pki.ca });
    const asked = (lines: Lines, padding: string): Promise<Lines> =>
      new Promise((resolve, reject) => {
        const own = Object.fromEntries(
          Object.entries(lines).map(([name, values]) => [name, [...values]]),
        );
        const stream = client.request({ accept: "a, b", "x-other": padding, ...own });
        let text = "";
        stream.on("data", (bytes) => {
          text += String(bytes);
        });
        stream.on("end", () => resolve(JSON.parse(text) as Lines)).on("error", reject);
        stream.end();
      });
    // New values push the older entries out of the table, time and again.
    for (let round = 0; round < 30; round += 1) {
      for (const sample of samples) {
        expect(await asked(sample, `${round}-`.repeat(round * 8))).toEqual(sample);
      }
    }
    client.close();
  });
});
