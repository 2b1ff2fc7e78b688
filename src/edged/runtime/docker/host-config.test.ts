import { expect, test } from "bun:test";
import { PLAIN_CONTAINER } from "#test/kit/pod-specs.ts";
import type { ContainerResources } from "../types.ts";
import { containerOptions } from "./host-config.ts";

const AROUND = {
  ...{ siteId: "site", sandboxId: "sandbox", pod: { namespace: "ns", name: "p", uid: "u" } },
  ...{ cgroupParent: "/edgesite-site", lowestOomScore: -1000 },
  ...{ hostNetwork: false, hostPID: false, hostIPC: false, hostUsers: true },
};
const limitsOf = (resources: ContainerResources) =>
  containerOptions({ ...PLAIN_CONTAINER, resources }, AROUND).HostConfig;

test("a container without limits has the least of shares, and a bound of processes", () => {
  const config = limitsOf({ cpuRequestMillis: 0, oomScoreAdj: 1000 });
  expect(config).toMatchObject({ CpuShares: 2, PidsLimit: 4096, OomScoreAdj: 1000 });
  for (const limit of ["CpuQuota", "CpuPeriod", "Memory", "MemorySwap"]) {
    expect(config).not.toHaveProperty(limit);
  }
});

test("limits are Docker's, and a container never swaps", () => {
  const resources = { cpuRequestMillis: 250, cpuLimitMillis: 5, memoryLimitBytes: 1 << 20 };
  expect(limitsOf({ ...resources, oomScoreAdj: -997 })).toMatchObject({
    ...{ CpuShares: 256, CpuPeriod: 100_000, CpuQuota: 1000 },
    ...{ Memory: 1 << 20, MemorySwap: 1 << 20, OomScoreAdj: -997 },
  });
});
