import { expect, test } from "bun:test";
import { cells } from "#test/kit/cells.ts";
import type { Service } from "../object.ts";
import { ENDPOINTS, SERVICES } from "../resources/core-services.ts";
import { ENDPOINT_SLICES } from "../resources/discovery.ts";

const metadata = { name: "x", creationTimestamp: "2024-01-01T00:55:00Z" };

test.each<[string, Service["spec"], readonly string[]]>([
  [
    "ClusterIP",
    {
      type: "ClusterIP",
      clusterIP: "10.43.0.1",
      ports: [
        { port: 80, protocol: "TCP" },
        { port: 443, nodePort: 30_443, protocol: "TCP" },
      ],
      selector: { b: "2", a: "1" },
    },
    ["ClusterIP", "10.43.0.1", "<none>", "80/TCP,443:30443/TCP", "5m", "a=1,b=2"],
  ],
  [
    "headless",
    { type: "ClusterIP", clusterIP: "None" },
    ["ClusterIP", "None", "<none>", "<none>", "5m", "<none>"],
  ],
  [
    "ExternalName",
    { type: "ExternalName", externalName: "example.com" },
    ["ExternalName", "<none>", "example.com", "<none>", "5m", "<none>"],
  ],
  [
    "LoadBalancer",
    { type: "LoadBalancer", clusterIP: "10.43.0.2" },
    ["LoadBalancer", "10.43.0.2", "<pending>", "<none>", "5m", "<none>"],
  ],
])("Service %s", (_, spec, expected) => {
  expect(cells(SERVICES, { metadata, ...(spec && { spec }) })).toEqual(["x", ...expected]);
});

test("Endpoints show three and count the rest", () => {
  const addresses = ["10.0.0.1", "10.0.0.2", "fd00::3"].map((ip) => ({ ip }));
  const ports = [{ port: 80 }, { port: 443 }];
  expect(cells(ENDPOINTS, { metadata, subsets: [{ addresses, ports }] })?.[1]).toBe(
    "10.0.0.1:80,10.0.0.2:80,[fd00::3]:80 + 3 more...",
  );
  expect(cells(ENDPOINTS, { metadata, subsets: [{ addresses }] })?.[1]).toBe(
    "10.0.0.1,10.0.0.2,fd00::3",
  );
  expect(cells(ENDPOINTS, { metadata })?.[1]).toBe("<none>");
});

test("EndpointSlice", () => {
  const slice = {
    metadata,
    addressType: "IPv4",
    ports: [{ port: 80 }],
    endpoints: ["a", "b", "c", "d"].map((address) => ({ addresses: [address] })),
  };
  expect(cells(ENDPOINT_SLICES, slice)).toEqual(["x", "IPv4", "80", "a,b,c + 1 more...", "5m"]);
  const empty = { metadata, addressType: "IPv4", endpoints: [] };
  expect(cells(ENDPOINT_SLICES, empty)).toEqual(["x", "IPv4", "<unset>", "<unset>", "5m"]);
});
