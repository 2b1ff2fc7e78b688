import { expect, test } from "bun:test";
import { Balancer, type BalancerOptions, endpointKey } from "./balancer.ts";

const endpoint = (n: number) => ({ address: `10.42.0.${n}`, port: 80 });
const none = new Set<string>();

function balancer(options: Partial<BalancerOptions> = {}) {
  const clock = { nowMs: 0, random: 0 };
  const all: BalancerOptions = {
    strategy: "roundRobin",
    endpoints: [endpoint(1), endpoint(2), endpoint(3)],
    ...options,
  };
  const made = new Balancer(all, { monotonicMs: () => clock.nowMs, random: () => clock.random });
  const pick = (client = "c", failed: ReadonlySet<string> = none) =>
    made.pick(client, failed)?.address;
  return { made, clock, pick, all };
}

test("round robin takes each endpoint in turn", () => {
  const { pick } = balancer();
  expect([pick(), pick(), pick(), pick()]).toEqual([
    "10.42.0.1",
    "10.42.0.2",
    "10.42.0.3",
    "10.42.0.1",
  ]);
});

test("random follows the source of chance", () => {
  const { pick, clock } = balancer({ strategy: "random" });
  clock.random = 0.99;
  expect(pick()).toBe("10.42.0.3");
  clock.random = 0;
  expect(pick()).toBe("10.42.0.1");
});

test("endpoints that failed are left out until none is left", () => {
  const { pick } = balancer();
  const failed = new Set([1, 2].map((n) => endpointKey(endpoint(n))));
  expect(pick("c", failed)).toBe("10.42.0.3");
  failed.add(endpointKey(endpoint(3)));
  expect(pick("c", failed)).toBeUndefined();
});

test("no endpoint at all is no division by zero", () => {
  expect(balancer({ endpoints: [] }).pick()).toBeUndefined();
  expect(balancer({ endpoints: [], strategy: "random" }).pick()).toBeUndefined();
});

test("ClientIP affinity holds until its time is over", () => {
  const { made, pick, clock } = balancer({ affinityMs: 1000 });
  made.reached("c", endpoint(2));
  expect([pick(), pick(), pick("d")]).toEqual(["10.42.0.2", "10.42.0.2", "10.42.0.1"]);
  clock.nowMs = 1001;
  expect(pick()).toBe("10.42.0.2");
  expect(pick()).toBe("10.42.0.3");
});

test("affinity gives way when its endpoint is gone or cannot be reached", () => {
  const { made, pick, all } = balancer({ affinityMs: 1000 });
  made.reached("c", endpoint(2));
  expect(pick("c", new Set([endpointKey(endpoint(2))]))).toBe("10.42.0.1");
  made.update({ ...all, endpoints: [endpoint(3)] });
  expect(pick()).toBe("10.42.0.3");
});

test("more clients than are remembered push out the one that came least lately", () => {
  const { made, pick } = balancer({ affinityMs: 1000 });
  for (let n = 0; n <= 10_000; n++) made.reached(`client-${n}`, endpoint(3));
  expect(pick("client-1")).toBe("10.42.0.3");
  expect(pick("client-0")).toBe("10.42.0.1");
});
