import { expect, test } from "bun:test";
import { cells } from "#test/kit/cells.ts";
import { LEASES } from "../resources/coordination.ts";
import { NAMESPACES } from "../resources/core-cluster.ts";
import { CONFIG_MAPS, SECRETS, SERVICE_ACCOUNTS } from "../resources/core-config.ts";

const metadata = { name: "x", creationTimestamp: "2024-01-01T00:55:00Z" };

test("small kinds", () => {
  const phase = { metadata, status: { phase: "Active" } };
  expect(cells(NAMESPACES, phase)).toEqual(["x", "Active", "5m"]);
  const map = { metadata, data: { a: "1" }, binaryData: { b: "Mg==" } };
  expect(cells(CONFIG_MAPS, map)).toEqual(["x", 2, "5m"]);
  const secret = { metadata, type: "Opaque", data: { a: "MQ==" } };
  expect(cells(SECRETS, secret)).toEqual(["x", "Opaque", 1, "5m"]);
  expect(cells(SERVICE_ACCOUNTS, { metadata })).toEqual(["x", "5m"]);
  expect(cells(LEASES, { metadata, spec: { holderIdentity: "me" } })).toEqual(["x", "me", "5m"]);
  expect(cells(SERVICE_ACCOUNTS, { metadata: { name: "x" } })).toEqual(["x", "<unknown>"]);
});
