import { afterEach, expect, test } from "bun:test";
import type { PodStatus } from "#api/object.ts";
import { systemClock } from "#lib/clock.ts";
import { busyboxRuntime } from "#test/kit/busybox-runtime.ts";
import {
  applyPod,
  type EdgedHarness,
  FakeMeta,
  type HarnessOptions,
  isReady,
  podOf,
  startEdged,
} from "#test/kit/edged-harness.ts";
import { shellProgram } from "#test/kit/shell-program.ts";
import { MemoryRuntime } from "./runtime/memory/memory-runtime.ts";

const open: EdgedHarness[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

type Given = Pick<HarnessOptions, "podsDirectory" | "abilities">;

async function start(runtime = busyboxRuntime(), meta = new FakeMeta(), given: Given = {}) {
  const harness = await startEdged({ runtime, meta, ...given });
  open.push(harness);
  return { runtime, ...harness };
}

const condition = (status: PodStatus | undefined, type: string) =>
  status?.conditions?.find((one) => one.type === type)?.status;

test("a pod that arrives runs, is on the network and is reported as kubelet reports it", async () => {
  const harness = await start();
  await applyPod(harness, podOf("web"));
  const status = await harness.meta.until("web is ready", () => {
    const last = harness.meta.last("web");
    return isReady(last) && last;
  });
  expect(status).toMatchObject({
    phase: "Running",
    podIP: "10.42.0.2",
    podIPs: [{ ip: "10.42.0.2" }],
    hostIP: "192.0.2.1",
    qosClass: "BestEffort",
  });
  expect(status.conditions?.map(({ type, status: is }) => [type, is])).toEqual([
    ["PodReadyToStartContainers", "True"],
    ["Initialized", "True"],
    ["Ready", "True"],
    ["ContainersReady", "True"],
  ]);
  expect(status.containerStatuses).toMatchObject([
    { name: "main", ready: true, started: true, restartCount: 0, image: "busybox:1" },
  ]);
  expect(status.containerStatuses?.[0]?.containerID).toStartWith("memory://");
  expect(harness.meta.reasons()).toEqual(["Pulled", "Created", "Started"]);
});

test("a container that ends is started again with its restart counted", async () => {
  const harness = await start();
  await applyPod(harness, podOf("web"));
  const { meta, runtime } = harness;
  await meta.until("web is ready", () => isReady(meta.last("web")));
  const id = meta.last("web")?.containerStatuses?.[0]?.containerID?.split("//")[1] ?? "";
  runtime.exit(id, 3);
  const status = await meta.until("web runs again", () => {
    const last = meta.last("web");
    return last?.containerStatuses?.[0]?.restartCount === 1 && isReady(last) && last;
  });
  expect(status.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({
    exitCode: 3,
    reason: "Error",
  });
});

test("a container that ends again at once is held back as CrashLoopBackOff", async () => {
  const harness = await start();
  const containers = [{ name: "main", image: "busybox:1", command: ["sh", "-c", "exit 1"] }];
  await applyPod(harness, podOf("crash", { containers }));
  const { meta } = harness;
  const status = await meta.until("crash is held back", () => {
    const last = meta.last("crash");
    return last?.containerStatuses?.[0]?.state?.waiting?.reason === "CrashLoopBackOff" && last;
  });
  expect(status.phase).toBe("Running");
  expect(status.containerStatuses?.[0]?.restartCount).toBe(1);
  expect(status.containerStatuses?.[0]?.state?.waiting?.message).toBe(
    "back-off 10s restarting failed container=main pod=crash_default(uid-crash)",
  );
  await meta.until("the event", () => meta.reasons().includes("BackOff"));
});

test("a pod that must not restart ends as Succeeded or Failed and keeps its containers", async () => {
  const harness = await start();
  const { meta, runtime } = harness;
  for (const [name, code] of [
    ["good", 0],
    ["bad", 2],
  ] as const) {
    const containers = [
      { name: "main", image: "busybox:1", command: ["sh", "-c", `exit ${code}`] },
    ];
    await applyPod(harness, podOf(name, { restartPolicy: "Never", containers }));
  }
  const good = await meta.until("good ended", () => {
    const last = meta.last("good");
    return last?.phase === "Succeeded" && last;
  });
  await meta.until("bad ended", () => meta.last("bad")?.phase === "Failed");
  expect(good.containerStatuses?.[0]?.state?.terminated?.reason).toBe("Completed");
  expect(condition(good, "Initialized")).toBe("True");
  const { containers } = await runtime.inspect("uid-bad", new AbortController().signal);
  expect(containers).toHaveLength(1);
});

test("a container that cannot start and must not be tried again has ended", async () => {
  class Unstartable extends MemoryRuntime {
    override async startContainer(id: string, signal: AbortSignal): Promise<void> {
      await super.startContainer(id, signal);
      this.exit(id, 128);
      throw new Error("no such program");
    }
  }
  const runtime = new Unstartable({ clock: systemClock, program: shellProgram });
  runtime.addImage("busybox:1");
  const harness = await start(runtime);
  await applyPod(harness, podOf("once", { restartPolicy: "Never" }));
  const { meta } = harness;
  await meta.until("once failed", () => meta.last("once")?.phase === "Failed");
  const [status] = meta.last("once")?.containerStatuses ?? [];
  expect(status?.state?.terminated?.exitCode).toBe(128);
  expect(status?.lastState).toEqual({});
});

test("init containers run one after the other before the others", async () => {
  const harness = await start();
  const { meta, runtime } = harness;
  const init = (name: string) => ({ name, image: "busybox:1", command: ["sh", "-c", "exit 0"] });
  await applyPod(harness, podOf("app", { initContainers: [init("one"), init("two")] }));
  const status = await meta.until("app is ready", () => {
    const last = meta.last("app");
    return isReady(last) && last;
  });
  expect(status.initContainerStatuses?.map(({ ready }) => ready)).toEqual([true, true]);
  const pending = meta.statuses.get("app")?.[0];
  expect(pending?.containerStatuses?.[0]?.state?.waiting?.reason).toBe("PodInitializing");
  const { containers } = await runtime.inspect("uid-app", new AbortController().signal);
  expect(containers.map(({ name }) => name).sort()).toEqual(["main", "one", "two"]);
});

test("deleting a pod stops it, reports its end, and gives everything back", async () => {
  const harness = await start();
  const { meta, runtime, network } = harness;
  const pod = podOf("web", { terminationGracePeriodSeconds: 5 });
  await applyPod(harness, pod);
  await meta.until("web is ready", () => isReady(meta.last("web")));
  const deleting = {
    ...pod,
    metadata: {
      ...pod.metadata,
      deletionTimestamp: "2026-01-01T00:00:00Z",
      deletionGracePeriodSeconds: 5,
    },
  };
  await harness.send("update", "default/pod/web", deleting);
  await meta.until("web may go", () => meta.deleted.includes("uid-web"));
  expect(meta.last("web")?.containerStatuses?.[0]?.state?.terminated?.exitCode).toBe(143);
  expect(network.addresses.size).toBe(0);
  expect(await runtime.list(new AbortController().signal)).toEqual([]);
  expect(meta.reasons()).toContain("Killing");
  await harness.send("delete", "default/pod/web", deleting);
});

test("a pod that is deleted while a container starts ends after its grace, not before", async () => {
  const started = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  /** An engine that has begun to start a container and takes its time. */
  class SlowRuntime extends MemoryRuntime {
    override async startContainer(id: string, signal: AbortSignal): Promise<void> {
      asked.resolve();
      await started.promise;
      await super.startContainer(id, signal);
    }
  }
  const runtime = new SlowRuntime({ clock: systemClock, program: shellProgram });
  runtime.addImage("busybox:1");
  const harness = await start(runtime);
  const { meta } = harness;
  const pod = podOf("web", { terminationGracePeriodSeconds: 5 });
  await applyPod(harness, pod);
  await asked.promise;
  const metadata = {
    ...pod.metadata,
    deletionTimestamp: "2026-01-01T00:00:00Z",
    deletionGracePeriodSeconds: 5,
    labels: { deleted: "true" },
  };
  await harness.send("update", "default/pod/web", { ...pod, metadata });
  await harness.send("insert", "default/pod/other", podOf("other"));
  await meta.until("the delete has been looked at", () => meta.last("other"));
  started.resolve();
  await meta.until("web may go", () => meta.deleted.includes("uid-web"));
  const end = meta.statuses.get("web")?.find(({ phase }) => phase === "Failed");
  expect(end?.containerStatuses?.[0]?.state?.terminated?.exitCode).toBe(143);
  expect(meta.reasons()).toContain("Killing");
});

test("a restart of the site adopts what runs: same containers, nothing restarted", async () => {
  const first = await start();
  await applyPod(first, podOf("web"));
  const before = await first.meta.until("web is ready", () => {
    const last = first.meta.last("web");
    return isReady(last) && last;
  });
  const meta = new FakeMeta();
  meta.pods.set("web", { ...podOf("web"), status: before });
  await first.stop();
  open.length = 0;
  const second = await start(first.runtime, meta, { podsDirectory: first.podsDirectory });
  await second.send("list-end", "all/pod", { keys: ["default/pod/web"] });
  await second.send("insert", "default/pod/next", podOf("next"));
  await meta.until("next is ready", () => isReady(meta.last("next")));
  const last = meta.last("web") ?? before;
  expect(last.containerStatuses).toEqual(before.containerStatuses ?? []);
  expect(last.podIP).toBeDefined();
  expect(meta.events.filter(({ involvedObject }) => involvedObject.name === "web")).toEqual([]);
});

test("containers that no pod asks for go only after the site named all its pods", async () => {
  const first = await start();
  await applyPod(first, podOf("stray"));
  await first.meta.until("stray is ready", () => isReady(first.meta.last("stray")));
  await first.stop();
  open.length = 0;
  const second = await start(first.runtime, new FakeMeta(), { podsDirectory: first.podsDirectory });
  await applyPod(second, podOf("web"));
  await second.meta.until("web is ready", () => isReady(second.meta.last("web")));
  const { signal } = new AbortController();
  expect((await first.runtime.list(signal)).map(({ pod }) => pod.name)).toContain("stray");
  await second.send("list-end", "all/pod", { keys: ["default/pod/web"] });
  for await (const _ of first.runtime.events(signal)) {
    const left = await first.runtime.list(signal);
    if (left.every(({ pod }) => pod.name !== "stray")) break;
  }
});

test("an image that cannot be had says so in kubelet's words", async () => {
  const harness = await start();
  const { meta } = harness;
  const image = (name: string, imagePullPolicy?: string) => [
    { name: "main", image: name, ...(imagePullPolicy && { imagePullPolicy }) },
  ];
  await applyPod(harness, podOf("bad", { containers: image("No/Such Image") }));
  await applyPod(harness, podOf("never", { containers: image("absent:1", "Never") }));
  await applyPod(harness, podOf("gone", { containers: image("absent:1") }));
  const reason = (pod: string) => meta.last(pod)?.containerStatuses?.[0]?.state?.waiting?.reason;
  await meta.until("bad", () => reason("bad") === "InvalidImageName");
  await meta.until("never", () => reason("never") === "ErrImageNeverPull");
  await meta.until("gone", () => reason("gone") === "ErrImagePull");
  await meta.until("gone backs off", () => reason("gone") === "ImagePullBackOff");
  expect(meta.last("gone")?.phase).toBe("Pending");
});

test("a pod does not wait because another one could not pull the same image", async () => {
  const harness = await start();
  const { meta } = harness;
  const containers = [{ name: "main", image: "absent:1" }];
  const reason = (pod: string) => meta.last(pod)?.containerStatuses?.[0]?.state?.waiting?.reason;
  await applyPod(harness, podOf("first", { containers }));
  await meta.until("the first backs off", () => reason("first") === "ImagePullBackOff");
  await applyPod(harness, podOf("second", { containers }));
  await meta.until("the second tried", () => reason("second") === "ErrImagePull");
  expect(meta.reasons().filter((one) => one === "Pulling")).toHaveLength(2);
});

test("a pod whose sandbox dies gets a new one, and its containers count a restart", async () => {
  const harness = await start();
  const { meta, runtime } = harness;
  await applyPod(harness, podOf("web"));
  await meta.until("web is ready", () => isReady(meta.last("web")));
  const { signal } = new AbortController();
  const [sandbox] = (await runtime.inspect("uid-web", signal)).sandboxes;
  runtime.loseSandbox(sandbox?.id ?? "");
  const status = await meta.until("web runs again", () => {
    const last = meta.last("web");
    return last?.containerStatuses?.[0]?.restartCount === 1 && isReady(last) && last;
  });
  expect(status.podIP).toBe("10.42.0.2");
  expect(
    (await runtime.inspect("uid-web", signal)).sandboxes.filter((one) => one.running),
  ).toHaveLength(1);
});

test("a pod that asks for AppArmor is refused where the kernel does not have it", async () => {
  const profile = { securityContext: { appArmorProfile: { type: "RuntimeDefault" } } };
  const given = (appArmor: boolean) => ({ abilities: { appArmor } });
  const without = await start(busyboxRuntime(), new FakeMeta(), given(false));
  await applyPod(without, podOf("web", profile));
  const status = await without.meta.until("web is refused", () => {
    const last = without.meta.last("web");
    return last?.phase === "Failed" && last;
  });
  expect(status).toMatchObject({
    reason: "AppArmor",
    message: "Pod was rejected: Cannot enforce AppArmor: AppArmor is not enabled on the host",
  });
  await applyPod(without, { ...podOf("web", profile), status });
  const free = { securityContext: { appArmorProfile: { type: "Unconfined" } } };
  await applyPod(without, podOf("free", free));
  await without.meta.until("free is ready", () => isReady(without.meta.last("free")));
  // kubectl shows the reason where no container waits.
  expect(without.meta.last("web")).not.toHaveProperty("containerStatuses");
  const events = without.meta.events.filter(({ involvedObject }) => involvedObject.name === "web");
  expect(events).toMatchObject([
    { type: "Warning", message: "Cannot enforce AppArmor: AppArmor is not enabled on the host" },
  ]);
  const having = await start(busyboxRuntime(), new FakeMeta(), given(true));
  await applyPod(having, podOf("web", profile));
  await having.meta.until("web is ready", () => isReady(having.meta.last("web")));
});

test("a pod that outlives its active deadline is ended and Failed", async () => {
  const harness = await start();
  const { meta } = harness;
  const startTime = new Date(Date.now() - 60_000).toISOString();
  await applyPod(harness, podOf("web", { activeDeadlineSeconds: 3600 }));
  await meta.until("web is ready", () => isReady(meta.last("web")));
  const late = podOf("late", { activeDeadlineSeconds: 1, terminationGracePeriodSeconds: 1 });
  await applyPod(harness, { ...late, status: { startTime } });
  const status = await meta.until("late has failed", () => {
    const last = meta.last("late");
    return last?.phase === "Failed" && last;
  });
  expect(status.reason).toBe("DeadlineExceeded");
  expect(meta.last("web")?.phase).toBe("Running");
});
