import { expect, test } from "bun:test";
import { repackSubsets } from "./repack-subsets.ts";

const tcp = (port: number) => ({ port, protocol: "TCP" });

test("ports stand in the order of their hashes", () => {
  const ports = [80, 443, 8080, 9090, 53].map((port, index) => ({
    name: `p${index}`,
    ...tcp(port),
    ...(index === 2 && { appProtocol: "http" }),
  }));
  const [subset] = repackSubsets([{ addresses: [{ ip: "10.0.0.1" }], ports }]);
  expect(subset?.ports?.map(({ port }) => port)).toEqual([443, 53, 8080, 80, 9090]);
});

test("subsets stand in the order of their hashes", () => {
  const targetRef = { kind: "Pod", namespace: "n", name: "p", uid: "u" };
  const subsets = [
    { addresses: [{ ip: "10.0.0.1" }], ports: [tcp(81)] },
    { addresses: [{ ip: "10.0.0.2", nodeName: "node", targetRef }], ports: [tcp(82)] },
    { notReadyAddresses: [{ ip: "10.0.0.3" }], ports: [tcp(83)] },
    { addresses: [{ ip: "10.0.0.4" }] },
  ];
  const order = [2, 1, 0, 3].map((index) => subsets[index] ?? {});
  expect(repackSubsets(subsets)).toEqual(order);
});

test("addresses that offer the same ports stand together, in order, each once", () => {
  const ports = [tcp(80)];
  expect(
    repackSubsets([
      { addresses: [{ ip: "10.0.0.9" }, { ip: "10.0.0.10" }], ports },
      { addresses: [{ ip: "10.0.0.1" }, { ip: "10.0.0.9" }], ports },
    ]),
  ).toEqual([{ addresses: ["10.0.0.1", "10.0.0.10", "10.0.0.9"].map((ip) => ({ ip })), ports }]);
});

test("who is not ready in one place is not ready", () => {
  const [addresses, ports] = [[{ ip: "10.0.0.1" }], [tcp(80)]];
  const mixed = [
    { addresses, ports },
    { notReadyAddresses: addresses, ports },
  ];
  expect(repackSubsets(mixed)).toEqual([{ notReadyAddresses: addresses, ports }]);
});

test("ports for the same addresses become one subset, but those of applications stay apart", () => {
  const addresses = [{ ip: "10.0.0.1" }];
  const one = repackSubsets([
    { addresses, ports: [tcp(80)] },
    { addresses, ports: [tcp(81)] },
  ]);
  expect(one.map(({ ports }) => ports?.length)).toEqual([2]);
  const http = () => ({ ...tcp(80), appProtocol: "http" });
  const apart = repackSubsets([
    { addresses, ports: [http()] },
    { addresses: [{ ip: "10.0.0.2" }], ports: [http()] },
  ]);
  expect(apart).toHaveLength(2);
});
