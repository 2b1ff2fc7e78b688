import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type * as objects from "#api/object.ts";
import { MODULE, OPERATION } from "#bus/constants.ts";
import { createBus } from "#bus/create-bus.ts";
import { newMessage } from "#bus/message.ts";
import { createPodNetwork } from "#edged/network/veth-network.ts";
import { must } from "#lib/errors.ts";
import { silentLogger } from "#lib/log.ts";
import { siteMarks } from "#lib/site-marks.ts";
import { enterNewNetworkNamespace } from "#linux/namespace.ts";
import { NETLINK_ROUTE, NetlinkSocket } from "#linux/netlink/socket.ts";
import { addAddress, listAddresses } from "#linux/rtnetlink/addresses.ts";
import { createVeth, findLink, setLinkUp } from "#linux/rtnetlink/links.ts";
import { createEdgeMesh } from "#mesh/mesh.ts";
import { removeMesh } from "#mesh/remove-mesh.ts";
import { eventually } from "#test/kit/eventually.ts";
import { listenTo, PodProcess } from "#test/kit/pod-process.ts";
import { output, run } from "#test/kit/process.ts";

const SITE = "mesh-test";
const RANGES = {
  siteId: SITE,
  gateway: "10.42.0.1",
  podCIDR: "10.42.0.0/24",
  serviceCIDR: "10.43.0.0/16",
};
const DNS = "169.254.96.16";
const HOST = "192.0.2.1";
const OUTSIDE = "192.0.2.2";
const signal = new AbortController().signal;
const stack = new AsyncDisposableStack();

const log = silentLogger;
const bus = createBus({ log });
const stored = { services: [] as objects.Service[], slices: [] as objects.EndpointSlice[] };
const meta = {
  listServices: async () => stored.services,
  listEndpointSlices: async () => stored.slices,
};

const makeMesh = () =>
  createEdgeMesh({
    ...RANGES,
    bus,
    meta,
    dnsAddress: DNS,
    clusterDomain: "cluster.local",
    upstreams: ["127.0.0.1:5300"],
    log,
  });

/** Runs a mesh until the answer is called. */
async function started(mesh: ReturnType<typeof makeMesh>): Promise<() => Promise<void>> {
  const stop = new AbortController();
  const ready = Promise.withResolvers<void>();
  const deadline = new AbortController().signal;
  const ended = mesh.module.run({ signal: stop.signal, deadline, ready: ready.resolve });
  await Promise.race([ready.promise, ended]);
  return async () => {
    stop.abort(new Error("The test is over"));
    await ended;
  };
}

let mesh = makeMesh();
let stopMesh: () => Promise<void>;
let outside: PodProcess;
const pods: PodProcess[] = [];
const addresses: string[] = [];

interface Ports {
  readonly port: number;
  readonly target: number;
}

function service(name: string, clusterIP: string, { port }: Pick<Ports, "port">): objects.Service {
  return {
    metadata: { namespace: "default", name },
    spec: { clusterIP, ports: [{ name: "main", port }] },
  };
}

function slice(name: string, ready: readonly string[], { target }: Ports): objects.EndpointSlice {
  return {
    addressType: "IPv4",
    metadata: {
      namespace: "default",
      name: `${name}-1`,
      labels: { "kubernetes.io/service-name": name },
    },
    endpoints: ready.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports: [{ name: "main", port: target, protocol: "TCP" }],
  };
}

const tell = (operation: string, resource: string, content: unknown) =>
  bus.send(
    MODULE.edgeMesh,
    newMessage({ source: MODULE.metaManager, operation, resource, content }),
    signal,
  );

interface Declared extends Ports {
  readonly ready: readonly string[];
}

/** Declares a Service over the bus and waits until it answers. */
async function declare(name: string, clusterIP: string, { ready, ...ports }: Declared) {
  await tell(OPERATION.insert, `default/service/${name}`, service(name, clusterIP, ports));
  await tell(OPERATION.insert, `default/endpointslice/${name}-1`, slice(name, ready, ports));
  const listener = `${clusterIP}:${ports.port}/TCP`;
  await eventually(() => mesh.status().listeners.includes(listener) === ready.length > 0, {
    withinMs: 3000,
    what: `A listener on ${listener}`,
  });
}

