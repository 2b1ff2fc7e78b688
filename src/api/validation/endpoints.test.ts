import { expect, test } from "bun:test";
import { changed, created } from "#test/kit/validate.ts";
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

test("subsets of Endpoints that were let in by older rules stay, as long as none of them changes", () => {
  const old = { metadata, subsets: [{ addresses: [{ ip: "127.0.0.1" }] }] };
  const labelled = { ...old, metadata: { ...metadata, labels: { a: "b" } } };
  expect(changed(ENDPOINTS, old, labelled)).toEqual([]);
  const more = { metadata, subsets: [{ addresses: [{ ip: "127.0.0.1" }, { ip: "10.0.0.1" }] }] };
  expect(changed(ENDPOINTS, old, more)).toEqual([
    'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
  ]);
});
