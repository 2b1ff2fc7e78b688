import { expect, test } from "bun:test";
import { changed, created } from "#test/kit/validate.ts";
import { LEASES } from "../resources/coordination.ts";
import { NAMESPACES, NODES } from "../resources/core-cluster.ts";

const metadata = { name: "x", namespace: "n" };

test("Node", () => {
  const taint = { key: "a", effect: "NoSchedule" };
  expect(
    created(NODES, {
      metadata: { name: "n" },
      spec: { taints: [taint, taint, { key: "b", effect: "x" }] },
    }),
  ).toEqual([
    'metadata.taints[1]: Duplicate value: {"key":"a","effect":"NoSchedule"}: taints must be unique by key and effect pair',
    'metadata.taints[2].effect: Unsupported value: "x": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
  ]);
  const placed = { spec: { podCIDRs: ["10.42.0.0/24"] } };
  expect(changed(NODES, placed, { spec: { podCIDRs: ["10.43.0.0/24"] } })).toEqual([
    'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
  ]);
  expect(created(NODES, { spec: { podCIDRs: ["10.42.0.0/33"] } })).toEqual([
    'spec.podCIDRs[0]: Invalid value: "10.42.0.0/33": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ]);
});

test("Lease and Namespace", () => {
  const lease = { metadata, spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } };
  expect(created(LEASES, lease)).toEqual([
    "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
    "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0",
  ]);
  expect(created(NAMESPACES, { metadata: { name: "n" }, spec: { finalizers: ["mine"] } })).toEqual([
    'spec.finalizers: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
  ]);
});
