import { expect, test } from "bun:test";
import type { EndpointSlice, Ingress, NetworkPolicy } from "../object.ts";
import { ENDPOINT_SLICES } from "../resources/discovery.ts";
import { INGRESSES, NETWORK_POLICIES } from "../resources/networking.ts";

const metadata = { name: "x", namespace: "n" };

test("an Ingress that names its class as of old, when it is new", () => {
  const old: Ingress = {
    metadata: { ...metadata, annotations: { "kubernetes.io/ingress.class": "nginx" } },
    spec: {},
  };
  expect(INGRESSES.warnings?.(old, undefined)).toEqual([
    `annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`,
  ]);
  expect(INGRESSES.warnings?.(old, old)).toEqual([]);
  expect(INGRESSES.warnings?.({ ...old, spec: { ingressClassName: "nginx" } }, undefined)).toEqual(
    [],
  );
});

test("a NetworkPolicy of networks in a long spelling", () => {
  const policy: NetworkPolicy = {
    metadata,
    spec: {
      podSelector: {},
      egress: [{ to: [{ ipBlock: { cidr: "2001:db8::/32", except: ["2001:DB8:0::/48"] } }] }],
    },
  };
  expect(NETWORK_POLICIES.warnings?.(policy, undefined)).toEqual([
    'spec.egress[0].to[0].ipBlock.except[0]: IPv6 CIDR value "2001:DB8:0::/48" should be in RFC 5952 canonical format ("2001:db8::/48")',
  ]);
});

test("an EndpointSlice of names, or of addresses in a long spelling, unless a controller wrote it", () => {
  const names: EndpointSlice = { metadata, addressType: "FQDN", endpoints: [] };
  expect(ENDPOINT_SLICES.warnings?.(names, undefined)).toEqual([
    "spec.addressType: FQDN endpoints are deprecated",
  ]);
  expect(ENDPOINT_SLICES.warnings?.(names, names)).toEqual([]);
  const long = { ...names, addressType: "IPv6", endpoints: [{ addresses: ["2001:DB8::1"] }] };
  expect(ENDPOINT_SLICES.warnings?.(long, long)).toEqual([
    'endpoints[0].addresses[0]: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")',
  ]);
  const labels = { "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io" };
  expect(
    ENDPOINT_SLICES.warnings?.({ ...long, metadata: { ...metadata, labels } }, undefined),
  ).toEqual([]);
});
