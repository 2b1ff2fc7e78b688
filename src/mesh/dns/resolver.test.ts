import { expect, test } from "bun:test";
import { Packet } from "dns2";
import { silentLogger } from "#lib/log.ts";
import type { MeshService, MeshTable } from "../table.ts";
import { Forwarder, type Transport } from "./forwarder.ts";
import { TYPE } from "./records.ts";
import { Resolver } from "./resolver.ts";

const signal = new AbortController().signal;
const endpoint = (n: number) => ({ address: `10.42.0.${n}`, port: 8080 });

const services: MeshService[] = [
  {
    namespace: "shop",
    name: "web",
    clusterIP: "10.43.0.9",
    ports: [
      { name: "http", protocol: "TCP", port: 80, endpoints: [endpoint(2)] },
      { name: "dns", protocol: "UDP", port: 53, endpoints: [] },
    ],
    hosts: [{ address: "10.42.0.2" }],
  },
  {
    namespace: "shop",
    name: "db",
    ports: [{ name: "sql", protocol: "TCP", port: 5432, endpoints: [endpoint(3), endpoint(4)] }],
    hosts: [{ address: "10.42.0.3", hostname: "db-0" }, { address: "10.42.0.4" }],
  },
  { namespace: "shop", name: "idle", ports: [], hosts: [] },
  { namespace: "shop", name: "alias", ports: [], hosts: [], externalName: "web.shop" },
  {
    namespace: "shop",
    name: "crowd",
    ports: [],
    hosts: Array.from({ length: 100 }, (_, n) => ({ address: `10.42.0.${n + 100}` })),
  },
];
services.push({
  ...{ namespace: "shop", name: "to-crowd", ports: [], hosts: [] },
  externalName: "crowd.shop.svc.cluster.local",
});
const table: MeshTable = new Map(services.map((one) => [`${one.namespace}/${one.name}`, one]));

const resolver = () =>
  new Resolver(
    {
      zone: {
        domain: "cluster.local",
        dnsAddress: "169.254.96.16",
        podCIDR: "10.42.0.0/24",
        serviceCIDR: "10.43.0.0/16",
      },
      forwarder: new Forwarder({ upstreams: () => [] }),
      log: silentLogger,
    },
    table,
  );

interface Asked {
  readonly type?: number;
  readonly edns?: number;
  readonly transport?: Transport;
}

async function ask(name: string, { type = TYPE.A, edns, transport = "udp" }: Asked = {}) {
  const query = new Packet();
  query.header.id = 4711;
  query.header.rd = 1;
  query.questions = [new Packet.Question(name, type, 1)];
  if (edns !== undefined) {
    query.additionals = [Packet.Resource.EDNS([], { udpPayloadSize: edns })];
  }
  const answer = await resolver().answer(query.toBuffer(), transport, signal);
  if (!answer) throw new Error("Expected an answer");
  return { bytes: answer, packet: Packet.parse(answer) };
}

const addresses = async (name: string) =>
  (await ask(name)).packet.answers.map(({ address }) => address);
const rcode = async (name: string, type?: number) =>
  (await ask(name, type === undefined ? {} : { type })).packet.header.rcode;

test("the answer to an A query, byte for byte", async () => {
  const { bytes } = await ask("web.shop");
  expect(bytes.toString("hex")).toBe(
    "1267" +
      "8580" +
      "0001" +
      "0001" +
      "0000" +
      "0000" + // id, QR AA RD RA, counts
      "03776562" +
      "0473686f70" +
      "00" +
      "0001" +
      "0001" + // web.shop. A IN
      "c00c" +
      "0001" +
      "0001" +
      "00000005" +
      "0004" +
      "0a2b0009", // 10.43.0.9 for 5 s
  );
});

test("a Service answers to every form of its name, in any case", async () => {
  for (const name of ["web.shop", "web.shop.svc", "web.shop.svc.cluster.local", "WEB.Shop.SVC"]) {
    expect(await addresses(name)).toEqual(["10.43.0.9"]);
  }
  expect((await ask("WEB.Shop.svc")).packet.questions[0]?.name).toBe("WEB.Shop.svc");
});

test("only whole names are ours: others that begin or end alike are forwarded", async () => {
  for (const name of [
    "web.shop.example.com",
    "web.shop.svc.cluster.local.example",
    "shop",
    "a.b",
  ]) {
    // Without upstreams, what is forwarded fails.
    expect(await rcode(name)).toBe(2);
  }
});

test("AAAA of a Service is an empty answer with SOA, never an error", async () => {
  const { packet } = await ask("web.shop.svc.cluster.local", { type: TYPE.AAAA });
  expect(packet.header.rcode).toBe(0);
  expect(packet.answers).toEqual([]);
  expect(packet.authorities.map(({ type, name }) => [type, name])).toEqual([
    [TYPE.SOA, "cluster.local"],
  ]);
  for (const type of [15, 16, 64, 65, 257]) expect(await rcode("web.shop", type)).toBe(0);
});

test("a name that the zone does not have is NXDOMAIN with SOA", async () => {
  for (const name of [
    "no.shop.svc",
    "web.no.svc.cluster.local",
    "x.cluster.local",
    "no.svc.cluster.local",
  ]) {
    const { packet } = await ask(name);
    expect([name, packet.header.rcode]).toEqual([name, 3]);
    expect(packet.authorities).toHaveLength(1);
  }
  for (const name of ["cluster.local", "svc.cluster.local", "shop.svc.cluster.local"]) {
    expect(await rcode(name)).toBe(0);
  }
});

