import { expect, test } from "bun:test";
import {
  anyAddressElements,
  oneAddressElements,
  type PortMapping,
  parseElement,
} from "./host-ports.ts";

const mapping = (more: Partial<PortMapping> = {}): PortMapping => ({
  protocol: "TCP",
  hostPort: 8080,
  containerPort: 80,
  address: "10.42.0.2",
  ...more,
});

test("a mapping survives the way into the kernel and back", () => {
  const all = [mapping(), mapping({ protocol: "UDP" }), mapping({ protocol: "SCTP", hostPort: 1 })];
  expect(anyAddressElements(all).map(parseElement)).toEqual(all);
  const one = [mapping({ hostIP: "192.0.2.1" })];
  expect(oneAddressElements(one).map(parseElement)).toEqual(one);
});

test("a mapping is either for all addresses or for one", () => {
  const all = [mapping({ hostIP: "0.0.0.0" }), mapping({ hostIP: "192.0.2.1" })];
  expect(anyAddressElements(all)).toHaveLength(1);
  expect(oneAddressElements(all)).toHaveLength(1);
});

test("a port leads to the first pod that asked for it", () => {
  const all = [mapping(), mapping({ address: "10.42.0.3" })];
  expect(anyAddressElements(all).map(parseElement)).toEqual([mapping()]);
});
