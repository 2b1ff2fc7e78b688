import { expect, test } from "bun:test";
import { changed, created } from "#test/kit/validate.ts";
import { ENDPOINTS } from "../resources/core-services.ts";
import { ENDPOINT_SLICES } from "../resources/discovery.ts";

const metadata = { name: "x", namespace: "n" };

test("Endpoints and EndpointSlice", () => {
  expect(created(ENDPOINTS, { metadata, subsets: [{ ports: [{ port: 80 }] }] })).toEqual([
    "subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`",
  ]);
  expect(
    created(ENDPOINTS, { metadata, subsets: [{ addresses: [{ ip: "169.254.1.1" }] }] }),
  ).toEqual([
    'subsets[0].addresses[0].ip: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
  ]);
  const slice = {
    metadata,
    addressType: "IPv4",
    endpoints: [{ addresses: [] }],
    ports: [{ name: "a" }, { name: "a" }],
  };
  expect(created(ENDPOINT_SLICES, slice)).toEqual([
    "endpoints[0].addresses: Required value: must contain at least 1 address",
    'ports[1].name: Duplicate value: "a"',
  ]);
  const other = { metadata, addressType: "IPv6", endpoints: [] };
  expect(changed(ENDPOINT_SLICES, { ...other, addressType: "IPv4" }, other)).toEqual([
    'addressType: Invalid value: "IPv6": field is immutable',
  ]);
});
