import { expect, test } from "bun:test";
import { rejection } from "#test/kit/eventually.ts";
import { networkOf } from "./network-settings.ts";

const wanted = {
  podCIDR: "",
  serviceCIDR: "",
  dnsAddress: "",
  podCIDR6: "",
  mtu: 0,
  clusterDomain: "",
  upstreams: [],
};

function settings() {
  const rows = new Map<string, string>();
  return {
    get: (name: string) => rows.get(name),
    set: async (name: string, value: string) => void rows.set(name, value),
  };
}

test("ranges that have addresses in common are refused, and nothing is kept", async () => {
  const kept = settings();
  const ranges = { podCIDR: "10.43.7.0/24", serviceCIDR: "10.43.0.0/16" };
  const refused = await rejection(networkOf(kept, { ...wanted, ...ranges }));
  expect(refused.message).toContain("have addresses in common");
  const plan = await networkOf(kept, { ...wanted, podCIDR: "10.43.7.0/24" });
  expect(plan.podCIDR).toBe("10.43.7.0/24");
});
