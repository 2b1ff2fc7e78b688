import { describe, expect, test } from "bun:test";
import type { Container, Pod } from "#api/object.ts";
import type { RuntimeContainer } from "../runtime/types.ts";
import { planPod } from "./plan.ts";
import type { PlanInput } from "./plan-input.ts";

const sandbox = { id: "s0", attempt: 0, running: true, pid: 1, createdAt: new Date(0) };

function ran(name: string, changes: Partial<RuntimeContainer> = {}): RuntimeContainer {
  return {
    id: `${name}-0`,
    name,
    attempt: 0,
    sandboxId: "s0",
    state: "running",
    image: "busybox:1",
    imageId: "sha256:1",
    createdAt: new Date(0),
    exitCode: 0,
    oomKilled: false,
    ...changes,
  };
}

const podWith = (spec: Partial<NonNullable<Pod["spec"]>>): Pod => ({
  metadata: { name: "p", namespace: "ns", uid: "u" },
  spec: { containers: [{ name: "main" }], ...spec },
});
const sidecar: Container = { name: "proxy", restartPolicy: "Always" };

function plan(pod: Pod, containers: RuntimeContainer[], changes: Partial<PlanInput> = {}) {
  const { actions } = planPod({
    pod,
    observed: { sandboxes: [sandbox], containers },
    ending: undefined,
    busy: new Set(),
    verdict: () => ({ started: true }),
    holds: new Map(),
    nowMs: 1000,
    ...changes,
  });
  return actions.map((action) => {
    if (action.kind === "startContainer") return `start ${action.container.name}#${action.attempt}`;
    if (action.kind === "stopContainer") return `stop ${action.container.name} ${action.graceMs}`;
    return "id" in action ? `${action.kind} ${action.id}` : action.kind;
  });
}

