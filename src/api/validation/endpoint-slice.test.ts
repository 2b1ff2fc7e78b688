import { describe, expect, test } from "bun:test";
import { changed, created } from "#test/kit/validate.ts";
import type { EndpointSlice } from "../object.ts";
import { ENDPOINT_SLICES } from "../resources/discovery.ts";

type Endpoint = NonNullable<EndpointSlice["endpoints"]>[number];
const metadata = { name: "x", namespace: "n" };
const slice = (given: Partial<EndpointSlice>): EndpointSlice => ({
  metadata,
  addressType: "IPv4",
  endpoints: [],
  ...given,
});
const endpoint = (given: Partial<Endpoint>) =>
  slice({ endpoints: [{ addresses: ["10.0.0.1"], ...given }] });
const named = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `a${index}` }));

describe("an EndpointSlice", () => {
  test.each<[string, EndpointSlice, string[]]>([
    ["as usual", endpoint({ hints: { forZones: [{ name: "a" }], forNodes: [{ name: "n" }] } }), []],
    [
      "of ports of one name, before endpoints of no address",
      slice({ endpoints: [{ addresses: [] }], ports: [{ name: "a" }, { name: "a" }] }),
      [
        'ports[1].name: Duplicate value: "a"',
        "endpoints[0].addresses: Required value: must contain at least 1 address",
      ],
    ],
    [
      "of addresses of another sort, or of none",
      slice({ endpoints: [{ addresses: ["2001:db8::1", "010.0.0.1", "127.0.0.1"] }] }),
      [
        'endpoints[0].addresses[0]: Invalid value: "2001:db8::1": must be an IPv4 address',
        'endpoints[0].addresses[1]: Invalid value: "010.0.0.1": must not have leading 0s',
        'endpoints[0].addresses[2]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      ],
    ],
    [
      "of too many endpoints, which are not looked at",
      slice({ endpoints: Array.from({ length: 1001 }, () => ({ addresses: [] })) }),
      ["endpoints: Too many: 1001: must have at most 1000 items"],
    ],
    [
      "of one zone twice",
      endpoint({ hints: { forZones: [{ name: "a" }, { name: "a" }] } }),
      ['endpoints[0].hints.forZones[1].name: Duplicate value: "a"'],
    ],
    [
      "of many zones",
      endpoint({ hints: { forZones: named(9), forNodes: named(9) } }),
      ["endpoints[0].hints.forZones: Too many: 9: must have at most 8 items"],
    ],
    [
      "of many nodes",
      endpoint({ hints: { forNodes: named(9) } }),
      ["endpoints[0].hints.forNodes: Too many: 9: must have at most 8 items"],
    ],
    ["of labels that nobody writes any more", endpoint({ deprecatedTopology: { "-": "" } }), []],
  ])("%s", (_, given, expected) => {
    expect(created(ENDPOINT_SLICES, given)).toEqual(expected);
  });

  test("keeps endpoints that were let in by older rules, and gets no others", () => {
    const old = endpoint({ addresses: ["127.0.0.1"] });
    const labelled = { ...old, metadata: { ...metadata, labels: { a: "b" } } };
    expect(changed(ENDPOINT_SLICES, old, labelled)).toEqual([]);
    expect(changed(ENDPOINT_SLICES, slice({}), old)).toEqual([
      'endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ]);
  });

  test("keeps its sort of address", () => {
    const other = slice({ addressType: "IPv6" });
    expect(changed(ENDPOINT_SLICES, slice({}), other)).toEqual([
      'addressType: Invalid value: "IPv6": field is immutable',
    ]);
  });
});
