import { expect, test } from "bun:test";
import type { PodStatus } from "#api/object.ts";
import { busyboxRuntime } from "#test/kit/busybox-runtime.ts";
import { type EdgedHarness, podOf, startEdged } from "#test/kit/edged-harness.ts";
import { FixedAddresses } from "#test/kit/fixed-addresses.ts";

const nodeAddresses = ({ meta }: EdgedHarness) => meta.nodes.at(-1)?.status?.addresses;
const places = ({ hostIP, hostIPs, podIP, podIPs }: PodStatus = {}) => ({
  ...{ hostIP, hostIPs, podIP, podIPs },
});

test("the node and its pods follow new addresses; nothing goes up that has not changed", async () => {
  const runtime = busyboxRuntime();
  const addresses = new FixedAddresses(["10.42.0.1"]);
  await using harness = await startEdged({ runtime, addresses });
  const { meta, send } = harness;
  const done = { command: ["sh", "-c", "exit 0"], name: "main", image: "busybox:1" };
  for (const pod of [
    podOf("own"),
    podOf("host", { hostNetwork: true }),
    podOf("done", { restartPolicy: "Never", containers: [done] }),
  ]) {
    await send("insert", `default/pod/${pod.metadata?.name}`, pod);
  }
  const running = (name: string) =>
    meta.last(name)?.containerStatuses?.[0]?.state?.running !== undefined;
  await meta.until("both run", () => running("own") && running("host"));
  await meta.until("one is done", () => meta.last("done")?.phase === "Succeeded");
  expect(places(meta.last("host"))).toMatchObject({ hostIP: "10.42.0.1", podIP: "10.42.0.1" });

  addresses.become(["192.0.2.1", "2001:db8::1"]);
  const both = [{ ip: "192.0.2.1" }, { ip: "2001:db8::1" }];
  await meta.until("all follow", () =>
    ["own", "host"].every((name) => meta.last(name)?.hostIP === "192.0.2.1"),
  );
  expect(places(meta.last("own"))).toEqual({
    ...{ hostIP: "192.0.2.1", hostIPs: both },
    ...{ podIP: "10.42.0.2", podIPs: [{ ip: "10.42.0.2" }] },
  });
  expect(places(meta.last("host"))).toEqual({
    ...{ hostIP: "192.0.2.1", hostIPs: both },
    ...{ podIP: "192.0.2.1", podIPs: both },
  });
  await meta.until("the node follows", () => nodeAddresses(harness)?.length === 3);
  expect(nodeAddresses(harness)).toEqual([
    { type: "InternalIP", address: "192.0.2.1" },
    { type: "InternalIP", address: "2001:db8::1" },
    { type: "Hostname", address: "edge" },
  ]);
  // One that has ended stays where it was.
  expect(meta.last("done")?.hostIP).toBe("10.42.0.1");

  const told = () => [meta.nodes.length, ...[...meta.statuses.values()].map((all) => all.length)];
  const before = told();
  addresses.become(["192.0.2.1", "2001:db8::1"]);
  await send("insert", "default/pod/last", podOf("last"));
  await meta.until("the last one runs", () => running("last"));
  expect(told().slice(0, before.length)).toEqual(before);
});
