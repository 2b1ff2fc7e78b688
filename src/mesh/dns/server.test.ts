import { expect, test } from "bun:test";
import { silentLogger } from "#lib/log.ts";
import { Forwarder } from "./forwarder.ts";
import { frame } from "./framing.ts";
import { Resolver } from "./resolver.ts";
import { encodeQuery } from "./response.ts";
import { startDnsServer } from "./server.ts";

test("a client that asks without end and reads nothing is not read from either", async () => {
  const zone = {
    domain: "cluster.local",
    dnsAddress: "127.0.0.1",
    podCIDR: "10.42.0.0/24",
    serviceCIDR: "10.43.0.0/16",
  };
  const forwarder = new Forwarder({ upstreams: () => [] });
  const resolver = new Resolver({ zone, forwarder, log: silentLogger }, new Map());
  await using server = await startDnsServer({
    address: "127.0.0.1",
    port: 0,
    resolver,
    mayAsk: () => true,
    log: silentLogger,
  });
  const query = frame(encodeQuery("none.shop.svc.cluster.local", 1));
  const flood = Buffer.concat(Array.from({ length: 500_000 }, () => query));
  let sent = 0;
  const full = Promise.withResolvers<void>();
  const greedy = await Bun.connect({
    hostname: "127.0.0.1",
    port: server.port,
    socket: { data: () => undefined },
  });
  greedy.pause();
  const push = setInterval(() => {
    const written = Math.max(0, greedy.write(flood.subarray(sent, sent + (1 << 20))));
    sent += written;
    if (written === 0) full.resolve();
  }, 1);
  await full.promise;
  clearInterval(push);
  const { promise, resolve } = Promise.withResolvers<void>();
  const startMs = performance.now();
  const modest = await Bun.connect({
    hostname: "127.0.0.1",
    port: server.port,
    socket: { open: (socket) => void socket.write(query), data: () => resolve() },
  });
  await promise;
  expect(performance.now() - startMs).toBeLessThan(1000);
  expect(sent).toBeLessThan(flood.length);
  greedy.terminate();
  modest.terminate();
});