test("a headless Service answers with its hosts, and each host has a name", async () => {
  expect(await addresses("db.shop.svc")).toEqual(["10.42.0.3", "10.42.0.4"]);
  expect(await addresses("db-0.db.shop.svc.cluster.local")).toEqual(["10.42.0.3"]);
  expect(await addresses("10-42-0-4.db.shop.svc.cluster.local")).toEqual(["10.42.0.4"]);
  expect(await rcode("db-9.db.shop.svc.cluster.local")).toBe(3);
  expect(await rcode("idle.shop.svc.cluster.local")).toBe(3);
});

test("SRV names port and target and brings the address along", async () => {
  const one = await ask("_http._tcp.web.shop.svc.cluster.local", { type: TYPE.SRV });
  expect(one.packet.answers).toMatchObject([
    { port: 80, target: "web.shop.svc.cluster.local", priority: 0, weight: 100 },
  ]);
  expect(one.packet.additionals).toMatchObject([{ address: "10.43.0.9" }]);
  const headless = await ask("_sql._tcp.db.shop.svc", { type: TYPE.SRV });
  expect(headless.packet.answers).toMatchObject([
    { port: 8080, target: "db-0.db.shop.svc.cluster.local" },
    { port: 8080, target: "10-42-0-4.db.shop.svc.cluster.local" },
  ]);
  expect(await rcode("_http._udp.web.shop.svc", TYPE.SRV)).toBe(3);
});

test("PTR knows ClusterIPs and headless hosts; foreign addresses are forwarded", async () => {
  const { packet } = await ask("9.0.43.10.in-addr.arpa", { type: TYPE.PTR });
  expect(packet.answers).toMatchObject([{ domain: "web.shop.svc.cluster.local" }]);
  const host = await ask("3.0.42.10.in-addr.arpa", { type: TYPE.PTR });
  expect(host.packet.answers).toMatchObject([{ domain: "db-0.db.shop.svc.cluster.local" }]);
  expect(await rcode("77.0.43.10.in-addr.arpa", TYPE.PTR)).toBe(3);
  expect(await rcode("8.8.8.8.in-addr.arpa", TYPE.PTR)).toBe(2);
});

test("pods are found by their address", async () => {
  expect(await addresses("10-42-0-7.shop.pod.cluster.local")).toEqual(["10.42.0.7"]);
  expect(await addresses("10-42-0-7.shop.pod")).toEqual(["10.42.0.7"]);
  expect(await rcode("8-8-8-8.shop.pod.cluster.local")).toBe(3);
  expect(await rcode("10-42-0-7.no.pod.cluster.local")).toBe(3);
});

test("an ExternalName is a CNAME, and what it means comes with it", async () => {
  const { packet } = await ask("alias.shop.svc");
  expect(packet.answers).toMatchObject([
    { type: TYPE.CNAME, domain: "web.shop" },
    { type: TYPE.A, address: "10.43.0.9" },
  ]);
});

test("what does not fit into a datagram is cut and marked; TCP brings it all", async () => {
  const plain = await ask("crowd.shop.svc");
  expect(plain.bytes.length).toBeLessThanOrEqual(512);
  expect(plain.packet.header.tc).toBe(1);
  const wide = await ask("crowd.shop.svc", { edns: 4096 });
  expect(wide.bytes.length).toBeLessThanOrEqual(1232);
  expect(wide.packet.answers.length).toBeGreaterThan(plain.packet.answers.length);
  expect(wide.packet.additionals).toMatchObject([{ type: TYPE.OPT, class: 1232 }]);
  const { packet: through } = await ask("to-crowd.shop.svc");
  expect([through.header.tc, through.answers.length < 101]).toEqual([1, true]);
  const whole = await ask("crowd.shop.svc", { transport: "tcp" });
  expect(whole.packet.header.tc).toBe(0);
  expect(whole.packet.answers).toHaveLength(100);
});

test("a cached answer carries the ID of its own query, and goes when the table changes", async () => {
  const one = resolver();
  const query = (id: number) => {
    const packet = new Packet();
    packet.header.id = id;
    packet.questions = [new Packet.Question("web.shop", TYPE.A, 1)];
    return packet.toBuffer();
  };
  const answer = async (id: number) => {
    const bytes = await one.answer(query(id), "udp", signal);
    if (!bytes) throw new Error("Expected an answer");
    return Packet.parse(bytes);
  };
  await answer(1);
  expect((await answer(2)).header).toMatchObject({ id: 2, rd: 0, rcode: 0 });
  one.replaceTable(new Map());
  expect((await answer(3)).header.rcode).toBe(2);
});

test("what is no question is answered with its fault, or not at all", async () => {
  const one = resolver();
  expect(await one.answer(Buffer.from("short"), "udp", signal)).toBeUndefined();
  const response = Buffer.alloc(12);
  response[2] = 0x80;
  expect(await one.answer(response, "udp", signal)).toBeUndefined();
  const twoQuestions = Buffer.alloc(12);
  twoQuestions.writeUInt16BE(2, 4);
  expect((await one.answer(twoQuestions, "udp", signal))?.readUInt8(3)).toBe(0x81);
  const endless = Buffer.concat([Buffer.alloc(12), Buffer.alloc(300, "\x3fx")]);
  endless.writeUInt16BE(1, 4);
  expect((await one.answer(endless, "udp", signal))?.readUInt8(3)).toBe(0x81);
});
