import { expect, test } from "bun:test";
import type { Pod } from "#api/object.ts";
import { availableInMs, byDispensability } from "./pods.ts";

interface Given {
  readonly node?: string;
  readonly phase?: string;
  readonly readySince?: string;
  readonly created?: string;
  readonly cost?: number;
}

function pod(
  name: string,
  { node = "n", phase = "Running", readySince, created, cost }: Given,
): Pod {
  return {
    metadata: {
      name,
      creationTimestamp: created ?? "2030-01-01T00:00:00Z",
      ...(cost !== undefined && {
        annotations: { "controller.kubernetes.io/pod-deletion-cost": String(cost) },
      }),
    },
    spec: { containers: [], ...(node && { nodeName: node }) },
    status: {
      phase,
      ...(readySince && {
        conditions: [{ type: "Ready", status: "True", lastTransitionTime: readySince }],
      }),
    },
  };
}

test("pods go in the order in which they are missed the least", () => {
  const long = "2030-01-01T00:00:00Z";
  const late = "2030-01-01T09:00:00Z";
  const pods = [
    pod("proven", { readySince: long, created: long }),
    pod("dear", { readySince: long, cost: 10 }),
    pod("fresh", { readySince: late }),
    pod("newest", { readySince: long, created: late }),
    pod("unready", {}),
    pod("pending", { phase: "Pending" }),
    pod("unplaced", { node: "", phase: "Pending" }),
    pod("cheap", { readySince: long, cost: -1 }),
  ];
  expect(byDispensability(pods).map(({ metadata }) => metadata?.name)).toEqual([
    "unplaced",
    "pending",
    "unready",
    "cheap",
    "fresh",
    "newest",
    "proven",
    "dear",
  ]);
});

test("of equals those on the most crowded node go first", () => {
  const pods = [pod("a", { node: "x" }), pod("b", { node: "y" }), pod("c", { node: "y" })];
  const [first] = byDispensability(pods);
  expect(first?.spec?.nodeName).toBe("y");
});

test("a pod is available once it has been ready for long enough, also after the clock stepped back", () => {
  const given = pod("a", { readySince: "2030-01-01T00:00:10Z" });
  const at = (now: string, minReadyMs = 5_000) =>
    availableInMs(given, { minReadyMs, now: new Date(now) });
  expect(at("2030-01-01T00:00:12Z")).toBe(3_000);
  expect(at("2030-01-01T00:00:15Z")).toBe(0);
  expect(at("2030-01-01T00:00:10Z", 0)).toBe(0);
  expect(at("1970-01-01T00:00:00Z")).toBe(5_000);
  expect(availableInMs(pod("b", {}), { minReadyMs: 0, now: new Date() })).toBeUndefined();
});
