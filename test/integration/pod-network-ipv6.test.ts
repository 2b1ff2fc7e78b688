import { expect, test } from "bun:test";
import type { HostPort } from "#edged/network/pod-network.ts";
import { readSysctl, writeSysctl } from "#linux/sysctl.ts";
import { eventually, rejection } from "#test/kit/eventually.ts";
import { enterBareHost, joinLan, networkOfHost, PodSite } from "#test/kit/pod-host.ts";
import { PodProcess, sendTo } from "#test/kit/pod-process.ts";
import { output } from "#test/kit/process.ts";

const HOST6 = "2001:db8::1";
const OUTSIDE6 = "2001:db8::2";
const RANGE6 = { podCIDR6: "fd42::/112" };
const PORT: HostPort = { protocol: "TCP", hostPort: 18080, containerPort: 8080 };

/** The command that connects over IPv6 and prints what it is told. */
const connectTo = (address: string, port: number): string[] => [
  "bash",
  "-c",
  'timeout 2 cat </dev/tcp/"$0"/"$1"',
  address,
  `${port}`,
];

/** A host with IPv6 on its LAN, and the machine next door. */
async function enterHost(stack: AsyncDisposableStack): Promise<PodProcess> {
  stack.use(await enterBareHost());
  const outside = stack.use(await PodProcess.start());
  await joinLan(outside);
  // The kernel's own address is there at once; and forwarding stays on, as every engine leaves it.
  writeSysctl("net/ipv6/conf/lan0/accept_dad", "0");
  writeSysctl("net/ipv6/conf/all/forwarding", "1");
  writeSysctl("net/ipv6/conf/lan0/disable_ipv6", "0");
  await output(["ip", "address", "add", `${HOST6}/64`, "dev", "lan0", "nodad"]);
  await output(["ip", "-6", "route", "add", "default", "via", OUTSIDE6]);
  await outside.output(["ip", "address", "add", `${OUTSIDE6}/64`, "dev", "eth0", "nodad"]);
  return outside;
}

test("pods speak IPv6 to each other, the host and the world, which sees the host's address", async () => {
  await using stack = new AsyncDisposableStack();
  const outside = await enterHost(stack);
  await using one = await PodProcess.start();
  await using two = await PodProcess.start();
  const before = await networkOfHost();
  const site = await PodSite.start(RANGE6);
  expect(await site.attachBoth("uid-1", one)).toEqual({ ipv4: "10.42.0.2", ipv6: "fd42::2" });
  const { ipv6: address = "" } = await site.attachBoth("uid-2", two);
  expect(address).toBe("fd42::3");
  await two.serve(8080, "two");
  expect(await one.output(connectTo(address, 8080))).toBe("two\n");
  expect(await output(connectTo(address, 8080))).toBe("two\n");
  await outside.serveOutput(9000, "busybox netstat -tn");
  const seen = await one.output(connectTo(OUTSIDE6, 9000));
  expect(seen).toContain(`${HOST6}:`);
  expect(seen).not.toContain("fd42::");
  expect((await one.run(connectTo("fd42::99", 80))).exitCode).not.toBe(0);
  await site[Symbol.asyncDispose]();
  expect(await networkOfHost()).toBe(before);
});

test("ports of the host lead to the pod over IPv6 too, also at an address that came later", async () => {
  await using stack = new AsyncDisposableStack();
  const outside = await enterHost(stack);
  await using site = await PodSite.start(RANGE6);
  await using pod = await PodProcess.start();
  const udp: HostPort = { protocol: "UDP", hostPort: 1053, containerPort: 53, hostIP: HOST6 };
  await site.attach("uid-1", pod, [PORT, udp]);
  await pod.serve(8080, "pod");
  await pod.serveDatagrams(53, "datagram");
  expect(await outside.output(connectTo(HOST6, 18080))).toBe("pod\n");
  expect(await output(connectTo(HOST6, 18080))).toBe("pod\n");
  expect(await pod.output(connectTo(HOST6, 18080))).toBe("pod\n");
  expect(await outside.output(sendTo(HOST6, 1053))).toBe("datagram");
  await output(["ip", "address", "add", "2001:db8::7/64", "dev", "lan0", "nodad"]);
  await eventually(
    async () => (await outside.run(connectTo("2001:db8::7", 18080))).stdout === "pod\n",
    { withinMs: 4000, what: "A port at the new address" },
  );
});

test("a pod cannot speak IPv6 in the name of another one", async () => {
  await using stack = new AsyncDisposableStack();
  await enterHost(stack);
  await using site = await PodSite.start(RANGE6);
  await using pod = await PodProcess.start();
  await site.attach("uid-1", pod);
  const ping = (from: string) => ["busybox", "ping", "-6", "-c", "1", "-W", "1", "-I", from, HOST6];
  expect((await pod.run(ping("fd42::2"))).exitCode).toBe(0);
  await pod.output(["ip", "address", "add", "fd42::77/128", "dev", "eth0", "nodad"]);
  expect((await pod.run(ping("fd42::77"))).exitCode).not.toBe(0);
});

