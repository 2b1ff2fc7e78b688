import { expect, test } from "bun:test";
import { eventually } from "#test/kit/eventually.ts";
import { ManualClock } from "#test/kit/manual-clock.ts";
import type { Endpoint } from "../table.ts";
import type { ListenerSpec } from "./protocol.ts";
import { openUdpService } from "./udp-service.ts";

/** Answers every datagram with its own name and what it got, and counts who asks. */
async function endpoint(name: string) {
  const clients = new Set<number>();
  const socket = await Bun.udpSocket({
    hostname: "127.0.0.1",
    socket: {
      data: (self, datagram, ...[port, address]) => {
        clients.add(port);
        self.send(`${name} ${datagram.toString()}`, port, address);
      },
    },
  });
  return { socket, clients, at: { address: "127.0.0.1", port: socket.port } };
}

async function client(port: number) {
  const answers: string[] = [];
  const socket = await Bun.udpSocket({
    connect: { hostname: "127.0.0.1", port },
    socket: { data: (_, datagram) => void answers.push(datagram.toString()) },
  });
  const ask = async (text: string): Promise<string> => {
    const count = answers.length;
    socket.send(text);
    await eventually(() => answers.length > count, { withinMs: 2000, what: "An answer" });
    return answers.at(-1) ?? "";
  };
  return { ask, socket };
}

const spec = (...endpoints: readonly Endpoint[]): ListenerSpec => ({
  protocol: "UDP",
  address: "127.0.0.1",
  port: 0,
  strategy: "roundRobin",
  endpoints,
});

async function setUp(given: (a: Endpoint, b: Endpoint) => ListenerSpec) {
  const clock = new ManualClock();
  const [a, b] = [await endpoint("a"), await endpoint("b")];
  const service = await openUdpService(given(a.at, b.at), {
    monotonicMs: () => clock.monotonicMs(),
    random: () => 0,
    timer: clock,
  });
  return {
    ...{ clock, a, b, service },
    [Symbol.dispose]: () => {
      service.close();
      a.socket.close();
      b.socket.close();
    },
  };
}

test("a client keeps its endpoint, the next one gets the next", async () => {
  using given = await setUp(spec);
  const one = await client(given.service.boundPort);
  const two = await client(given.service.boundPort);
  expect([await one.ask("1"), await one.ask("2")]).toEqual(["a 1", "a 2"]);
  expect([await two.ask("1"), await one.ask("3")]).toEqual(["b 1", "a 3"]);
});

test("a client with affinity keeps it from every port", async () => {
  using given = await setUp((...endpoints) => ({ ...spec(...endpoints), affinityMs: 1000 }));
  const one = await client(given.service.boundPort);
  const two = await client(given.service.boundPort);
  expect([await one.ask("1"), await two.ask("1")]).toEqual(["a 1", "a 1"]);
});

test("an endpoint that is none any more gets no further datagram", async () => {
  using given = await setUp(spec);
  const one = await client(given.service.boundPort);
  expect(await one.ask("1")).toBe("a 1");
  given.service.update(spec(given.b.at));
  expect(await one.ask("2")).toBe("b 2");
});

test("an endpoint that refuses is left for the next one", async () => {
  using given = await setUp(spec);
  const one = await client(given.service.boundPort);
  expect(await one.ask("1")).toBe("a 1");
  given.a.socket.close();
  // What is refused is lost, as datagrams may be; clients of UDP send again.
  const answer = eventually(() => one.ask("again").catch(() => undefined), { what: "An answer" });
  expect(await answer).toBe("b again");
});

test("a silent client is forgotten, one that speaks is not", async () => {
  using given = await setUp((a) => spec(a));
  const one = await client(given.service.boundPort);
  await one.ask("1");
  given.clock.advance(90_000);
  await one.ask("2");
  given.clock.advance(90_000);
  await one.ask("3");
  expect(given.a.clients.size).toBe(1);
  given.clock.advance(120_000);
  await one.ask("4");
  expect([given.a.clients.size, given.clock.alarms]).toEqual([2, 1]);
});

test("closing takes every socket and every alarm along", async () => {
  using given = await setUp(spec);
  await (await client(given.service.boundPort)).ask("1");
  given.service.close();
  expect(given.clock.alarms).toBe(0);
});
