import { expect, test } from "bun:test";
import { cells } from "#test/kit/cells.ts";
import { NODES } from "../resources/core-cluster.ts";

const metadata = { name: "x", creationTimestamp: "2024-01-01T00:55:00Z" };

test("Node", () => {
  const node = {
    metadata: {
      ...metadata,
      labels: {
        "node-role.kubernetes.io/edge": "",
        "node-role.kubernetes.io/control-plane": "",
        "kubernetes.io/role": "agent",
      },
    },
    spec: { unschedulable: true },
    status: {
      conditions: [{ type: "Ready", status: "True" }],
      addresses: [{ type: "InternalIP", address: "10.42.0.1" }],
    },
  };
  expect(cells(NODES, node)).toEqual([
    "x",
    "Ready,SchedulingDisabled",
    "agent,control-plane,edge",
    "5m",
    "",
    "10.42.0.1",
    "<none>",
    "<unknown>",
    "<unknown>",
    "<unknown>",
  ]);
  expect(cells(NODES, { metadata })?.slice(1, 3)).toEqual(["Unknown", "<none>"]);
});
