import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { FirewallGate } from "#edged/network/firewall-gate.ts";
import { createPodNetwork, removePodNetwork } from "#edged/network/veth-network.ts";
import { silentLogger } from "#lib/log.ts";
import { siteMarks } from "#lib/site-marks.ts";
import { eventually } from "#test/kit/eventually.ts";
import { FIREWALLS, type HostFirewall } from "#test/kit/firewalls.ts";
import {
  enterBareHost,
  HOST,
  joinLan,
  MemoryLeases,
  networkOfHost,
  OUTSIDE,
  PodSite,
  RANGES,
} from "#test/kit/pod-host.ts";
import { listenTo, PodProcess } from "#test/kit/pod-process.ts";
import { output } from "#test/kit/process.ts";

const ADMITTED = { withinMs: 5000, what: "Pods being admitted" };
const HOST_PORT = 18080;

describe.each(FIREWALLS.map((firewall) => [firewall.name, firewall] as const))(
  "%s",
  (_, firewall: HostFirewall) => {
    const stack = new AsyncDisposableStack();
    let before: string;
    let outside: PodProcess;

    beforeAll(async () => {
      stack.use(await enterBareHost());
      outside = stack.use(await PodProcess.start());
      await joinLan(outside);
      await firewall.load();
      await outside.serve(9000, "world");
      before = await networkOfHost();
    });

    afterAll(() => stack.disposeAsync());

    test("admits pods, again after it was loaded anew, and is left as it was", async () => {
      await using one = await PodProcess.start();
      await using two = await PodProcess.start();
      const site = await PodSite.start();
      await site.attach("uid-1", one);
      const port = { protocol: "TCP", hostPort: HOST_PORT, containerPort: 8080 } as const;
      const address = await site.attach("uid-2", two, [port]);
      await two.serve(8080, "pod");
      const served = servedByHost();
      const reach = async () => {
        expect(await one.output(listenTo(address, 8080))).toBe("pod\n");
        expect(await one.output(listenTo(OUTSIDE, 9000))).toBe("world\n");
        expect(await one.output(listenTo(RANGES.gateway, 9100))).toBe("host\n");
        expect(await outside.output(listenTo(HOST, HOST_PORT))).toBe("pod\n");
        return true;
      };
      await eventually(reach, ADMITTED);
      await firewall.load();
      // Nobody tells of a change of the old iptables, but an engine that starts makes its bridge.
      if (!firewall.tellsOfChanges)
        await output(["ip", "link", "add", "docker0", "type", "bridge"]);
      await eventually(reach, ADMITTED);
      if (!firewall.tellsOfChanges) await output(["ip", "link", "delete", "docker0"]);
      served.kill();
      await served.exited;
      await site[Symbol.asyncDispose]();
      expect(await networkOfHost()).toBe(before);
    });

    test("goes on closing to the world what is no pod's", async () => {
      await using site = await PodSite.start();
      await using pod = await PodProcess.start();
      await site.attach("uid-1", pod);
      const served = servedByHost();
      const answer = await outside.run(listenTo(HOST, 9100));
      served.kill();
      await served.exited;
      if (firewall.closesInput) expect(answer.stdout).toBe("");
      else expect(answer.stdout).toBe("host\n");
    });
  },
);

/** A program of the host that answers on all its addresses. */
function servedByHost(): Bun.Subprocess {
  return Bun.spawn(["busybox", "nc", "-ll", "-p", "9100", "-e", "echo", "host"], {
    stdio: ["ignore", "ignore", "ignore"],
  });
}

test("a firewall that takes everything off the kernel takes the pods' way out only for a moment", async () => {
  using _ = await enterBareHost();
  await using outside = await PodProcess.start();
  await joinLan(outside);
  await outside.serve(9000, "world");
  await using site = await PodSite.start();
  await using pod = await PodProcess.start();
  await site.attach("uid-1", pod);
  expect(await pod.output(listenTo(OUTSIDE, 9000))).toBe("world\n");
  await output(["nft", "flush", "ruleset"]);
  await eventually(
    async () => (await pod.run(listenTo(OUTSIDE, 9000))).stdout === "world\n",
    ADMITTED,
  );
});

test("a firewall that is loaded while a site begins to look at it admits pods too", async () => {
  using _ = await enterBareHost();
  const marks = siteMarks("firewall");
  using gate = new FirewallGate({ marks, admitted: RANGES, log: silentLogger });
  const opening = gate.open();
  const drop = "{ type filter hook forward priority 0; policy drop; }";
  Bun.spawnSync(["nft", `add table ip late; add chain ip late forward ${drop}`]);
  await opening;
  const rules = () => output(["nft", "list", "table", "ip", "late"]);
  expect(await rules()).toContain("policy drop");
  await eventually(async () => (await rules()).includes(`comment "${marks.podTable}"`), ADMITTED);
});

/** Has everything taken off the kernel as soon as whoever asks for them lets others work. */
class FlushingLeases extends MemoryLeases {
  override all(): ReadonlyMap<string, string> {
    queueMicrotask(() => Bun.spawnSync(["nft", "flush", "ruleset"]));
    return super.all();
  }
}

test("a firewall that takes everything off the kernel while a site starts does not keep the pods' table", async () => {
  using _ = await enterBareHost();
  const siteId = "flushed";
  const leases = new FlushingLeases();
  const network = createPodNetwork({ siteId, ...RANGES, leases, log: silentLogger });
  await network.start(new Set(), new AbortController().signal);
  const tables = () => output(["nft", "list", "tables", "ip"]);
  await eventually(async () => (await tables()).includes(siteMarks(siteId).podTable), {
    what: "The pods' table",
  });
  network.close();
  await removePodNetwork(siteId);
});
