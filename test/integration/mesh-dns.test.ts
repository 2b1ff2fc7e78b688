import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBus } from "#bus/create-bus.ts";
import { createPodNetwork } from "#edged/network/veth-network.ts";
import { silentLogger } from "#lib/log.ts";
import { enterNewNetworkNamespace } from "#linux/namespace.ts";
import { NETLINK_ROUTE, NetlinkSocket } from "#linux/netlink/socket.ts";
import { setLinkUp } from "#linux/rtnetlink/links.ts";
import { Deframer, frame } from "#mesh/dns/framing.ts";
import { createEdgeMesh } from "#mesh/mesh.ts";
import { PodProcess } from "#test/kit/pod-process.ts";

setDefaultTimeout(20_000);

const RANGES = {
  siteId: "dns-test",
  gateway: "10.42.0.1",
  podCIDR: "10.42.0.0/24",
  serviceCIDR: "10.43.0.0/16",
};
const DNS = "169.254.96.16";
/** Answers nothing itself: what arrives here was forwarded. */
const UPSTREAM = "127.0.0.99";
const log = silentLogger;
const stack = new AsyncDisposableStack();
let pod: PodProcess;

/** example.com A IN, under ID 0x0102. */
const query = (name: string) => {
  const labels = name.split(".").map((label) => String.fromCharCode(label.length) + label);
  const header = Buffer.from("010201000001000000000000", "hex");
  return Buffer.concat([header, Buffer.from(`${labels.join("")}\0\0\x01\0\x01`, "latin1")]);
};

/** The query as an answer with one address. */
const answerTo = (message: Buffer) => {
  const answer = Buffer.concat([message, Buffer.from("c00c000100010000003c0004cb007101", "hex")]);
  answer[2] = 0x81;
  answer.writeUInt16BE(1, 6);
  return answer;
};

async function startUpstream(): Promise<void> {
  const udp = await Bun.udpSocket({
    hostname: UPSTREAM,
    port: 53,
    socket: {
      data: (socket, message, ...[port, address]) => {
        // A stranger's answer to another question must not be taken.
        socket.send(answerTo(query("forged.example")), port, address);
        socket.send(answerTo(message), port, address);
      },
    },
  });
  stack.defer(() => udp.close());
  const tcp = Bun.listen<Deframer>({
    hostname: UPSTREAM,
    port: 53,
    socket: {
      open: (socket) => {
        socket.data = new Deframer();
      },
      data: (socket, chunk) => {
        for (const message of socket.data.push(chunk)) socket.write(frame(answerTo(message)));
      },
    },
  });
  stack.defer(() => tcp.stop(true));
}

async function askUdp(message: Buffer): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const socket = await Bun.udpSocket({
    connect: { hostname: DNS, port: 53 },
    socket: { data: (_, answer) => resolve(Buffer.from(answer)) },
  });
  socket.send(message);
  const answer = await promise;
  socket.close();
  return answer;
}

async function askTcp(message: Buffer): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const deframer = new Deframer();
  const socket = await Bun.connect({
    hostname: DNS,
    port: 53,
    socket: {
      data: (_, chunk) => {
        const [answer] = deframer.push(chunk);
        if (answer) resolve(answer);
      },
    },
  });
  // In two parts: the length of a message may arrive alone.
  socket.write(frame(message).subarray(0, 1));
  socket.flush();
  socket.write(frame(message).subarray(1));
  const answer = await promise;
  socket.end();
  return answer;
}

beforeAll(async () => {
  const namespace = enterNewNetworkNamespace();
  stack.defer(() => namespace[Symbol.dispose]());
  {
    using socket = new NetlinkSocket({ protocol: NETLINK_ROUTE });
    setLinkUp(socket, "lo");
  }
  await startUpstream();
  const directory = mkdtempSync(join(tmpdir(), "mesh-dns-"));
  stack.defer(() => rmSync(directory, { recursive: true }));
  const hostResolvConf = join(directory, "resolv.conf");
  // Our own address stands in it: to ask that would go round in circles.
  writeFileSync(hostResolvConf, `nameserver ${DNS}\nnameserver ${UPSTREAM}\n`);

  const mesh = createEdgeMesh({
    ...RANGES,
    bus: createBus({ log }),
    meta: {
      listServices: async () => [
        {
          metadata: { namespace: "default", name: "kubernetes" },
          spec: { clusterIP: "10.43.0.1", ports: [{ name: "https", port: 443 }] },
        },
      ],
      listEndpointSlices: async () => [
        {
          addressType: "IPv4",
          metadata: {
            namespace: "default",
            name: "kubernetes",
            labels: { "kubernetes.io/service-name": "kubernetes" },
          },
          endpoints: [{ addresses: [RANGES.gateway] }],
          ports: [{ name: "https", port: 6443, protocol: "TCP" }],
        },
      ],
    },
    dnsAddress: DNS,
    clusterDomain: "cluster.local",
    hostResolvConf,
    log,
  });
  const stop = new AbortController();
  const ready = Promise.withResolvers<void>();
  const deadline = new AbortController().signal;
  const ended = mesh.module.run({ signal: stop.signal, deadline, ready: ready.resolve });
  await Promise.race([ready.promise, ended]);
  stack.defer(async () => {
    stop.abort(new Error("The test is over"));
    await ended;
  });
  expect(mesh.status()).toMatchObject({ ready: true, services: 1 });

  const leases = {
    lease: async () => "10.42.0.2",
    release: async () => undefined,
    all: () => new Map(),
  };
  const network = createPodNetwork({ ...RANGES, leases, log });
  await network.start(new Set(), stop.signal);
  stack.defer(() => network.close());
  pod = stack.use(await PodProcess.start());
  const attachment = { uid: "p", namespace: "default", name: "p", pid: pod.pid, hostPorts: [] };
  await network.attach(attachment, stop.signal);
});

afterAll(() => stack.disposeAsync());

test("names of the cluster are answered to pods and to the host", async () => {
  const found = await pod.output(["busybox", "nslookup", "-type=a", "kubernetes.default", DNS]);
  expect(found).toContain("10.43.0.1");
  expect((await askUdp(query("kubernetes.default.svc"))).subarray(-4)).toEqual(
    Buffer.from([10, 43, 0, 1]),
  );
  expect((await askTcp(query("kubernetes.default.svc.cluster.local"))).subarray(-4)).toEqual(
    Buffer.from([10, 43, 0, 1]),
  );
});

test("other names are forwarded as they are, over the transport they came by", async () => {
  const expected = answerTo(query("www.example.com"));
  expect(await askUdp(query("www.example.com"))).toEqual(expected);
  expect(await askTcp(query("www.example.com"))).toEqual(expected);
  const found = await pod.output(["busybox", "nslookup", "-type=a", "www.example.com", DNS]);
  expect(found).toContain("203.0.113.1");
});

test("many questions at once each get the answer to their own", async () => {
  const names = Array.from({ length: 200 }, (_, n) => `host-${n}.example.com`);
  const answers = await Promise.all(names.map((name) => askUdp(query(name))));
  expect(answers).toEqual(names.map((name) => answerTo(query(name))));
});

test("the API server is found at default/kubernetes from a pod", async () => {
  using server = Bun.listen({
    hostname: "0.0.0.0",
    port: 6443,
    socket: { open: (socket) => void socket.end("api"), data: () => undefined },
  });
  expect(server.port).toBe(6443);
  const command = "busybox nc -w 2 10.43.0.1 443 < /dev/null";
  expect(await pod.output(["sh", "-c", command])).toBe("api");
});
