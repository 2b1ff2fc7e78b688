import { expect, test } from "bun:test";
import { created } from "#test/kit/validate.ts";
import { ENDPOINTS } from "../resources/core-services.ts";

const metadata = { name: "x", namespace: "n" };

test("Endpoints", () => {
  expect(created(ENDPOINTS, { metadata, subsets: [{ ports: [{ port: 80 }] }] })).toEqual([
    "subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`",
  ]);
  expect(
    created(ENDPOINTS, { metadata, subsets: [{ addresses: [{ ip: "169.254.1.1" }] }] }),
  ).toEqual([
    'subsets[0].addresses[0].ip: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
  ]);
  expect(created(ENDPOINTS, { metadata, subsets: [{ addresses: [{ ip: "x" }] }] })).toEqual([
    'subsets[0].addresses[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    'subsets[0].addresses[0].ip: Invalid value: "x": must be a valid IP address',
  ]);
});
