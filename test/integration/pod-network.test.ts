import { afterAll, beforeAll, expect, test } from "bun:test";
import type { HostPort } from "#edged/network/pod-network.ts";
import { createPodNetwork, removePodNetwork } from "#edged/network/veth-network.ts";
import { must } from "#lib/errors.ts";
import { silentLogger } from "#lib/log.ts";
import { podLinkName, siteMarks } from "#lib/site-marks.ts";
import { enterNewNetworkNamespace } from "#linux/namespace.ts";
import { NETLINK_ROUTE, NetlinkSocket } from "#linux/netlink/socket.ts";
import { addAddress, listAddresses } from "#linux/rtnetlink/addresses.ts";
import { createLink, createVeth, findLink, setLinkUp } from "#linux/rtnetlink/links.ts";
import { readRoutes } from "#linux/rtnetlink/routes.ts";
import { MeshHost } from "#mesh/host.ts";
import { removeMesh } from "#mesh/remove-mesh.ts";
import { eventually } from "#test/kit/eventually.ts";
import { RANGES as ADDRESSES, HOST, MemoryLeases, OUTSIDE } from "#test/kit/pod-host.ts";
import { listenTo, PodProcess } from "#test/kit/pod-process.ts";
import { output, run } from "#test/kit/process.ts";

const SITE = "pod-network-test";
const RANGES = { siteId: SITE, ...ADDRESSES };
const signal = new AbortController().signal;
const stack = new AsyncDisposableStack();

const leases = new MemoryLeases();
const makeNetwork = () => createPodNetwork({ ...RANGES, leases, log: silentLogger });
const network = makeNetwork();

/** The machine next door, on a LAN with this one. */
let outside: PodProcess;

const attachment = (uid: string, { pid }: PodProcess, hostPorts: HostPort[] = []) => ({
  uid,
  namespace: "default",
  name: uid,
  pid,
  hostPorts,
});

beforeAll(async () => {
  const namespace = enterNewNetworkNamespace();
  stack.defer(() => namespace[Symbol.dispose]());
  using socket = new NetlinkSocket({ protocol: NETLINK_ROUTE });
  setLinkUp(socket, "lo");
  outside = stack.use(await PodProcess.start());
  createVeth(socket, {
    name: "lan0",
    mtu: 1400,
    peer: { name: "eth0", namespace: { pid: outside.pid } },
  });
  setLinkUp(socket, "lan0");
  const lan = must(findLink(socket, "lan0"), "lan0").index;
  addAddress(socket, { link: lan, address: HOST, bits: 24 });
  await output(["ip", "route", "add", "default", "via", OUTSIDE]);
  await outside.output(["ip", "address", "add", `${OUTSIDE}/24`, "dev", "eth0"]);
  await outside.output(["ip", "link", "set", "eth0", "up"]);
  new MeshHost({ ...RANGES, dnsAddress: "169.254.96.16" }).guard([]);
  await network.start(new Set(), signal);
  stack.defer(() => network.close());
});

afterAll(() => stack.disposeAsync());

test("pods reach each other, the host and the world; the world sees the host's address", async () => {
  await using one = await PodProcess.start();
  await using two = await PodProcess.start();
  const { ipv4: first } = await network.attach(attachment("uid-1", one), signal);
  const { ipv4: second } = await network.attach(attachment("uid-2", two), signal);
  expect(second).not.toBe(first);
  await two.serve(8080, "two");
  expect(await one.output(listenTo(second, 8080))).toBe("two\n");
  expect(await output(listenTo(second, 8080))).toBe("two\n");
  await one.output(["busybox", "ping", "-c", "1", "-W", "2", RANGES.gateway]);

  await outside.serveOutput(9000, "busybox netstat -tn");
  const seen = await one.output(listenTo(OUTSIDE, 9000));
  expect(seen).toContain(`${HOST}:`);
  expect(seen).not.toContain(`${first}:`);

  const inside = await one.output(["ip", "-o", "address", "show", "dev", "eth0"]);
  expect(inside).toContain(`${first}/32`);
  expect(await one.output(["cat", "/proc/self/net/route"])).toContain("eth0");
  expect(await one.output(["ip", "-o", "link", "show", "eth0"])).toContain("mtu 1400");
  await network.detach("uid-1", signal);
  await network.detach("uid-2", signal);
  expect(leases.all().get("uid-1")).toBeUndefined();
});

test("an address that no pod has is refused at once instead of asked of the world", async () => {
  const { exitCode, stderr } = await run(listenTo("10.42.0.99", 80));
  expect(exitCode).not.toBe(0);
  expect(stderr).toMatch(/no route|unreachable/i);
});