/** Connects, optionally sends, ends its side, and answers all that comes back. */
async function exchange(hostname: string, port: number, sent: Uint8Array = new Uint8Array()) {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let offset = 0;
  const push = (socket: Bun.Socket) => {
    offset += Math.max(0, socket.write(sent.subarray(offset)));
    if (offset === sent.length) socket.shutdown();
  };
  const connected = Bun.connect({
    hostname,
    port,
    allowHalfOpen: true,
    socket: {
      open: push,
      drain: (socket) => {
        if (offset < sent.length) push(socket);
      },
      data: (_, chunk) => void chunks.push(Buffer.from(chunk)),
      end: (socket) => void socket.end(),
      close: (_, error) => (error ? reject(error) : resolve(Buffer.concat(chunks))),
      error: (_, error) => reject(error),
      connectError: (_, error) => reject(error),
    },
  });
  connected.catch(reject);
  return promise;
}

beforeAll(async () => {
  const namespace = enterNewNetworkNamespace();
  stack.defer(() => namespace[Symbol.dispose]());
  {
    using socket = new NetlinkSocket({ protocol: NETLINK_ROUTE });
    setLinkUp(socket, "lo");
    outside = stack.use(await PodProcess.start());
    createVeth(socket, {
      name: "lan0",
      peer: { name: "eth0", namespace: { pid: outside.pid } },
    });
    setLinkUp(socket, "lan0");
    const link = must(findLink(socket, "lan0"), "lan0").index;
    addAddress(socket, { link, address: HOST, bits: 24 });
  }
  await outside.output(["ip", "address", "add", `${OUTSIDE}/24`, "dev", "eth0"]);
  await outside.output(["ip", "link", "set", "eth0", "up"]);
  for (const network of [RANGES.serviceCIDR, `${DNS}/32`]) {
    await outside.output(["ip", "route", "add", network, "via", HOST]);
  }

  stopMesh = await started(mesh);
  stack.defer(() => stopMesh());
  let last = 1;
  const network = createPodNetwork({
    ...RANGES,
    log,
    leases: {
      lease: async () => `10.42.0.${++last}`,
      release: async () => undefined,
      all: () => new Map(),
    },
  });
  await network.start(new Set(), signal);
  stack.defer(() => network.close());
  for (const name of ["a", "b", "c"]) {
    const pod = stack.use(await PodProcess.start());
    const attachment = { uid: name, namespace: "default", name, pid: pod.pid, hostPorts: [] };
    addresses.push((await network.attach(attachment, signal)).ipv4);
    await pod.serve(8080, name);
    pods.push(pod);
  }
});

afterAll(() => stack.disposeAsync());

setDefaultTimeout(20_000);

const [web, target] = [{ port: 80, target: 8080 }, 8080];

test("a Service answers on its address from host and pod, in turn by its ready endpoints", async () => {
  const ready = addresses.slice(0, 2);
  await declare("web", "10.43.0.10", { ...web, ready: ready });
  const answers: string[] = [];
  for (let n = 0; n < 4; n++) answers.push((await exchange("10.43.0.10", 80)).toString().trim());
  expect(answers.toSorted()).toEqual(["a", "a", "b", "b"]);
  const pod = must(pods[2], "a pod");
  expect((await pod.output(listenTo("10.43.0.10", 80))).trim()).toMatch(/^[ab]$/);
  // A pod that is its own backend reaches itself, too.
  for (let n = 0; n < 2; n++) await must(pods[0], "a pod").output(listenTo("10.43.0.10", 80));
});

