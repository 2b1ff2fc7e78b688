import { expect, test } from "bun:test";
import { changed, created, said } from "#test/kit/validate.ts";
import { LEASES } from "../resources/coordination.ts";
import { NAMESPACES, NODES } from "../resources/core-cluster.ts";

const metadata = { name: "x", namespace: "n" };
const NODE_INFO = {
  architecture: "",
  bootID: "",
  containerRuntimeVersion: "",
  kernelVersion: "",
  kubeProxyVersion: "",
  kubeletVersion: "",
  machineID: "",
  operatingSystem: "",
  osImage: "",
  systemUUID: "",
};

test("Node", () => {
  const taint = { key: "a", effect: "NoSchedule" };
  expect(
    created(NODES, {
      metadata: { name: "n" },
      spec: { taints: [taint, taint, { key: "b", effect: "x" }] },
    }),
  ).toEqual([
    'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
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

test("how a Lease finds its next holder is for clusters that coordinate elections", () => {
  const lease = { metadata, spec: { strategy: "OldestEmulationVersion", preferredHolder: "a" } };
  LEASES.prepareForCreate?.(lease);
  expect(lease.spec).toEqual({} as typeof lease.spec);
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

test("a Node keeps its deprecated external ID, whose writer is warned", () => {
  const named = (externalID: string) => ({ spec: { externalID } });
  expect(changed(NODES, named("x"), named("y"))).toEqual([
    "spec.externalID: Forbidden: may not be updated",
  ]);
  expect(changed(NODES, named(""), { spec: {} })).toEqual([]);
  expect(NODES.warnings?.(named("x"), undefined)).toEqual([
    "spec.externalID: this field is deprecated, and is unused by Kubernetes",
  ]);
  expect(NODES.warnings?.(named(""), undefined)).toEqual([]);
});

test("a Node has one network of each family, and each address once", () => {
  const spec = { podCIDRs: ["10.1.0.0/24", "10.2.0.0/24"] };
  expect(created(NODES, { metadata, spec })).toEqual([
    'spec.podCIDRs: Invalid value: ["10.1.0.0/24","10.2.0.0/24"]: may specify no more than one CIDR for each IP family',
  ]);
  const twice = { podCIDRs: ["10.1.0.0/24", "10.1.0.0/24"] };
  expect(created(NODES, { metadata, spec: twice })).toContain(
    'spec.podCIDRs[1]: Duplicate value: "10.1.0.0/24"',
  );
  const address = { type: "InternalIP", address: "10.0.0.1" };
  const status = { addresses: [address, address], declaredFeatures: ["B", "A", "A"] };
  const features = [
    'status.declaredFeatures[1]: Invalid value: "A": list must be sorted alphabetically',
    'status.declaredFeatures[2]: Duplicate value: "A"',
  ];
  expect(created(NODES, { metadata, status })).toEqual(features);
  expect(said(NODES, { metadata }, { metadata, status })).toEqual([
    ...features,
    'status.addresses[1]: Duplicate value: {"Type":"InternalIP","Address":"10.0.0.1"}',
  ]);
});

test("what a Node can do has a name as features have them, and swap that it has is some", () => {
  const status = {
    declaredFeatures: ["One", "Two/part", "Two/a-b", "lower"],
    nodeInfo: { ...NODE_INFO, swap: { capacity: 0 } },
  };
  const rule =
    "must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes";
  const features = [
    'status.declaredFeatures[2]: Invalid value: "Two/a-b": list must be sorted alphabetically',
    `status.declaredFeatures[2]: Invalid value: "Two/a-b": invalid feature name "Two/a-b": ${rule}`,
    `status.declaredFeatures[3]: Invalid value: "lower": invalid feature name "lower": ${rule}`,
  ];
  expect(created(NODES, { metadata, status })).toEqual([
    "metadata.nodeSwapStatus.capacity: Invalid value: 0: must be greater than zero",
    ...features,
  ]);
  expect(said(NODES, { metadata }, { metadata, status })).toEqual(features);
  const long = "A".repeat(254);
  expect(created(NODES, { metadata, status: { declaredFeatures: [long] } })).toEqual([
    `status.declaredFeatures[0]: Invalid value: "${long}": invalid feature name "${long}": must be no more than 253 characters`,
  ]);
});

test("what is wrong with a Node is told of twice where it changes", () => {
  const spec = { taints: [{ key: "a", effect: "x" }], podCIDRs: ["10.1.0.0/24"] };
  const taint =
    'metadata.taints[0].effect: Unsupported value: "x": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"';
  const status = { capacity: { cpu: "-1" }, allocatable: {} };
  const amount = 'status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0';
  expect(changed(NODES, { metadata }, { metadata, spec, status })).toEqual([
    taint,
    amount,
    amount,
    taint,
  ]);
  const both = { podCIDRs: ["10.1.0.0/24", "2001:db8::/64"] };
  const others = { podCIDRs: ["10.2.0.0/24", "2001:db9::/64"] };
  const error =
    'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid';
  expect(changed(NODES, { metadata, spec: both }, { metadata, spec: others })).toEqual([
    error,
    error,
  ]);
});

test("the older field of a Node's networks counts, and a new one takes no configuration", () => {
  const configSource = { configMap: { name: "a", namespace: "b", kubeletConfigKey: "c" } };
  const node = {
    metadata,
    spec: { podCIDR: "10.1.0.0/24", podCIDRs: ["10.2.0.0/24"], configSource },
  };
  NODES.setDefaults(node);
  NODES.prepareForCreate?.(node);
  expect<object>(node.spec).toEqual({ podCIDR: "10.1.0.0/24", podCIDRs: ["10.1.0.0/24"] });
});

test("a Namespace is ending exactly when it was deleted", () => {
  const deleted = { ...metadata, deletionTimestamp: "2024-01-01T00:00:00Z" };
  const as = (phase: string) => ({ status: { phase } });
  expect(said(NAMESPACES, {}, { metadata, ...as("Terminating") })).toEqual([
    "status.Phase: Invalid value: \"Terminating\": may only be 'Active' if `deletionTimestamp` is empty",
  ]);
  expect(said(NAMESPACES, {}, { metadata: deleted, ...as("Active") })).toEqual([
    "status.Phase: Invalid value: \"Active\": may only be 'Terminating' if `deletionTimestamp` is not empty",
  ]);
  expect(said(NAMESPACES, {}, { metadata: deleted, ...as("Terminating") })).toEqual([]);
});