/** Address → state of those that a host knows the hardware address of. */
async function neighbours(command: typeof output): Promise<Record<string, string>> {
  const known: { dst: string; state: string[] }[] = JSON.parse(
    await command(["ip", "-json", "neighbour"]),
  );
  return Object.fromEntries(known.map(({ dst, state }) => [dst, state.join()]));
}

test("nobody asks around on a pod's link, and the first packet to a new pod arrives", async () => {
  await using stack = new AsyncDisposableStack();
  await enterHost(stack);
  await using site = await PodSite.start(RANGE6);
  for (let index = 0; index < 8; index += 1) {
    await using pod = await PodProcess.start();
    const { ipv4, ipv6 = "" } = await site.attachBoth(`uid-${index}`, pod);
    // One packet and no second one, the first that this link carries.
    await output(["busybox", "ping", "-c", "1", "-W", "2", index % 2 === 0 ? ipv6 : ipv4]);
    expect(await neighbours((command) => pod.output(command))).toEqual({
      "10.42.0.1": "PERMANENT",
      "fe80::1": "PERMANENT",
    });
    expect(await neighbours(output)).toEqual({ [ipv4]: "PERMANENT", [ipv6]: "PERMANENT" });
    expect(await pod.output(["cat", "/proc/sys/net/ipv6/conf/eth0/accept_dad"])).toBe("0\n");
    await site.network.detach(`uid-${index}`, new AbortController().signal);
  }
});

test.each(["ip6tables-nft", "ip6tables-legacy"])(
  "a firewall of %s that drops IPv6 admits pods, and a way out that a router gave stays",
  async (ip6tables) => {
    await using stack = new AsyncDisposableStack();
    const outside = await enterHost(stack);
    for (const chain of ["FORWARD", "INPUT"]) await output([ip6tables, "-P", chain, "DROP"]);
    const established = ["-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", "-j", "ACCEPT"];
    for (const chain of ["FORWARD", "INPUT"])
      await output([ip6tables, "-A", chain, ...established]);
    const lan = ["-i", "lan0", "-p", "icmpv6", "-j", "ACCEPT"];
    await output([ip6tables, "-A", "INPUT", ...lan]);
    writeSysctl("net/ipv6/conf/lan0/accept_ra", "1");
    await using one = await PodProcess.start();
    await using two = await PodProcess.start();
    const before = await networkOfHost();
    const site = await PodSite.start(RANGE6);
    expect(readSysctl("net/ipv6/conf/lan0/accept_ra")).toBe("2");
    await site.attach("uid-1", one);
    const { ipv6: address = "" } = await site.attachBoth("uid-2", two, [PORT]);
    await two.serve(8080, "two");
    await outside.serve(9000, "world");
    expect(await one.output(connectTo(address, 8080))).toBe("two\n");
    expect(await one.output(connectTo(OUTSIDE6, 9000))).toBe("world\n");
    expect(await outside.output(connectTo(HOST6, 18080))).toBe("two\n");
    await site[Symbol.asyncDispose]();
    expect(await networkOfHost()).toBe(before);
  },
);

test("pods have another range of IPv6 after the next start, or none, as it is configured", async () => {
  await using stack = new AsyncDisposableStack();
  await enterHost(stack);
  await using pod = await PodProcess.start();
  const addresses = async () =>
    (await pod.output(["ip", "-6", "-o", "address", "show", "scope", "global"]))
      .split("\n")
      .flatMap((line) => / inet6 (\S+)/.exec(line)?.[1] ?? []);
  const tables = () => output(["nft", "list", "tables", "ip6"]);
  /** A site that takes the pod over from the one before, and leaves it to the next. */
  const start = async (podCIDR6?: string) => {
    const site = await PodSite.start(podCIDR6 === undefined ? {} : { podCIDR6 });
    await site.attach("uid-1", pod);
    site.network.close();
    return site;
  };
  await start("fd42::/112");
  expect(await addresses()).toEqual(["fd42::2/128"]);
  await start("fd43::/112");
  expect(await addresses()).toEqual(["fd43::2/128"]);
  expect(await tables()).toContain("edgesite-");
  await using _ = await start();
  expect(await addresses()).toEqual([]);
  expect(await tables()).toBe("");
});

test("a range that is too small for the pods is refused", async () => {
  using _ = await enterBareHost();
  const refusal = await rejection(PodSite.start({ podCIDR6: "fd42::/121" }));
  expect(refusal.message).toContain("No address 255");
});