describe("planPod()", () => {
  test("a pod with nothing gets a sandbox", () => {
    const observed = { sandboxes: [], containers: [] };
    expect(plan(podWith({}), [], { observed })).toEqual(["startSandbox"]);
  });

  test("a running pod needs nothing", () => {
    expect(plan(podWith({}), [ran("main")])).toEqual([]);
  });

  test("a guest starts beside what waits, once, whatever the pod's policy is", () => {
    const initContainers = [{ name: "init" }];
    const pod = podWith({ initContainers, ephemeralContainers: [{ name: "guest" }] });
    expect(plan(pod, [])).toEqual(["start guest#0", "start init#0"]);
    expect(plan(pod, [ran("guest", { state: "created" }), ran("init")])).toEqual(["start guest#0"]);
    expect(plan(pod, [ran("guest", { state: "exited", exitCode: 1 }), ran("init")])).toEqual([]);
    const state = { running: { startedAt: "2026-01-01T00:00:00Z" } };
    const seen = { image: "a", imageID: "b", ready: false, restartCount: 0 };
    const told = { ...seen, name: "guest", containerID: "native://1", state };
    const lost = { ...pod, status: { ephemeralContainerStatuses: [told] } };
    expect(plan(lost, [ran("init")])).toEqual([]);
  });

  test("a pod does not wait for its guests to end", () => {
    const pod = podWith({ restartPolicy: "Never", ephemeralContainers: [{ name: "guest" }] });
    const ended = [ran("guest"), ran("main", { state: "exited" })];
    expect(plan(pod, ended)).toEqual(["stop guest 30000"]);
  });

  test("a container that a probe gave up on is stopped with the probe's own grace", () => {
    const livenessProbe = { terminationGracePeriodSeconds: 3 };
    const pod = podWith({ containers: [{ name: "main", livenessProbe }] });
    const verdict = () => ({ started: true, failed: "liveness" }) as const;
    expect(plan(pod, [ran("main")], { verdict })).toEqual(["stop main 3000"]);
  });

  test("an ended container starts again as its policy says, with the next attempt", () => {
    const failed = ran("main", { state: "exited", exitCode: 1 });
    const succeeded = ran("main", { state: "exited" });
    expect(plan(podWith({}), [succeeded])).toEqual(["start main#1"]);
    expect(plan(podWith({ restartPolicy: "OnFailure" }), [failed])).toEqual(["start main#1"]);
    expect(plan(podWith({ restartPolicy: "OnFailure" }), [succeeded])).toEqual([
      "removeSandbox s0",
    ]);
    expect(plan(podWith({ restartPolicy: "Never" }), [failed])).toEqual(["removeSandbox s0"]);
  });

  test("a restart that was reported counts, though the runtime has lost what it knew of it", () => {
    const reported = (containerID: string): Pod => ({
      ...podWith({}),
      status: {
        containerStatuses: [
          {
            name: "main",
            image: "busybox:1",
            imageID: "",
            ready: true,
            restartCount: 2,
            containerID,
          },
        ],
      },
    });
    expect(plan(reported("docker://c2"), [])).toEqual(["start main#3"]);
    expect(plan(reported("docker://c2"), [ran("main", { state: "exited" })])).toEqual([
      "start main#3",
    ]);
    expect(plan(reported("docker://c2"), [ran("main", { state: "exited", attempt: 3 })])).toEqual([
      "start main#4",
    ]);
    expect(plan(reported(""), [])).toEqual(["start main#0"]);
  });

  test("what is held waits, and the plan says how long", () => {
    const input: PlanInput = {
      pod: podWith({}),
      observed: { sandboxes: [sandbox], containers: [ran("main", { state: "exited" })] },
      ending: undefined,
      busy: new Set(),
      verdict: () => ({ started: true }),
      holds: new Map([["start:main", 5000]]),
      nowMs: 1000,
    };
    expect(planPod(input)).toEqual({ actions: [], wakeAtMs: 5000 });
  });

  test("init containers go first, one by one; a sidecar must have started", () => {
    const pod = podWith({ initContainers: [{ name: "one" }, sidecar, { name: "two" }] });
    expect(plan(pod, [])).toEqual(["start one#0"]);
    const one = ran("one", { state: "exited" });
    expect(plan(pod, [ran("one")])).toEqual([]);
    expect(plan(pod, [one])).toEqual(["start proxy#0"]);
    expect(plan(pod, [one, ran("proxy")], { verdict: () => ({ started: false }) })).toEqual([]);
    expect(plan(pod, [one, ran("proxy")])).toEqual(["start two#0"]);
    const two = ran("two", { state: "exited" });
    expect(plan(pod, [one, ran("proxy"), two])).toEqual(["start main#0"]);
  });

  test("a failed init container ends a pod that must not restart", () => {
    const pod = podWith({ initContainers: [{ name: "one" }], restartPolicy: "Never" });
    const failed = ran("one", { state: "exited", exitCode: 1 });
    expect(plan(pod, [failed])).toEqual(["removeSandbox s0"]);
  });

  test("sidecars end after what they serve, the last one first", () => {
    const second: Container = { name: "second", restartPolicy: "Always" };
    const pod = podWith({ initContainers: [sidecar, second] });
    const ending = { graceMs: 7000, removed: true };
    const all = [ran("main"), ran("proxy"), ran("second")];
    expect(plan(pod, all, { ending })).toEqual(["stop main 7000"]);
    expect(plan(pod, all.slice(1), { ending })).toEqual(["stop second 7000"]);
  });

  test("a removed pod loses its sandbox, then its containers, then is finished", () => {
    const ending = { graceMs: 0, removed: true };
    const dead = ran("main", { state: "exited" });
    expect(plan(podWith({}), [dead], { ending })).toEqual(["removeSandbox s0"]);
    const gone = (containers: RuntimeContainer[]) => ({ observed: { sandboxes: [], containers } });
    expect(plan(podWith({}), [], { ending, ...gone([dead]) })).toEqual(["removeContainer main-0"]);
    expect(plan(podWith({}), [], { ending, ...gone([]) })).toEqual(["finish"]);
    const busy = new Set(["start:main"]);
    expect(plan(podWith({}), [], { ending, busy, ...gone([]) })).toEqual([]);
  });

  test("after its sandbox died a pod's containers end, then it gets a new one", () => {
    const dead = { ...sandbox, running: false };
    const alive = { sandboxes: [dead], containers: [ran("main")] };
    expect(plan(podWith({}), [], { observed: alive })).toEqual(["stop main 30000"]);
    const ended = {
      sandboxes: [dead],
      containers: [ran("main", { state: "exited", exitCode: 137 })],
    };
    expect(plan(podWith({}), [], { observed: ended })).toEqual([
      "startSandbox",
      "removeSandbox s0",
    ]);
  });

  test("a sandbox that is being started is no dead one", () => {
    const created = { sandboxes: [{ ...sandbox, running: false }], containers: [] };
    const busy = new Set(["sandbox"]);
    expect(plan(podWith({}), [], { observed: created, busy })).toEqual([]);
  });

  test("of dead containers only the last two are kept", () => {
    const attempt = (number: number) =>
      ran("main", { id: `main-${number}`, attempt: number, state: "exited" });
    const containers = [ran("main", { id: "main-3", attempt: 3 }), ...[2, 1, 0].map(attempt)];
    expect(plan(podWith({}), containers)).toEqual([
      "removeContainer main-1",
      "removeContainer main-0",
    ]);
  });
});
