import { describe, expect, test } from "bun:test";
import { cells } from "#test/kit/cells.ts";
import type { ContainerStatus, Pod } from "../object.ts";
import { PODS } from "../resources/core-pods.ts";
import { tableOf } from "../table.ts";

const now = new Date("2024-01-01T01:00:00Z");
const creationTimestamp = "2024-01-01T00:55:00Z";

describe("a pod's status", () => {
  const running: ContainerStatus["state"] = { running: { startedAt: creationTimestamp } };
  const base = { image: "", imageID: "", restartCount: 0 };
  const up = (name: string): ContainerStatus => ({ ...base, name, ready: true, state: running });
  const waiting = (name: string, reason: string): ContainerStatus => ({
    ...base,
    name,
    ready: false,
    state: { waiting: { reason } },
  });
  const ended = (name: string, exitCode: number, more = {}): ContainerStatus => ({
    ...base,
    name,
    ready: false,
    state: { terminated: { exitCode, ...more } },
  });
  const one = { containers: [{ name: "a" }] };
  const two = { containers: [{ name: "a" }, { name: "b" }] };
  const init = { ...one, initContainers: [{ name: "i" }, { name: "j" }] };
  const sidecar = { ...one, initContainers: [{ name: "s", restartPolicy: "Always" }] };
  const pod = (spec: Pod["spec"], status: Pod["status"], metadata = {}): Pod => ({
    metadata: { name: "p", creationTimestamp, ...metadata },
    ...(spec && { spec }),
    ...(status && { status }),
  });
  const deleted = { deletionTimestamp: creationTimestamp };
  const restarted = (status: ContainerStatus): ContainerStatus => ({
    ...status,
    restartCount: 3,
    lastState: { terminated: { exitCode: 1, finishedAt: "2024-01-01T00:55:00Z" } },
  });

  test.each<[string, Pod, string, string, string]>([
    ["new", pod(one, { phase: "Pending" }), "0/1", "Pending", "0"],
    [
      "creating",
      pod(one, { phase: "Pending", containerStatuses: [waiting("a", "ContainerCreating")] }),
      "0/1",
      "ContainerCreating",
      "0",
    ],
    [
      "running",
      pod(one, { phase: "Running", containerStatuses: [up("a")] }),
      "1/1",
      "Running",
      "0",
    ],
    [
      "restarted",
      pod(one, { phase: "Running", containerStatuses: [restarted(up("a"))] }),
      "1/1",
      "Running",
      "3 (5m ago)",
    ],
    [
      "crashing",
      pod(two, {
        phase: "Running",
        containerStatuses: [restarted(waiting("a", "CrashLoopBackOff")), up("b")],
      }),
      "1/2",
      "CrashLoopBackOff",
      "3 (5m ago)",
    ],
    [
      "done",
      pod(one, { phase: "Succeeded", containerStatuses: [ended("a", 0, { reason: "Completed" })] }),
      "0/1",
      "Completed",
      "0",
    ],
    [
      "failed by code",
      pod(one, { phase: "Failed", containerStatuses: [ended("a", 3)] }),
      "0/1",
      "ExitCode:3",
      "0",
    ],
    [
      "failed by signal",
      pod(one, { phase: "Failed", containerStatuses: [ended("a", 137, { signal: 9 })] }),
      "0/1",
      "Signal:9",
      "0",
    ],
    ["evicted", pod(one, { phase: "Failed", reason: "Evicted" }), "0/1", "Evicted", "0"],
    [
      "gated",
      pod(one, {
        phase: "Pending",
        conditions: [{ type: "PodScheduled", status: "False", reason: "SchedulingGated" }],
      }),
      "0/1",
      "SchedulingGated",
      "0",
    ],
    [
      "initializing",
      pod(init, { phase: "Pending", initContainerStatuses: [ended("i", 0), up("j")] }),
      "0/1",
      "Init:1/2",
      "0",
    ],
    [
      "waiting for init",
      pod(init, {
        phase: "Pending",
        initContainerStatuses: [waiting("i", "PodInitializing"), waiting("j", "PodInitializing")],
      }),
      "0/1",
      "Init:0/2",
      "0",
    ],
    [
      "init crashing",
      pod(init, {
        phase: "Pending",
        initContainerStatuses: [restarted(waiting("i", "CrashLoopBackOff"))],
      }),
      "0/1",
      "Init:CrashLoopBackOff",
      "3 (5m ago)",
    ],
    [
      "init failed",
      pod(init, { phase: "Pending", initContainerStatuses: [ended("i", 2)] }),
      "0/1",
      "Init:ExitCode:2",
      "0",
    ],
    [
      "init killed",
      pod(init, { phase: "Pending", initContainerStatuses: [ended("i", 2, { signal: 9 })] }),
      "0/1",
      "Init:Signal:9",
      "0",
    ],
    [
      "after init",
      pod(init, {
        phase: "Pending",
        initContainerStatuses: [ended("i", 0), ended("j", 0)],
        containerStatuses: [waiting("a", "PodInitializing")],
      }),
      "0/1",
      "PodInitializing",
      "0",
    ],
    [
      "with a sidecar",
      pod(sidecar, {
        phase: "Running",
        initContainerStatuses: [restarted({ ...up("s"), started: true })],
        containerStatuses: [up("a")],
      }),
      "2/2",
      "Running",
      "3 (5m ago)",
    ],
    [
      "sidecar starting",
      pod(sidecar, { phase: "Pending", initContainerStatuses: [up("s")] }),
      "0/2",
      "Init:0/1",
      "0",
    ],
    [
      "partly done",
      pod(two, {
        phase: "Running",
        containerStatuses: [ended("a", 0, { reason: "Completed" }), up("b")],
      }),
      "1/2",
      "NotReady",
      "0",
    ],
    [
      "partly done and failed",
      pod(two, {
        phase: "Running",
        containerStatuses: [ended("a", 0, { reason: "Completed" }), ended("b", 3)],
      }),
      "0/2",
      "ExitCode:3",
      "0",
    ],
    [
      "partly done and ready",
      pod(two, {
        phase: "Running",
        conditions: [{ type: "Ready", status: "True" }],
        containerStatuses: [ended("a", 0, { reason: "Completed" }), up("b")],
      }),
      "1/2",
      "Running",
      "0",
    ],
    [
      "terminating",
      pod(one, { phase: "Running", containerStatuses: [up("a")] }, deleted),
      "1/1",
      "Terminating",
      "0",
    ],
    ["lost", pod(one, { phase: "Running", reason: "NodeLost" }, deleted), "0/1", "Unknown", "0"],
    [
      "deleted when done",
      pod(
        one,
        { phase: "Succeeded", containerStatuses: [ended("a", 0, { reason: "Completed" })] },
        deleted,
      ),
      "0/1",
      "Completed",
      "0",
    ],
  ])("%s", (...[, object, ready, status, restarts]) => {
    expect(cells(PODS, object)?.slice(1, 5)).toEqual([ready, status, restarts, "5m"]);
  });

  test("readiness gates and places are for wide output", () => {
    const object = pod(
      {
        ...one,
        nodeName: "edge",
        readinessGates: [{ conditionType: "x" }, { conditionType: "y" }],
      },
      { podIP: "10.42.0.3", conditions: [{ type: "x", status: "True" }] },
    );
    expect(cells(PODS, object)?.slice(5)).toEqual(["10.42.0.3", "edge", "<none>", "1/2"]);
  });

  test("a finished pod's row says so", () => {
    const options = { version: "v1", includeObject: "None", now } as const;
    const { rows } = tableOf(PODS, [pod(one, { phase: "Succeeded" })], options);
    expect(rows[0]?.conditions).toEqual([
      {
        type: "Completed",
        status: "True",
        reason: "Succeeded",
        message: "The pod has completed successfully.",
      },
    ]);
  });
});
