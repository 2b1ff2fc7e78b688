import { expect, test } from "bun:test";
import type { HostPort } from "#edged/network/pod-network.ts";
import { readSysctl, writeSysctl } from "#linux/sysctl.ts";
import {
  enterBareHost,
  HOST,
  joinLan,
  networkOfHost,
  OUTSIDE,
  PodSite,
  RANGES,
} from "#test/kit/pod-host.ts";
import { listenTo, PodProcess, sendTo } from "#test/kit/pod-process.ts";
import { output, run } from "#test/kit/process.ts";

/** As the links are asked: what /sys shows belongs to who mounted it. */
const mtuOf = async (pod: PodProcess): Promise<number> => {
  const [link] = JSON.parse(await pod.output(["ip", "-json", "link", "show", "eth0"]));
  return link.mtu;
};

test("on a host with nothing but loopback pods reach each other, the host, and ports of the host", async () => {
  using _ = await enterBareHost();
  const before = await networkOfHost();
  writeSysctl("net/ipv4/ip_forward", "0");
  await using one = await PodProcess.start();
  await using two = await PodProcess.start();
  const site = await PodSite.start();
  expect(readSysctl("net/ipv4/ip_forward")).toBe("1");
  await site.attach("uid-1", one);
  const port: HostPort = { protocol: "TCP", hostPort: 18080, containerPort: 8080 };
  const address = await site.attach("uid-2", two, [port]);
  await two.serve(8080, "two");
  expect(await one.output(listenTo(address, 8080))).toBe("two\n");
  expect(await output(listenTo(address, 8080))).toBe("two\n");
  expect(await output(listenTo("127.0.0.1", 18080))).toBe("two\n");
  expect(await one.output(listenTo(RANGES.gateway, 18080)).catch(() => "refused")).toBe("refused");
  await one.output(["busybox", "ping", "-c", "1", "-W", "2", RANGES.gateway]);
  expect((await one.run(listenTo(OUTSIDE, 9000))).exitCode).not.toBe(0);
  await site[Symbol.asyncDispose]();
  expect(await networkOfHost()).toBe(before);
});

test("strict reverse path filters of the host are in nobody's way", async () => {
  using _ = await enterBareHost();
  await using outside = await PodProcess.start();
  for (const scope of ["all", "default"]) writeSysctl(`net/ipv4/conf/${scope}/rp_filter`, "1");
  await joinLan(outside);
  await using site = await PodSite.start();
  await using pod = await PodProcess.start();
  const port: HostPort = { protocol: "TCP", hostPort: 18080, containerPort: 8080 };
  await site.attach("uid-1", pod, [port]);
  await pod.serve(8080, "pod");
  await outside.serve(9000, "world");
  expect(await pod.output(listenTo(OUTSIDE, 9000))).toBe("world\n");
  expect(await outside.output(listenTo(HOST, 18080))).toBe("pod\n");
  expect(await output(listenTo("127.0.0.1", 18080))).toBe("pod\n");
});

test("a port of the host for UDP leads to the pod, and answers come from where they were asked", async () => {
  using _ = await enterBareHost();
  await using outside = await PodProcess.start();
  await joinLan(outside);
  await using site = await PodSite.start();
  await using pod = await PodProcess.start();
  const port: HostPort = { protocol: "UDP", hostPort: 1053, containerPort: 53 };
  await site.attach("uid-1", pod, [port]);
  await pod.serveDatagrams(53, "datagram");
  expect((await outside.run(sendTo(HOST, 1053))).stdout).toContain("datagram");
  expect((await run(sendTo("127.0.0.1", 1053))).stdout).toContain("datagram");
  expect((await pod.run(sendTo(HOST, 1053))).stdout).toContain("datagram");
});

test("packets of pods are as large as every way out takes, or as the configuration says", async () => {
  using _ = await enterBareHost();
  await using outside = await PodProcess.start();
  await joinLan(outside);
  await using site = await PodSite.start();
  await using pod = await PodProcess.start();
  await site.attach("uid-1", pod);
  expect(await mtuOf(pod)).toBe(1500);

  // A tunnel: what goes into it must leave room for what it wraps around.
  await output(["ip", "tuntap", "add", "dev", "vpn0", "mode", "tun"]);
  await output(["ip", "link", "set", "vpn0", "mtu", "1380", "up"]);
  await output(["ip", "route", "add", "198.51.100.0/24", "dev", "vpn0"]);
  await site.attach("uid-1", pod);
  expect(await mtuOf(pod)).toBe(1380);

  await using small = await PodSite.start({ ...SECOND, mtu: 1300 });
  await using other = await PodProcess.start();
  await small.attach("uid-2", other);
  expect(await mtuOf(other)).toBe(1300);
});

const SECOND = {
  siteId: "second-site",
  ranges: { gateway: "10.42.1.1", podCIDR: "10.42.1.0/24", serviceCIDR: "10.44.0.0/16" },
};

test("two sites of one host: their pods reach each other, and one goes without the other", async () => {
  using _ = await enterBareHost();
  await using outside = await PodProcess.start();
  await joinLan(outside);
  await output(["iptables-nft", "-P", "FORWARD", "DROP"]);
  await using first = await PodSite.start();
  const alone = await networkOfHost();
  await using one = await PodProcess.start();
  await using two = await PodProcess.start();
  const second = await PodSite.start(SECOND);
  const port = (hostPort: number): HostPort => ({ protocol: "TCP", hostPort, containerPort: 8080 });
  const firstAddress = await first.attach("uid-1", one, [port(18081)]);
  const secondAddress = await second.attach("uid-2", two, [port(18082)]);
  await one.serve(8080, "first");
  await two.serve(8080, "second");
  expect(await one.output(listenTo(secondAddress, 8080))).toBe("second\n");
  expect(await two.output(listenTo(firstAddress, 8080))).toBe("first\n");
  expect(await outside.output(listenTo(HOST, 18081))).toBe("first\n");
  expect(await outside.output(listenTo(HOST, 18082))).toBe("second\n");
  await second[Symbol.asyncDispose]();
  expect(await outside.output(listenTo(HOST, 18081))).toBe("first\n");
  expect((await outside.run(listenTo(HOST, 18082))).exitCode).not.toBe(0);
  await first.network.detach("uid-1", new AbortController().signal);
  expect(await networkOfHost()).toBe(alone);
});
