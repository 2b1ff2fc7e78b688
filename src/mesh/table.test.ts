import { expect, test } from "bun:test";
import type * as objects from "#api/object.ts";
import { buildTable } from "./table.ts";

type Endpoint = NonNullable<objects.EndpointSlice["endpoints"]>[number];

const service = (spec: Partial<NonNullable<objects.Service["spec"]>>): objects.Service => ({
  metadata: { namespace: "shop", name: "web" },
  spec: { clusterIP: "10.43.0.9", ports: [{ name: "http", port: 80 }], ...spec },
});

const slice = (
  endpoints: Endpoint[],
  ports: objects.EndpointSlice["ports"] = [{ name: "http", port: 8080, protocol: "TCP" }],
): objects.EndpointSlice => ({
  addressType: "IPv4",
  metadata: {
    namespace: "shop",
    name: "web-1",
    labels: { "kubernetes.io/service-name": "web" },
  },
  endpoints,
  ports,
});

const web = (spec: Parameters<typeof service>[0], ...slices: objects.EndpointSlice[]) => {
  const found = buildTable([service(spec)], slices).get("shop/web");
  if (!found) throw new Error("Expected shop/web");
  return found;
};

test("only ready endpoints answer, and an absent condition means ready", () => {
  const found = web(
    {},
    slice([
      { addresses: ["10.42.0.3"], conditions: { ready: true } },
      { addresses: ["10.42.0.2"] },
      { addresses: ["10.42.0.4"], conditions: { ready: false, serving: true } },
    ]),
  );
  expect(found.ports).toEqual([
    {
      name: "http",
      protocol: "TCP",
      port: 80,
      endpoints: [
        { address: "10.42.0.2", port: 8080 },
        { address: "10.42.0.3", port: 8080 },
      ],
    },
  ]);
});

test("publishNotReadyAddresses lets all of them answer", () => {
  const found = web(
    { publishNotReadyAddresses: true, clusterIP: "None" },
    slice([{ addresses: ["10.42.0.4"], hostname: "web-0", conditions: { ready: false } }]),
  );
  expect(found.clusterIP).toBeUndefined();
  expect(found.hosts).toEqual([{ address: "10.42.0.4", hostname: "web-0" }]);
});

test("a named target port may be another number in every slice", () => {
  const old = slice([{ addresses: ["10.42.0.2"] }], [{ name: "http", port: 80 }]);
  const next = slice([{ addresses: ["10.42.0.3"] }], [{ name: "http", port: 8080 }]);
  expect(web({}, old, next).ports[0]?.endpoints).toEqual([
    { address: "10.42.0.2", port: 80 },
    { address: "10.42.0.3", port: 8080 },
  ]);
});

test("ports are told apart by name and protocol, never by a part of the number", () => {
  const ports = [
    { name: "dns", port: 53, protocol: "UDP" },
    { name: "dns-tcp", port: 53, protocol: "TCP" },
  ];
  const found = web({ ports }, slice([{ addresses: ["10.42.0.2"] }], ports));
  expect(found.ports.map((one) => [one.protocol, one.endpoints.length])).toEqual([
    ["UDP", 1],
    ["TCP", 1],
  ]);
});

test("ClientIP affinity lasts three hours unless told", () => {
  expect(web({ sessionAffinity: "ClientIP" }).affinityMs).toBe(10_800_000);
  const sessionAffinityConfig = { clientIP: { timeoutSeconds: 5 } };
  expect(web({ sessionAffinity: "ClientIP", sessionAffinityConfig }).affinityMs).toBe(5000);
  expect(web({ sessionAffinity: "None" }).affinityMs).toBeUndefined();
});

test("an ExternalName Service only names another host", () => {
  const found = web({ type: "ExternalName", externalName: "db.example.com." });
  expect(found).toEqual({
    namespace: "shop",
    name: "web",
    ports: [],
    hosts: [],
    externalName: "db.example.com",
  });
});

test("a Service without endpoints is in the table, one of another proxy is not", () => {
  expect(web({}).ports[0]?.endpoints).toEqual([]);
  const other = service({});
  other.metadata = {
    ...other.metadata,
    labels: { "service.edgemesh.kubeedge.io/service-proxy-name": "x" },
  };
  expect(buildTable([other], []).size).toBe(0);
});
