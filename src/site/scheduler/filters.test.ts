import { describe, expect, test } from "bun:test";
import type { Node, Pod, PodSpec } from "#api/object.ts";
import { refusals, unschedulableMessage } from "./filters.ts";
import { Ledger } from "./ledger.ts";
import { requestsOf } from "./requests.ts";
import { bestOf } from "./scores.ts";

let count = 0;

function pod(spec: Partial<PodSpec> = {}, owner?: string): Pod {
  const ownerReferences = [
    { apiVersion: "apps/v1", kind: "ReplicaSet", name: "r", uid: owner ?? "", controller: true },
  ];
  return {
    metadata: { name: "p", uid: `pod${++count}`, ...(owner && { ownerReferences }) },
    spec: { containers: [], ...spec },
  };
}

function asking(requests: Record<string, string>, hostPort?: number): Partial<PodSpec> {
  const ports = hostPort === undefined ? [] : [{ containerPort: 80, hostPort }];
  return { containers: [{ name: "c", resources: { requests }, ports }] };
}

function node(name: string, spec: Node["spec"] = {}, allocatable = {}): Node {
  return {
    metadata: { name, labels: { "kubernetes.io/hostname": name, disk: "ssd", size: "5" } },
    spec,
    status: { allocatable: { cpu: "2", memory: "1Gi", pods: "2", ...allocatable } },
  };
}

const ledgerWith = (...pods: readonly Pod[]): Ledger => {
  const ledger = new Ledger();
  for (const one of pods)
    ledger.put({ ...one, spec: { containers: [], ...one.spec, nodeName: "n" } });
  return ledger;
};

const why = (candidate: Pod, on: Node, ledger = ledgerWith()) =>
  refusals(candidate, { node: on, account: ledger.account("n") });

describe("a pod is refused", () => {
  test("where cpu or memory does not suffice, each named", () => {
    const big = pod(asking({ cpu: "3", memory: "2Gi" }));
    expect(why(big, node("n"))).toEqual(["Insufficient cpu", "Insufficient memory"]);
    const taken = ledgerWith(pod(asking({ cpu: "1500m" })));
    expect(why(pod(asking({ cpu: "500m" })), node("n"), taken)).toEqual([]);
    expect(why(pod(asking({ cpu: "501m" })), node("n"), taken)).toEqual(["Insufficient cpu"]);
  });

  test("where there are pods enough", () => {
    expect(why(pod(), node("n"), ledgerWith(pod(), pod()))).toEqual(["Too many pods"]);
  });

  test("where an extended resource is not offered", () => {
    expect(why(pod(asking({ "example.com/gpu": "1" })), node("n"))).toEqual([
      "Insufficient example.com/gpu",
    ]);
  });

  test("where its host port is taken", () => {
    const taken = ledgerWith(pod(asking({}, 80)));
    expect(why(pod(asking({}, 80)), node("n"), taken)).toEqual([
      "node(s) didn't have free ports for the requested pod ports",
    ]);
    expect(why(pod(asking({}, 81)), node("n"), taken)).toEqual([]);
  });

  test("where it does not tolerate a taint, or a cordon", () => {
    const tainted = node("n", { taints: [{ key: "k", value: "v", effect: "NoSchedule" }] });
    expect(why(pod(), tainted)).toEqual(["node(s) had untolerated taint {k: v}"]);
    const tolerations = [{ key: "k", operator: "Exists" }];
    expect(why(pod({ tolerations }), tainted)).toEqual([]);
    const soft = node("n", { taints: [{ key: "k", effect: "PreferNoSchedule" }] });
    expect(why(pod(), soft)).toEqual([]);
    expect(why(pod(), node("n", { unschedulable: true }))).toEqual(["node(s) were unschedulable"]);
  });

  test.each([
    [{ nodeSelector: { disk: "hdd" } }, false],
    [{ nodeSelector: { disk: "ssd" } }, true],
    [required({ key: "disk", operator: "In", values: ["ssd", "nvme"] }), true],
    [required({ key: "disk", operator: "NotIn", values: ["ssd"] }), false],
    [required({ key: "size", operator: "Gt", values: ["4"] }), true],
    [required({ key: "gone", operator: "Exists" }), false],
    [required({ key: "gone", operator: "DoesNotExist" }), true],
  ] satisfies [Partial<PodSpec>, boolean][])("where it does not want to be: %j", (spec, fits) => {
    const reason = "node(s) didn't match Pod's node affinity/selector";
    expect(why(pod(spec), node("n"))).toEqual(fits ? [] : [reason]);
  });
});

function required(requirement: {
  key: string;
  operator: string;
  values?: string[];
}): Partial<PodSpec> {
  const nodeSelectorTerms = [{ matchExpressions: [requirement] }];
  const requiredDuringSchedulingIgnoredDuringExecution = { nodeSelectorTerms };
  return { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution } } };
}

test("reasons are counted as kube-scheduler does", () => {
  expect(unschedulableMessage([["Insufficient cpu"]])).toBe(
    "0/1 nodes are available: 1 Insufficient cpu.",
  );
  const refused = [["Insufficient memory", "Insufficient cpu"], ["Insufficient cpu"]];
  expect(unschedulableMessage(refused)).toBe(
    "0/2 nodes are available: 1 Insufficient memory, 2 Insufficient cpu.",
  );
  expect(unschedulableMessage([])).toBe("no nodes available to schedule pods");
});

test("a pod takes the most of its start and its run, sidecars in both", () => {
  const container = (name: string, cpu: string, restartPolicy?: string) => ({
    name,
    resources: { requests: { cpu } },
    ...(restartPolicy && { restartPolicy }),
  });
  const spec = {
    initContainers: [container("side", "100m", "Always"), container("init", "1")],
    containers: [container("a", "300m"), container("b", "200m")],
    overhead: { cpu: "50m" },
  };
  expect(requestsOf({ spec }).get("cpu")).toBe(1150);
});

test("a ledger counts an assumed pod once, also when the cache catches up late", () => {
  const ledger = new Ledger();
  const given = pod(asking({ cpu: "1" }));
  ledger.assume(given, "n");
  ledger.put(given);
  expect(ledger.account("n").pods).toBe(1);
  const bound = { ...given, spec: { containers: [], ...given.spec, nodeName: "n" } };
  ledger.put(bound);
  expect(ledger.account("n")).toMatchObject({ pods: 1, requested: new Map([["cpu", 1000]]) });
  ledger.put({ ...bound, status: { phase: "Succeeded" } });
  expect(ledger.account("n")).toMatchObject({ pods: 0, requested: new Map([["cpu", 0]]) });
});

test("the emptier node wins, then the one without a sibling, then the first by name", () => {
  const ledger = new Ledger();
  const candidates = ["a", "b"].map((name) => node(name));
  const best = (candidate: Pod) =>
    bestOf(
      candidate,
      candidates.map((one) => ({ node: one, account: ledger.account(one.metadata?.name ?? "") })),
    )?.node.metadata?.name;
  expect(best(pod())).toBe("a");
  ledger.assume(pod(asking({ cpu: "1" })), "a");
  expect(best(pod())).toBe("b");
  ledger.assume(pod(asking({ cpu: "1" }), "owner"), "b");
  expect(best(pod({}, "owner"))).toBe("a");
});