test("ports of the host lead to the pod: from outside, from the host, from localhost, from itself", async () => {
  await using pod = await PodProcess.start();
  const ports: HostPort[] = [
    { protocol: "TCP", hostPort: 18080, containerPort: 8080 },
    { protocol: "TCP", hostPort: 18081, containerPort: 8080, hostIP: HOST },
  ];
  await network.attach(attachment("uid-ports", pod, ports), signal);
  await pod.serve(8080, "served");
  for (const port of [18080, 18081]) {
    expect(await outside.output(listenTo(HOST, port))).toBe("served\n");
    expect(await output(listenTo(HOST, port))).toBe("served\n");
    expect(await pod.output(listenTo(HOST, port))).toBe("served\n");
  }
  expect(await output(listenTo("127.0.0.1", 18080))).toBe("served\n");
  expect((await run(listenTo("127.0.0.1", 18081))).exitCode).not.toBe(0);
  expect((await run(listenTo(RANGES.gateway, 18080))).exitCode).not.toBe(0);

  // A next process takes the mapping over before it has heard of the pod.
  const next = makeNetwork();
  await next.start(new Set(["uid-ports"]), signal);
  next.close();
  expect(await outside.output(listenTo(HOST, 18080))).toBe("served\n");

  await network.detach("uid-ports", signal);
  expect((await outside.run(listenTo(HOST, 18080))).exitCode).not.toBe(0);
});

test("a restart tears nothing down, and removes only what dead pods left", async () => {
  await using alive = await PodProcess.start();
  await using dead = await PodProcess.start();
  const { ipv4: address } = await network.attach(attachment("uid-alive", alive), signal);
  await network.attach(attachment("uid-dead", dead), signal);
  const linkOf = (uid: string) => {
    using socket = new NetlinkSocket({ protocol: NETLINK_ROUTE });
    return findLink(socket, podLinkName(siteMarks(SITE), uid));
  };
  const before = linkOf("uid-alive");
  const next = makeNetwork();
  await next.start(new Set(["uid-alive"]), signal);
  expect(await next.attach(attachment("uid-alive", alive), signal)).toEqual({ ipv4: address });
  next.close();
  expect(linkOf("uid-alive")?.index).toBe(must(before, "a link").index);
  expect(linkOf("uid-dead")).toBeUndefined();
  expect(leases.all().has("uid-alive")).toBe(true);
  expect(leases.all().has("uid-dead")).toBe(false);
  await network.detach("uid-alive", signal);
});

test("a sandbox that came again with another process gets the same address", async () => {
  await using first = await PodProcess.start();
  const { ipv4: address } = await network.attach(attachment("uid-again", first), signal);
  await using second = await PodProcess.start();
  expect(await network.attach(attachment("uid-again", second), signal)).toEqual({ ipv4: address });
  await first[Symbol.asyncDispose]();
  await second.serve(8080, "again");
  expect(await output(listenTo(address, 8080))).toBe("again\n");
  await network.detach("uid-again", signal);
});

test("a firewall that drops what is forwarded admits pods, and again after it was flushed", async () => {
  await using one = await PodProcess.start();
  await using two = await PodProcess.start();
  await network.attach(attachment("uid-a", one), signal);
  const { ipv4: address } = await network.attach(attachment("uid-b", two), signal);
  await two.serve(8080, "through");
  await output(["iptables-nft", "-P", "FORWARD", "DROP"]);
  const reach = async () => (await one.run(listenTo(address, 8080))).stdout;
  const admitted = { withinMs: 5000, what: "Pods being admitted" };
  await eventually(async () => (await reach()) === "through\n", admitted);
  await output(["iptables-nft", "-F", "FORWARD"]);
  await eventually(async () => (await reach()) === "through\n", admitted);
  const rules = await output(["iptables-nft", "-S", "FORWARD"]);
  expect(rules.split("\n").filter((rule) => rule.startsWith("-A"))).toHaveLength(2);
  await network.detach("uid-a", signal);
  await network.detach("uid-b", signal);
});

test("a pod cannot speak in the name of another one", async () => {
  await using pod = await PodProcess.start();
  await network.attach(attachment("uid-spoof", pod), signal);
  await pod.output(["ip", "address", "add", "10.42.0.77/32", "dev", "eth0"]);
  const ping = ["busybox", "ping", "-c", "1", "-W", "1", "-I", "10.42.0.77", RANGES.gateway];
  expect((await pod.run(ping)).exitCode).not.toBe(0);
  await network.detach("uid-spoof", signal);
});

test("reset removes everything that carries the site's mark, and nothing else", async () => {
  using _ = enterNewNetworkNamespace();
  await using pod = await PodProcess.start();
  using socket = new NetlinkSocket({ protocol: NETLINK_ROUTE });
  new MeshHost({ ...RANGES, dnsAddress: "169.254.96.16" }).guard([]);
  await output(["iptables-nft", "-P", "FORWARD", "DROP"]);
  const own = makeNetwork();
  await own.start(new Set(["uid-left", ...leases.all().keys()]), signal);
  await own.attach(attachment("uid-left", pod), signal);
  own.close();
  await leases.release("uid-left");
  expect(await output(["iptables-nft", "-S", "FORWARD"])).toContain("-A");
  createLink(socket, { name: "es0000other", kind: "bridge" });
  await removePodNetwork(SITE);
  await removeMesh(SITE);
  expect(await output(["nft", "list", "tables"])).not.toContain("edgesite");
  expect(await output(["iptables-nft", "-S", "FORWARD"])).not.toContain("-A");
  expect(findLink(socket, "edge0")).toBeUndefined();
  expect(findLink(socket, "es0000other")).toBeDefined();
  expect(listAddresses(socket).map(({ address }) => address)).not.toContain(RANGES.gateway);
  expect(readRoutes().filter(({ type }) => type === "unreachable")).toEqual([]);
});
