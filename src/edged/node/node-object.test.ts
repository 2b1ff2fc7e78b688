import { describe, expect, test } from "bun:test";
import { type NodeFacts, nodeLease, nodeObject } from "./node-object.ts";

const facts: NodeFacts = {
  options: {
    name: "edge",
    kubeletVersion: "v1.36.0+edgesite.0",
    podCIDRs: ["10.42.0.0/24"],
  },
  addresses: ["192.0.2.1"],
  machine: {
    ...{ hostname: "edge", architecture: "arm64", kernelVersion: "6.1", osImage: "Debian" },
    ...{ machineID: "m", systemUUID: "s", bootID: "b" },
    ...{ cpus: 4, memoryBytes: 2 ** 31, storageBytes: 2 ** 33 },
  },
  headroom: {
    memoryAvailableBytes: 2 ** 30,
    storageAvailableShare: 0.5,
    inodesAvailableShare: 0.5,
    pidsAvailableShare: 0.9,
  },
  engine: { reachable: true, version: "28.2.2" },
  scheme: "docker",
  images: [],
  notReadyReason: undefined,
  before: [],
  now: new Date("2030-01-01T00:00:00Z"),
};
const condition = (changes: Partial<NodeFacts>, type: string) =>
  nodeObject({ ...facts, ...changes }).status?.conditions?.find((one) => one.type === type);

describe("nodeObject()", () => {
  test("carries the labels that KubeEdge and Kubernetes look for", () => {
    expect(nodeObject(facts).metadata?.labels).toEqual({
      "beta.kubernetes.io/arch": "arm64",
      "beta.kubernetes.io/os": "linux",
      "kubernetes.io/arch": "arm64",
      "kubernetes.io/hostname": "edge",
      "kubernetes.io/os": "linux",
      "node-role.kubernetes.io/agent": "",
      "node-role.kubernetes.io/edge": "",
    });
  });

  test("keeps 100 Mi for itself and says what it runs on", () => {
    const { status } = nodeObject(facts);
    expect(status?.capacity).toMatchObject({ cpu: "4", memory: "2097152Ki", pods: "110" });
    expect(status?.allocatable).toMatchObject({ memory: "1994752Ki" });
    expect(status?.nodeInfo).toMatchObject({
      containerRuntimeVersion: "docker://28.2.2",
      kubeletVersion: "v1.36.0+edgesite.0",
    });
  });

  test("is ready in KubeEdge's words, or says why not", () => {
    expect(condition({}, "Ready")).toMatchObject({ status: "True", reason: "EdgeReady" });
    const engine = { reachable: false, reason: "no such socket" } as const;
    expect(condition({ engine }, "Ready")).toMatchObject({
      status: "False",
      reason: "EdgeNotReady",
      message: "no such socket",
    });
    const mesh = condition({ notReadyReason: "mesh is not ready" }, "Ready");
    expect(mesh?.message).toBe("mesh is not ready");
    const both = condition({ engine, notReadyReason: "mesh is not ready" }, "Ready");
    expect(both?.message).toBe("no such socket; mesh is not ready");
  });

  test("a condition keeps the time of its last change", () => {
    const before = nodeObject(facts).status?.conditions ?? [];
    const now = new Date("2030-01-01T01:00:00Z");
    expect(condition({ before, now }, "Ready")).toMatchObject({
      lastTransitionTime: "2030-01-01T00:00:00Z",
      lastHeartbeatTime: "2030-01-01T01:00:00Z",
    });
    const headroom = { ...facts.headroom, storageAvailableShare: 0.01 };
    expect(condition({ before, now, headroom }, "DiskPressure")).toMatchObject({
      status: "True",
      lastTransitionTime: "2030-01-01T01:00:00Z",
    });
  });
});

test("nodeLease() is renewed with microseconds", () => {
  expect(nodeLease(facts.options, facts.now).spec).toEqual({
    holderIdentity: "edge",
    leaseDurationSeconds: 40,
    renewTime: "2030-01-01T00:00:00.000000Z",
  });
});
