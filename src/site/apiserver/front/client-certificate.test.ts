import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { join } from "node:path";
import { silentLogger } from "#lib/log.ts";
import {
  generateKey,
  issueLeaf,
  type LeafOptions,
  type Name,
  NO_EXPIRY,
} from "#lib/x509/certificate.ts";
import { eventually } from "#test/kit/eventually.ts";
import { FrontHouse, SPDY } from "#test/kit/front-house.ts";
import { loadPki } from "../pki.ts";
import type { FrontOptions } from "./front.ts";

let house: FrontHouse;
beforeEach(() => {
  house = new FrontHouse();
});
afterEach(() => house.end());

interface CertificateOptions {
  readonly directory?: string;
  readonly notAfter?: Date;
  readonly usages?: LeafOptions["usages"];
}

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
    const file = (name: string): string => readFileSync(join(house.directory, where, name), "utf8");
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
    const front = await house.start({
      fetch: showPeer,
      answerUpgrade: async (_, { peer } = {}) => Response.json(peer ?? null, { status: 403 }),
    });
    const shown = { name: "alice", groups: ["dev", "a\nCN=root", "system:authenticated"] };
    const identity = certificate(alice);
    const response = await fetch(`https://127.0.0.1:${front.port}/`, {
      tls: { ca: house.pki.ca, ...identity },
    });
    expect(await response.json()).toEqual(shown);
    const client = connectHttp2(`https://127.0.0.1:${front.port}`, {
      ca: house.pki.ca,
      ...identity,
    });
    const body = await new Promise((resolve) => client.request().on("data", resolve));
    expect(JSON.parse(String(body))).toEqual(shown);
    client.close();
    const spdy = await house.dial(front, identity);
    spdy.socket.write(SPDY);
    expect(await spdy.all).toEndWith(JSON.stringify(shown));
    expect(await (await house.ask(front)).json()).toBeNull();
  });

  test("and from where it comes, if that is to be told", async () => {
    const showAll: FrontOptions["fetch"] = async (_, { peer, address } = {}) =>
      Response.json({ peer, address });
    const front = await house.start({
      fetch: showAll,
      answerUpgrade: async (_, { address } = {}) => Response.json(address, { status: 403 }),
      tellsAddresses: true,
    });
    expect(await (await house.ask(front)).json()).toEqual({ address: "127.0.0.1" });
    const response = await fetch(`https://127.0.0.1:${front.port}/`, {
      tls: { ca: house.pki.ca, ...certificate(alice) },
    });
    expect(await response.json()).toMatchObject({
      ...{ peer: { name: "alice" }, address: "127.0.0.1" },
    });
    const spdy = await house.dial(front);
    spdy.socket.write(SPDY);
    expect(await spdy.all).toEndWith('"127.0.0.1"');
  });

  test("prove nothing when another authority issued them, when they are over or for something else", async () => {
    const front = await house.start({ fetch: showPeer });
    loadPki({
      directory: join(house.directory, "foreign"),
      hosts: [],
      times: [],
      log: silentLogger,
    });
    const wrong = [
      certificate(alice, { directory: "foreign" }),
      certificate(alice, { notAfter: new Date(86_400_000) }),
      certificate(alice, { usages: ["server"] }),
    ];
    for (const identity of wrong) {
      const { socket, all } = await house.dial(front, identity);
      socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      expect(await all).toEndWith('"untrusted"');
    }
    const nobody = await house.dial(front, certificate({ commonName: "" }));
    nobody.socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(await nobody.all).toEndWith("null");
  });

  test("end while their connection goes on", async () => {
    let now = new Date();
    const clock = { now: () => now, monotonicMs: () => 0 };
    const front = await house.start({ fetch: showPeer, clock });
    const soon = new Date(Date.now() + 3_600_000);
    const { socket, all } = await house.dial(front, certificate(alice, { notAfter: soon }));
    const answered = new Promise((resolve) => socket.once("data", resolve));
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(String(await answered)).toContain('"alice"');
    now = new Date(Date.now() + 7_200_000);
    socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(await all).toEndWith('"untrusted"');
  });

  test("have a server of their own, as long as a connection shows them", async () => {
    const front = await house.start({ fetch: showPeer });
    const sockets = (): string[] => readdirSync(join(house.directory, "a".repeat(120)));
    expect(sockets()).toHaveLength(1);
    const identity = certificate(alice);
    const both = await Promise.all([house.dial(front, identity), house.dial(front, identity)]);
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