test("a ClusterIP refuses all ports but its Service's, whatever listens on the host", async () => {
  await declare("narrow", "10.43.0.11", { ...web, ready: addresses.slice(0, 1) });
  using program = Bun.listen({
    hostname: "0.0.0.0",
    port: 9999,
    socket: { open: (socket) => void socket.end("host program"), data: () => undefined },
  });
  expect((await exchange(HOST, program.port)).toString()).toBe("host program");
  const pod = must(pods[0], "a pod");
  for (const address of ["10.43.0.11", "10.43.99.99", "10.42.0.250", DNS]) {
    expect((await run(listenTo(address, 9999))).exitCode).not.toBe(0);
    const fromPod = await pod.run(listenTo(address, 9999));
    expect(fromPod.exitCode).not.toBe(0);
    // Refused at once, not left to time out.
    expect(fromPod.stderr).not.toContain("timed out");
  }
});

test("a program of the host may hold a Service's port on all addresses, before and after the Service", async () => {
  const hold = () =>
    Bun.listen({
      hostname: "0.0.0.0",
      port: 8088,
      socket: { open: (socket) => void socket.end("host program"), data: () => undefined },
    });
  const bothAnswer = async (): Promise<void> => {
    expect((await exchange("10.43.0.12", 8088)).toString()).toBe("a\n");
    expect(await must(pods[1], "a pod").output(listenTo("10.43.0.12", 8088))).toBe("a\n");
    expect((await exchange(HOST, 8088)).toString()).toBe("host program");
  };
  {
    using _program = hold();
    await declare("shared", "10.43.0.12", { port: 8088, target, ready: addresses.slice(0, 1) });
    await bothAnswer();
  }
  using _later = hold();
  await bothAnswer();
});

test("another machine on the LAN reaches neither ClusterIP nor DNS, and gets no ARP answer", async () => {
  await declare("hidden", "10.43.0.13", { ...web, ready: addresses.slice(0, 1) });
  expect((await outside.run(listenTo("10.43.0.13", 80))).exitCode).not.toBe(0);
  const asked = await outside.run(["timeout", "1", "busybox", "nslookup", "hidden.default", DNS]);
  expect(asked.exitCode).not.toBe(0);
  const arp =
    "ip route replace 10.43.0.13/32 dev eth0; busybox ping -c 1 -W 1 10.43.0.13; ip neigh";
  const { stdout } = await outside.run(["sh", "-c", arp]);
  expect(stdout).toMatch(/10\.43\.0\.13 dev eth0\s+(FAILED|INCOMPLETE)/);
});

test("a Service without ready endpoints refuses; the next endpoint makes it answer", async () => {
  await declare("empty", "10.43.0.14", { ...web, ready: [] });
  expect(await exchange("10.43.0.14", 80).catch((error: Error) => error.message)).not.toBe("");
  await declare("empty", "10.43.0.14", { ...web, ready: addresses.slice(1, 2) });
  expect((await exchange("10.43.0.14", 80)).toString()).toBe("b\n");
});

test("an endpoint that cannot be reached is passed over", async () => {
  await declare("patchy", "10.43.0.15", {
    ...web,
    ready: ["10.42.0.200", must(addresses[1], "an address")],
  });
  for (let n = 0; n < 4; n++) {
    expect((await exchange("10.43.0.15", 80)).toString()).toBe("b\n");
  }
});

test("a request that is ended before its answer still gets it, and 1 MB arrives as it was sent 100 times at once", async () => {
  using echo = Bun.listen<Buffer[]>({
    hostname: RANGES.gateway,
    port: 0,
    allowHalfOpen: true,
    socket: {
      open: (socket) => {
        socket.data = [];
      },
      data: (socket, chunk) => void socket.data.push(Buffer.from(chunk)),
      // Answers only when the client has ended its side.
      end: (socket) => {
        socket.data = [Buffer.concat(socket.data)];
        flush(socket);
      },
      drain: (socket) => flush(socket),
    },
  });
  const flush = (socket: Bun.Socket<Buffer[]>) => {
    const [all = Buffer.alloc(0)] = socket.data;
    const written = Math.max(0, socket.write(all));
    socket.data = [all.subarray(written)];
    if (written === all.length) socket.end();
  };
  await declare("echo", "10.43.0.16", { port: 7, target: echo.port, ready: [RANGES.gateway] });
  const bodies = Array.from({ length: 100 }, (_, n) => Buffer.alloc(1 << 20, `body ${n} `));
  const hashes = (all: readonly Buffer[]) => all.map((one) => Bun.hash(one));
  const answers = await Promise.all(bodies.map((body) => exchange("10.43.0.16", 7, body)));
  expect(hashes(answers)).toEqual(hashes(bodies));
});

