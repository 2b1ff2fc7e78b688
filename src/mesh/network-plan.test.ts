import { expect, test } from "bun:test";
import { overlaps, parseCidr } from "#lib/cidr.ts";
import { planNetwork } from "./network-plan.ts";

const routes = (...networks: string[]) =>
  networks.map((network) => ({ destination: parseCidr(network) }));

test("a host that routes none of them gets the default ranges", () => {
  expect(planNetwork(routes("0.0.0.0/0", "192.168.1.0/24", "127.0.0.0/8"))).toEqual({
    podCIDR: "10.42.0.0/24",
    serviceCIDR: "10.43.0.0/16",
    gateway: "10.42.0.1",
    kubernetesServiceIP: "10.43.0.1",
    dnsAddress: "169.254.96.16",
  });
});

test("a second site on the same host gets ranges of its own", () => {
  const first = planNetwork([]);
  const second = planNetwork(routes(first.podCIDR, first.serviceCIDR, `${first.dnsAddress}/32`));
  expect(second.podCIDR).toBe("10.42.1.0/24");
  expect(second.serviceCIDR).toBe("10.44.0.0/16");
  expect(second.dnsAddress).toBe("169.254.96.17");
});

test("a host on 10.0.0.0/8 gets ranges outside of it that do not overlap", () => {
  const plan = planNetwork(routes("10.0.0.0/8"));
  expect(plan.podCIDR.startsWith("172.")).toBe(true);
  expect(overlaps(parseCidr(plan.podCIDR), parseCidr(plan.serviceCIDR))).toBe(false);
});

test("a metadata route over all link-local addresses does not move DNS", () => {
  expect(planNetwork(routes("169.254.0.0/16")).dnsAddress).toBe("169.254.96.16");
});

test("wanted ranges are taken as they are and the others keep clear of them", () => {
  const plan = planNetwork([], { serviceCIDR: "10.42.0.0/16", dnsAddress: "10.9.9.9" });
  expect(plan.serviceCIDR).toBe("10.42.0.0/16");
  expect(plan.podCIDR.startsWith("172.")).toBe(true);
  expect(plan.dnsAddress).toBe("10.9.9.9");
});

test("a host that routes everything private is told what to set", () => {
  expect(() => planNetwork(routes("10.0.0.0/8", "172.16.0.0/12"))).toThrow(/set podCIDR/);
});
