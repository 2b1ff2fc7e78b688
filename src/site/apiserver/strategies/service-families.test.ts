import { expect, test } from "bun:test";
import type { Service } from "#api/object.ts";
import { settleFamilies } from "./service-families.ts";

type Spec = NonNullable<Service["spec"]>;

const settled = (given: Spec) => {
  const spec = structuredClone(given);
  const errors = settleFamilies(spec).map(({ field, message }) => `${field}: ${message}`);
  return errors.length > 0 ? errors : [spec.ipFamilyPolicy, ...(spec.ipFamilies ?? [])];
};

test.each<[string, Spec, (string | undefined)[]]>([
  ["is of IPv4", {}, ["SingleStack", "IPv4"]],
  ["would be of both", { ipFamilyPolicy: "PreferDualStack" }, ["PreferDualStack", "IPv4"]],
  [
    "must be of both",
    { ipFamilyPolicy: "RequireDualStack" },
    [
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    ],
  ],
  [
    "of IPv6",
    { ipFamilies: ["IPv6"] },
    ['spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster'],
  ],
  [
    "with an address of IPv6",
    { clusterIPs: ["2001:db8::1"] },
    ['spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster'],
  ],
  [
    "of two families and no policy",
    { ipFamilies: ["IPv4", "IPv6"] },
    [
      "spec.ipFamilyPolicy: Invalid value: null: must be 'RequireDualStack' or 'PreferDualStack' when multiple 'ipFamilies' are specified",
    ],
  ],
  [
    "without address, of pods",
    { clusterIPs: ["None"], selector: { app: "web" } },
    ["SingleStack", "IPv4"],
  ],
  ["without address, of whatever", { clusterIPs: ["None"] }, ["RequireDualStack", "IPv4", "IPv6"]],
  [
    "without address, of whatever is of one family",
    { clusterIPs: ["None"], ipFamilyPolicy: "SingleStack", ipFamilies: ["IPv6"] },
    ["SingleStack", "IPv6"],
  ],
])("a Service that %s", (_, given, expected) => {
  expect(settled(given)).toEqual(expected);
});
