import { afterEach, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Pod, PodStatus } from "#api/object.ts";
import { aborted } from "#lib/abort.ts";
import { systemClock } from "#lib/clock.ts";
import {
  type EdgedHarness,
  FakeMeta,
  type HarnessOptions,
  podOf,
  startEdged,
} from "#test/kit/edged-harness.ts";
import { shellProgram } from "#test/kit/shell-program.ts";
import { MemoryRuntime } from "./runtime/memory/memory-runtime.ts";

const open: EdgedHarness[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

function newRuntime(): MemoryRuntime {
  const runtime = new MemoryRuntime({ clock: systemClock, program: shellProgram });
  runtime.addImage("busybox:1");
  return runtime;
}

type Given = Pick<HarnessOptions, "podsDirectory" | "archives" | "abilities">;

async function start(runtime = newRuntime(), meta = new FakeMeta(), given: Given = {}) {
  const harness = await startEdged({ runtime, meta, ...given });
  open.push(harness);
  return { runtime, ...harness };
}

const condition = (status: PodStatus | undefined, type: string) =>
  status?.conditions?.find((one) => one.type === type)?.status;
const isReady = (status: PodStatus | undefined) => condition(status, "Ready") === "True";
const apply = (harness: EdgedHarness, pod: Pod) =>
  harness.send("insert", `default/pod/${pod.metadata?.name}`, pod);

test("a pod that arrives runs, is on the network and is reported as kubelet reports it", async () => {
  const harness = await start();
  await apply(harness, podOf("web"));
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
  await apply(harness, podOf("web"));
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
  await apply(harness, podOf("crash", { containers }));
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
    await apply(harness, podOf(name, { restartPolicy: "Never", containers }));
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
  await apply(harness, podOf("once", { restartPolicy: "Never" }));
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
  await apply(harness, podOf("app", { initContainers: [init("one"), init("two")] }));
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
  await apply(harness, pod);
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
  await apply(harness, pod);
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
  await apply(first, podOf("web"));
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
  await apply(first, podOf("stray"));
  await first.meta.until("stray is ready", () => isReady(first.meta.last("stray")));
  await first.stop();
  open.length = 0;
  const second = await start(first.runtime, new FakeMeta(), { podsDirectory: first.podsDirectory });
  await apply(second, podOf("web"));
  await second.meta.until("web is ready", () => isReady(second.meta.last("web")));
  const { signal } = new AbortController();
  expect((await first.runtime.list(signal)).map(({ pod }) => pod.name)).toContain("stray");
  await second.send("list-end", "all/pod", { keys: ["default/pod/web"] });
  for await (const _ of first.runtime.events(signal)) {
    const left = await first.runtime.list(signal);
    if (left.every(({ pod }) => pod.name !== "stray")) break;
  }
});

test("ConfigMaps arrive as env and as files, and files follow a change", async () => {
  const harness = await start();
  const { meta, runtime, podsDirectory } = harness;
  meta.configMaps.set("conf", { metadata: { name: "conf" }, data: { greeting: "hello" } });
  const main = {
    name: "main",
    image: "busybox:1",
    command: ["sh", "-c", "sleep 1000"],
    env: [
      { name: "A", valueFrom: { configMapKeyRef: { name: "conf", key: "greeting" } } },
      { name: "B", value: "$(A) world $(NOBODY) $$(A)" },
    ],
    envFrom: [{ prefix: "P_", configMapRef: { name: "conf" } }],
    volumeMounts: [{ name: "files", mountPath: "/etc/conf" }],
  };
  const volumes = [{ name: "files", configMap: { name: "conf" } }];
  await apply(harness, podOf("web", { containers: [main], volumes }));
  const status = await meta.until("web is ready", () => {
    const last = meta.last("web");
    return isReady(last) && last;
  });
  const id = status.containerStatuses?.[0]?.containerID?.split("//")[1] ?? "";
  expect(runtime.specOf(id)?.env).toMatchObject({
    A: "hello",
    B: "hello world $(NOBODY) $(A)",
    P_greeting: "hello",
  });
  const file = join(podsDirectory, "uid-web/volumes/kubernetes.io~configmap/files/greeting");
  expect(await readFile(file, "utf8")).toBe("hello");
  meta.configMaps.set("conf", { metadata: { name: "conf" }, data: { greeting: "bye" } });
  await harness.send("update", "default/configmap/conf", meta.configMaps.get("conf"));
  while ((await readFile(file, "utf8")) !== "bye") await Bun.sleep(1);
});

test("a token is renewed before its end, and at once when edged comes back to a running pod", async () => {
  const first = await start();
  const { meta, podsDirectory } = first;
  const serviceAccountToken = { path: "token", expirationSeconds: 1 };
  const volumes = [{ name: "api", projected: { sources: [{ serviceAccountToken }] } }];
  const pod = podOf("web", { serviceAccountName: "robot", volumes });
  meta.pods.set("web", pod);
  await apply(first, pod);
  await meta.until("web is ready", () => isReady(meta.last("web")));
  const file = join(podsDirectory, "uid-web/volumes/kubernetes.io~projected/api/token");
  const token = (): Promise<string> => readFile(file, "utf8");
  const before = await token();
  while ((await token()) === before) await Bun.sleep(10);
  await first.stop();
  const known = meta.tokenRequests.length;
  open.length = 0;
  const second = await start(first.runtime, meta, { podsDirectory });
  await apply(second, pod);
  while (Number((await token()).split("-")[1]) <= known) await Bun.sleep(10);
  expect(meta.tokenRequests.at(-1)?.boundObjectRef).toMatchObject({ kind: "Pod", name: "web" });
});

test("a missing ConfigMap holds the container back until it comes", async () => {
  const harness = await start();
  const { meta } = harness;
  const env = [{ name: "A", valueFrom: { configMapKeyRef: { name: "late", key: "k" } } }];
  const command = ["sh", "-c", "sleep 1000"];
  await apply(
    harness,
    podOf("web", { containers: [{ name: "main", image: "busybox:1", command, env }] }),
  );
  const waiting = await meta.until("web waits", () => {
    const state = meta.last("web")?.containerStatuses?.[0]?.state?.waiting;
    return state?.reason === "CreateContainerConfigError" && state;
  });
  expect(waiting.message).toBe('configmap "late" not found');
  meta.configMaps.set("late", { metadata: { name: "late" }, data: { k: "v" } });
  await harness.send("insert", "default/configmap/late", meta.configMaps.get("late"));
  await meta.until("web is ready", () => isReady(meta.last("web")));
});

test("an image that cannot be had says so in kubelet's words", async () => {
  const harness = await start();
  const { meta } = harness;
  const image = (name: string, imagePullPolicy?: string) => [
    { name: "main", image: name, ...(imagePullPolicy && { imagePullPolicy }) },
  ];
  await apply(harness, podOf("bad", { containers: image("No/Such Image") }));
  await apply(harness, podOf("never", { containers: image("absent:1", "Never") }));
  await apply(harness, podOf("gone", { containers: image("absent:1") }));
  const reason = (pod: string) => meta.last(pod)?.containerStatuses?.[0]?.state?.waiting?.reason;
  await meta.until("bad", () => reason("bad") === "InvalidImageName");
  await meta.until("never", () => reason("never") === "ErrImageNeverPull");
  await meta.until("gone", () => reason("gone") === "ErrImagePull");
  await meta.until("gone backs off", () => reason("gone") === "ImagePullBackOff");
  expect(meta.last("gone")?.phase).toBe("Pending");
});

test("the node is NotReady while its engine is away, and heals by itself", async () => {
  const harness = await start();
  const { meta, runtime } = harness;
  const ready = () => meta.nodes.at(-1)?.status?.conditions?.find(({ type }) => type === "Ready");
  await meta.until("the node is ready", () => ready()?.status === "True");
  expect(ready()?.reason).toBe("EdgeReady");
  runtime.loseEngine("The Docker Engine does not answer");
  await meta.until("the node is not ready", () => ready()?.status === "False");
  expect(ready()).toMatchObject({
    reason: "EdgeNotReady",
    message: "The Docker Engine does not answer",
  });
  await apply(harness, podOf("later"));
  runtime.restoreEngine();
  await meta.until("the node is ready again", () => ready()?.status === "True");
  await meta.until("the pod runs", () => isReady(meta.last("later")));
  expect(meta.nodes.at(-1)?.metadata?.labels?.["node-role.kubernetes.io/edge"]).toBe("");
});

test("the node names images that came in an archive, and that somebody brought", async () => {
  const runtime = newRuntime();
  const taken = Promise.withResolvers<() => void>();
  const archives = {
    settled: Promise.resolve(),
    run: async (signal: AbortSignal, onTaken: () => void) => {
      taken.resolve(onTaken);
      await aborted(signal);
    },
  };
  const { meta, edged } = await start(runtime, new FakeMeta(), { archives });
  const names = () => meta.nodes.at(-1)?.status?.images?.flatMap((image) => image.names ?? []);
  await meta.until("the first image is named", () => names()?.includes("busybox:1"));
  runtime.addImage("archived:1");
  (await taken.promise)();
  await meta.until("the archive's image is named", () => names()?.includes("archived:1"));
  runtime.addImage("brought:1");
  edged.imagesChanged();
  await meta.until("the image that was brought is named", () => names()?.includes("brought:1"));
});

test("a pod whose sandbox dies gets a new one, and its containers count a restart", async () => {
  const harness = await start();
  const { meta, runtime } = harness;
  await apply(harness, podOf("web"));
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
  const without = await start(newRuntime(), new FakeMeta(), given(false));
  await apply(without, podOf("web", profile));
  const status = await without.meta.until("web is refused", () => {
    const last = without.meta.last("web");
    return last?.phase === "Failed" && last;
  });
  expect(status).toMatchObject({
    reason: "AppArmor",
    message: "Pod was rejected: Cannot enforce AppArmor: AppArmor is not enabled on the host",
  });
  const free = { securityContext: { appArmorProfile: { type: "Unconfined" } } };
  await apply(without, podOf("free", free));
  await without.meta.until("free is ready", () => isReady(without.meta.last("free")));
  const having = await start(newRuntime(), new FakeMeta(), given(true));
  await apply(having, podOf("web", profile));
  await having.meta.until("web is ready", () => isReady(having.meta.last("web")));
});

test("a pod that outlives its active deadline is ended and Failed", async () => {
  const harness = await start();
  const { meta } = harness;
  const startTime = new Date(Date.now() - 60_000).toISOString();
  await apply(harness, podOf("web", { activeDeadlineSeconds: 3600 }));
  await meta.until("web is ready", () => isReady(meta.last("web")));
  const late = podOf("late", { activeDeadlineSeconds: 1, terminationGracePeriodSeconds: 1 });
  await apply(harness, { ...late, status: { startTime } });
  const status = await meta.until("late has failed", () => {
    const last = meta.last("late");
    return last?.phase === "Failed" && last;
  });
  expect(status.reason).toBe("DeadlineExceeded");
  expect(meta.last("web")?.phase).toBe("Running");
});