test("an endpoint taken away under load costs no request", async () => {
  await declare("busy", "10.43.0.17", { ...web, ready: addresses });
  const [victim] = addresses.slice(-1);
  let failed = 0;
  let done = 0;
  let doneAtLastAnswer = 0;
  let going = true;
  const client = async () => {
    while (going) {
      await exchange("10.43.0.17", 80).then(
        (answer) => {
          if (answer.length > 0) done++;
          else failed++;
          if (answer.toString() === "c\n") doneAtLastAnswer = done;
        },
        () => {
          failed++;
        },
      );
    }
  };
  const clients = Array.from({ length: 4 }, client);
  await eventually(() => done > 20, { withinMs: 5000, what: "Requests before the change" });
  const left = addresses.filter((address) => address !== victim);
  await tell(OPERATION.update, "default/endpointslice/busy-1", slice("busy", left, web));
  await eventually(() => done > doneAtLastAnswer + 20, {
    withinMs: 5000,
    what: "The load leaving the endpoint",
  });
  await must(pods.at(-1), "a pod").stopServers();
  const before = done;
  await eventually(() => done > before + 50, { withinMs: 5000, what: "Requests after the change" });
  going = false;
  await Promise.all(clients);
  expect(failed).toBe(0);
  await must(pods.at(-1), "a pod").serve(8080, "c");
});

test("a restart takes edge0 over and keeps what it carries; a list's end removes the rest", async () => {
  await declare("kept", "10.43.0.18", { ...web, ready: addresses.slice(0, 1) });
  await declare("dropped", "10.43.0.19", { ...web, ready: addresses.slice(0, 1) });
  const link = () => {
    using socket = new NetlinkSocket({ protocol: NETLINK_ROUTE });
    return must(findLink(socket, "edge0"), "edge0").index;
  };
  const before = link();
  await stopMesh();
  expect(link()).toBe(before);
  stored.services = [service("kept", "10.43.0.18", web), service("dropped", "10.43.0.19", web)];
  stored.slices = [slice("kept", addresses, web), slice("dropped", addresses, web)];
  mesh = makeMesh();
  stopMesh = await started(mesh);
  expect(link()).toBe(before);
  expect((await exchange("10.43.0.18", 80)).toString()).toBe("a\n");
  expect((await exchange("10.43.0.19", 80)).toString()).toBe("a\n");

  await tell(OPERATION.listEnd, "all/service", { keys: ["default/kept"] });
  await eventually(() => mesh.status().services === 1, { withinMs: 3000, what: "One Service" });
  expect(mesh.status().listeners).toEqual(["10.43.0.18:80/TCP"]);
  using socket = new NetlinkSocket({ protocol: NETLINK_ROUTE });
  expect(listAddresses(socket).map(({ address }) => address)).not.toContain("10.43.0.19");
});

test("a second site on the same host has an edge0 of its own", async () => {
  const second = createEdgeMesh({
    ...RANGES,
    siteId: "second-site",
    gateway: "10.42.1.1",
    podCIDR: "10.42.1.0/24",
    serviceCIDR: "10.44.0.0/16",
    dnsAddress: "169.254.96.17",
    bus: createBus({ log }),
    meta: { listServices: async () => [], listEndpointSlices: async () => [] },
    clusterDomain: "cluster.local",
    log,
  });
  const stop = await started(second);
  expect(second.status()).toMatchObject({ ready: true });
  expect(second.status().link?.name).toBe(siteMarks("second-site").edgeLinkOfSecondSite);
  await stop();
  await removeMesh("second-site");
  expect(mesh.status().ready).toBe(true);
  expect(await output(["ip", "-o", "link"])).not.toContain("edge0-");
});
