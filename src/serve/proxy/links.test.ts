import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { PREFIX, ProxiedServer, proxiedRequest } from "#test/kit/proxied-server.ts";
import { forward } from "./forward.ts";
import { KeptConnections } from "./kept-connections.ts";

let proxied: ProxiedServer;
beforeEach(async () => {
  proxied = await ProxiedServer.start();
});
afterEach(() => proxied[Symbol.dispose]());

const ask = (init: RequestInit = {}): Promise<Response> =>
  forward(proxiedRequest(init), proxied.backend(), { signals: [], kept: new KeptConnections() });

describe("links", () => {
  test.each([
    ["/login?next=/", `${PREFIX}/login?next=/`],
    ["/", `${PREFIX}/`],
    ["login", "login"],
    [`${PREFIX}/login`, `${PREFIX}/login`],
    ["http://127.0.0.1:PORT/login", `${PREFIX}/login`],
    ["https://cluster.example:6443/login", `${PREFIX}/login`],
    ["https://elsewhere.example/login", "https://elsewhere.example/login"],
    ["//elsewhere.example/login", "//elsewhere.example/login"],
  ])("of a redirect: %s", async (location, expected) => {
    proxied.answers(302, { location: location.replace("PORT", String(proxied.port)) }, "");
    const answer = await ask({ headers: { host: "cluster.example:6443" } });
    expect(answer.headers.get("location")).toBe(expected);
  });

  const page = `<!doctype html><a href="/x">x</a><img src="pic.png" alt="/y"><form action='/z'></form><p title="/p">/q</p>`;
  const rewritten = `<!doctype html><a href="${PREFIX}/x">x</a><img src="pic.png" alt="/y"><form action="${PREFIX}/z"></form><p title="/p">/q</p>`;

  test.each([
    ["plain", {}, page],
    ["compressed", { "content-encoding": "gzip" }, gzipSync(page)],
  ])("of a %s page", async (_, headers, body) => {
    proxied.answers(200, { "content-type": "text/html; charset=utf-8", ...headers }, body);
    const answer = await ask();
    expect(answer.headers.get("content-encoding")).toBeNull();
    expect(await answer.text()).toBe(rewritten);
  });

  test("of anything else stay", async () => {
    proxied.answers(200, { "content-type": "text/plain" }, page);
    expect(await (await ask()).text()).toBe(page);
  });
});
