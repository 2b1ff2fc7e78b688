import { expect, test } from "bun:test";
import { UserError } from "#lib/errors.ts";
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

test("a range of IPv6 that has no place for each pod is refused, at the first start and later", async () => {
  const kept = settings();
  const ranges = { podCIDR: "10.42.0.0/24", serviceCIDR: "10.43.0.0/16" };
  const with6 = (podCIDR6: string) => networkOf(kept, { ...wanted, ...ranges, podCIDR6 });
  const early = await rejection(with6("fd42::/121"));
  expect(early).toBeInstanceOf(UserError);
  expect(early.message).toBe(
    "network.podCIDR6: fd42::/121 holds no address for each of 10.42.0.0/24: No address 255 in a network of 121 bits; a range of /120 does",
  );
  expect(kept.get("network")).toBeUndefined();
  await with6("fd42::/120");
  const late = await rejection(with6("fd42:::1::/112"));
  expect(late.message).toStartWith("network.podCIDR6: fd42:::1::/112 holds no address");
});
