import { expect, test } from "bun:test";
import { type Node, nameOf, type Pod } from "#api/object.ts";
import { awaitsVictims, type Place, preemptionFor } from "./preemption.ts";

const node = (name: string, spec: Node["spec"] = {}): Node => ({
  metadata: { name },
  spec,
  status: { allocatable: { cpu: "4", memory: "1Gi", pods: "9" } },
});

interface Given {
  readonly cpu?: string;
  readonly startTime?: string;
  readonly ending?: boolean;
  readonly never?: boolean;
}

function pod(name: string, priority: number, given: Given = {}): Pod {
  const { cpu = "1", startTime, ending = false, never = false } = given;
  return {
    metadata: { name, uid: name, ...(ending && { deletionTimestamp: "2030-01-01T00:00:00Z" }) },
    spec: {
      priority,
      containers: [{ name: "c", resources: { requests: { cpu } } }],
      ...(never && { preemptionPolicy: "Never" }),
    },
    status: startTime === undefined ? {} : { startTime },
  };
}

function found(candidate: Pod, ...places: readonly Place[]) {
  const preemption = preemptionFor(candidate, places);
  return preemption && [preemption.node, ...preemption.victims.map(nameOf)];
}

const four = [pod("a", 1), pod("b", 2), pod("c", 5), pod("d", 9)];

test("as few go as must, the least important first", () => {
  const place = { node: node("n"), pods: four };
  expect(found(pod("x", 7), place)).toEqual(["n", "a"]);
  expect(found(pod("x", 7, { cpu: "2" }), place)).toEqual(["n", "b", "a"]);
  expect(found(pod("x", 7, { cpu: "3" }), place)).toEqual(["n", "c", "b", "a"]);
});

test("a big one goes alone where that is enough", () => {
  const pods = [pod("small", 1), pod("big", 1, { cpu: "3", startTime: "2030-01-01T00:00:00Z" })];
  expect(found(pod("x", 7, { cpu: "3" }), { node: node("n"), pods })).toEqual(["n", "big"]);
});

test("of equals the one that runs the shortest goes", () => {
  const pods = ["03", "01", "04", "02"].map((day) =>
    pod(`since-${day}`, 1, { startTime: `2030-01-${day}T00:00:00Z` }),
  );
  expect(found(pod("x", 7), { node: node("n"), pods })).toEqual(["n", "since-04"]);
});

test("nobody goes who matters as much, for nothing, or for a pod that waits", () => {
  const place = { node: node("n"), pods: four };
  expect(found(pod("x", 1), place)).toBeUndefined();
  expect(found(pod("x", 7, { cpu: "5" }), place)).toBeUndefined();
  expect(found(pod("x", 7, { never: true }), place)).toBeUndefined();
  const closed = { node: node("n", { unschedulable: true }), pods: four };
  expect(found(pod("x", 7), closed)).toBeUndefined();
});

test("it happens where it does the least harm", () => {
  const at = (name: string, ...priorities: readonly number[]): Place => ({
    node: node(name),
    pods: priorities.map((priority, index) => pod(`${name}${index}`, priority)),
  });
  const [high, low] = [at("high", 3, 3, 3, 3), at("low", 2, 2, 2, 2)];
  expect(found(pod("x", 7, { cpu: "2" }), high, low)?.[0]).toBe("low");
  expect(found(pod("x", 7, { cpu: "2" }), at("sum", 2, 2, 5, 5), at("less", 1, 2, 5, 5))?.[0]).toBe(
    "less",
  );
});

test("who is on the way out of the node that was promised is waited for", () => {
  const promised = { ...pod("x", 7), status: { nominatedNodeName: "n" } };
  const place = { node: node("n"), pods: [pod("a", 1, { ending: true }), pod("b", 9)] };
  expect(awaitsVictims(promised, [place])).toBe(true);
  expect(awaitsVictims(pod("x", 7), [place])).toBe(false);
  expect(awaitsVictims(promised, [{ ...place, node: node("m") }])).toBe(false);
  expect(awaitsVictims(promised, [{ ...place, pods: [pod("a", 1)] }])).toBe(false);
});
