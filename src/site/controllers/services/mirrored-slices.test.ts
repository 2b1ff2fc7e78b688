import { expect, test } from "bun:test";
import type { EndpointSlice, Endpoints } from "#api/object.ts";
import { isMirrored, notMirrored, planMirror } from "./mirrored-slices.ts";

const endpoints = (subsets: Endpoints["subsets"], metadata = {}): Endpoints => ({
  metadata: { name: "db", namespace: "x", uid: "e", ...metadata },
  ...(subsets && { subsets }),
});

/** What the API would store of slices that were made. */
const stored = (slices: readonly EndpointSlice[]): EndpointSlice[] =>
  slices.map((slice, index) => ({
    ...slice,
    metadata: { ...slice.metadata, name: `db-${index}`, resourceVersion: "1" },
  }));

const at = (ip: string) => ({ ip });
const tcp = (port: number, name?: string) => ({ port, protocol: "TCP", ...(name && { name }) });

test("what somebody wrote is mirrored with its labels, and only once", () => {
  const written = endpoints([{ addresses: [at("10.1.2.3")], ports: [tcp(80)] }], {
    labels: { team: "a" },
    annotations: { note: "n", "kubectl.kubernetes.io/last-applied-configuration": "{}" },
  });
  const { create, update, remove } = planMirror(written, []);
  expect([update, remove]).toEqual([[], []]);
  expect(create).toMatchObject([
    {
      metadata: {
        generateName: "db-",
        namespace: "x",
        labels: {
          team: "a",
          "kubernetes.io/service-name": "db",
          "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
        },
        annotations: { note: "n" },
        ownerReferences: [{ kind: "Endpoints", name: "db", controller: true }],
      },
      addressType: "IPv4",
      endpoints: [{ addresses: ["10.1.2.3"], conditions: { ready: true } }],
      ports: [{ name: "", port: 80, protocol: "TCP" }],
    },
  ]);
  const existing = stored(create);
  expect(planMirror(written, existing)).toEqual({ create: [], update: [], remove: [] });

  const moved = endpoints([{ notReadyAddresses: [at("10.2.3.4")], ports: [tcp(80)] }]);
  const next = planMirror(moved, existing);
  expect([next.create, next.remove]).toEqual([[], []]);
  expect(next.update).toMatchObject([
    {
      metadata: { name: "db-0", resourceVersion: "1" },
      endpoints: [{ addresses: ["10.2.3.4"], conditions: { ready: false } }],
    },
  ]);
  expect(next.update[0]?.metadata?.annotations).toBeUndefined();
  expect(planMirror(endpoints(undefined), existing).remove).toEqual(existing);
});

test("subsets are mirrored by what they say, however it is spread", () => {
  const { create } = planMirror(
    endpoints([
      { addresses: [at("10.0.0.1"), at("::1")], ports: [tcp(80, "a")] },
      { addresses: [at("10.0.0.1"), at("::1")], ports: [tcp(81, "b")] },
      { notReadyAddresses: [at("10.0.0.1")], ports: [tcp(82, "c")] },
      { addresses: [at("10.0.0.1")], ports: [tcp(82, "c")] },
      { addresses: [at("10.0.0.2")] },
    ]),
    [],
  );
  const shown = create.map(({ addressType, endpoints: all, ports }) => [
    addressType,
    all?.map(({ addresses, conditions }) => `${addresses.join()} ${conditions?.ready}`),
    ports?.map(({ port }) => port) ?? null,
  ]);
  // In the order in which Kubernetes keeps Endpoints: that of hashes.
  expect(shown).toEqual([
    ["IPv4", ["10.0.0.2 true"], null],
    ["IPv4", ["10.0.0.1 true"], [81, 80]],
    ["IPv6", ["::1 true"], [81, 80]],
    ["IPv4", ["10.0.0.1 false"], [82]],
  ]);
});

test("a subset has one slice, and what does not fit into it is counted", () => {
  const addresses = Array.from({ length: 1_002 }, (_, index) =>
    at(`10.0.${index >> 8}.${index & 255}`),
  );
  const many = endpoints([{ addresses, ports: [tcp(80)] }]);
  expect(planMirror(many, []).create.map((slice) => slice.endpoints?.length)).toEqual([1_000]);
  expect(notMirrored(many)).toBe(2);
});

test("Endpoints that say so, or who leads, are not mirrored", () => {
  expect(isMirrored(endpoints([]))).toBe(true);
  const skip = { labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } };
  expect(isMirrored(endpoints([], skip))).toBe(false);
  const leads = { annotations: { "control-plane.alpha.kubernetes.io/leader": "{}" } };
  expect(isMirrored(endpoints([], leads))).toBe(false);
});
