import { afterEach, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Pod } from "#api/object.ts";
import { systemClock } from "#lib/clock.ts";
import { type EdgedHarness, FakeMeta, podOf, startEdged } from "#test/kit/edged-harness.ts";
import { sandboxSpec } from "#test/kit/pod-specs.ts";
import { shellProgram } from "#test/kit/shell-program.ts";
import { MemoryRuntime } from "../runtime/memory/memory-runtime.ts";

const open: EdgedHarness[] = [];
afterEach(async () => {
  for (const harness of open.splice(0)) await harness[Symbol.asyncDispose]();
});

const never = new AbortController().signal;

async function start(runtime = new MemoryRuntime({ clock: systemClock, program: shellProgram })) {
  runtime.addImage("busybox:1");
  const meta = new FakeMeta();
  const harness = await startEdged({ runtime, meta });
  open.push(harness);
  const apply = (pod: Pod) => harness.send("insert", `default/pod/${pod.metadata?.name}`, pod);
  const ready = (name: string) =>
    meta.until(`${name} is ready`, () =>
      meta
        .last(name)
        ?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"),
    );
  return { runtime, ...harness, meta, apply, ready };
}

test("files of the downward API follow the pod's labels", async () => {
  const { apply, ready, meta, podsDirectory } = await start();
  const items = [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }];
  const pod = podOf("web", { volumes: [{ name: "facts", downwardAPI: { items } }] });
  await apply(pod);
  await ready("web");
  const file = join(podsDirectory, "uid-web/volumes/kubernetes.io~downward-api/facts/labels");
  const labelled = { ...pod, metadata: { ...pod.metadata, labels: { tier: "edge" } } };
  await apply(labelled);
  for (let tries = 0; tries < 100; tries++) {
    if ((await readFile(file, "utf8")) === 'tier="edge"') break;
    await Bun.sleep(10);
  }
  expect(await readFile(file, "utf8")).toBe('tier="edge"');
  expect(meta.reasons()).not.toContain("FailedMount");
});

test("a pod that is gone by force does not wait for the grace that it had", async () => {
  const { apply, ready, send, runtime } = await start();
  const graces: number[] = [];
  const stop = runtime.stopContainer.bind(runtime);
  runtime.stopContainer = (id, graceMs, signal) => {
    graces.push(graceMs);
    return stop(id, 0, signal);
  };
  const pod = podOf("web", { terminationGracePeriodSeconds: 60 });
  await apply(pod);
  await ready("web");
  await send("delete", "default/pod/web", pod);
  for (let tries = 0; tries < 200 && (await runtime.list(never)).length > 0; tries++) {
    await Bun.sleep(10);
  }
  expect(graces).toEqual([2000]);
  expect(await runtime.list(never)).toEqual([]);
});

test("a pod that wants users of its own is refused, never run without them", async () => {
  const { apply, meta, runtime } = await start();
  await apply(podOf("web", { hostUsers: false }));
  await meta.until("it is refused", () => meta.reasons().includes("FailedCreatePodSandBox"));
  expect(await runtime.list(never)).toEqual([]);
});

test.each([
  [
    "of another node",
    "runsc",
    'failed to get sandbox runtime: no runtime for "runsc" is configured',
  ],
  ["in no class", undefined, 'runtimeclass.node.k8s.io "boxed" not found'],
])(
  "a pod that wants a handler %s waits until it is one of this node",
  async (_where, handler, why) => {
    const { apply, ready, meta, runtime } = await start();
    if (handler) meta.runtimeClasses.set("boxed", { metadata: { name: "boxed" }, handler });
    await apply(podOf("web", { runtimeClassName: "boxed" }));
    const event = await meta.until("it is refused", () =>
      meta.events.find(({ reason }) => reason === "FailedCreatePodSandBox"),
    );
    expect(event.message).toBe(`Failed to create pod sandbox: ${why}`);
    await meta.until("it is Pending", () => meta.last("web")?.phase === "Pending");
    expect(await runtime.list(never)).toEqual([]);
    meta.runtimeClasses.set("boxed", { metadata: { name: "boxed" }, handler: "runc" });
    await ready("web");
  },
);

test("a container that ended for good after a restart does not wait for another", async () => {
  const { apply, meta, runtime } = await start();
  await apply(podOf("job", { restartPolicy: "OnFailure" }));
  const idOf = (restarts: number) =>
    meta.until(`attempt ${restarts} runs`, () => {
      const [status] = meta.last("job")?.containerStatuses ?? [];
      return status?.restartCount === restarts && status.state?.running && status.containerID;
    });
  const first = await idOf(0);
  runtime.exit(first.split("//")[1] ?? "", 3);
  const second = await idOf(1);
  runtime.exit(second.split("//")[1] ?? "", 0);
  await meta.until("the pod succeeded", () => meta.last("job")?.phase === "Succeeded");
  const [status] = meta.last("job")?.containerStatuses ?? [];
  expect(status?.state?.terminated?.reason).toBe("Completed");
  expect(meta.reasons()).not.toContain("BackOff");
});

test("no container starts in a new sandbox before that is on the network", async () => {
  const { apply, ready, network, runtime, meta } = await start();
  await apply(podOf("web", { terminationGracePeriodSeconds: 0 }));
  await ready("web");
  const attach = network.attach.bind(network);
  let refusals = 0;
  network.attach = async (pod) => {
    refusals += 1;
    if (refusals === 1) throw new Error("no network today");
    expect((await runtime.inspect("uid-web", never)).containers[0]?.state).toBe("exited");
    return attach(pod);
  };
  const { sandboxes } = await runtime.inspect("uid-web", never);
  runtime.loseSandbox(sandboxes[0]?.id ?? "");
  await meta.until("the pod runs again", () => {
    const [status] = meta.last("web")?.containerStatuses ?? [];
    return status?.restartCount === 1 && status.ready;
  });
  expect(refusals).toBe(2);
});

test("a guest looks at the container that runs when its image has come at last", async () => {
  const { apply, ready, meta, runtime } = await start();
  const pulled = Promise.withResolvers<void>();
  const pull = runtime.pullImage.bind(runtime);
  runtime.publishImage("tools:1");
  runtime.pullImage = async (...args) => {
    await pulled.promise;
    return await pull(...args);
  };
  const pod = podOf("web");
  await apply(pod);
  await ready("web");
  const mainOf = async (attempt: number) => {
    const { containers } = await runtime.inspect("uid-web", never);
    return containers.find((one) => one.name === "main" && one.attempt === attempt)?.id ?? "";
  };
  const guest = { name: "guest", image: "tools:1", targetContainerName: "main" };
  await apply({ ...pod, spec: { containers: [], ...pod.spec, ephemeralContainers: [guest] } });
  await meta.until("its image is pulled", () => meta.reasons().includes("Pulling"));
  runtime.exit(await mainOf(0), 1);
  await meta.until("the other runs again", () => {
    const [main] = meta.last("web")?.containerStatuses ?? [];
    return main?.restartCount === 1 && main.state?.running !== undefined;
  });
  pulled.resolve();
  await meta.until("the guest runs", () => {
    const [told] = meta.last("web")?.ephemeralContainerStatuses ?? [];
    return told?.state?.running !== undefined;
  });
  const { containers } = await runtime.inspect("uid-web", never);
  const id = containers.find(({ name }) => name === "guest")?.id ?? "";
  expect(runtime.specOf(id)?.processesOf).toBe(await mainOf(1));
});

test("what an engine made after its pod was gone is removed", async () => {
  const { apply, ready, send, runtime } = await start();
  const pod = podOf("web");
  await apply(pod);
  await send("list-end", "all/pod", { keys: ["default/pod/web"] });
  await ready("web");
  await send("delete", "default/pod/web", pod);
  const gone = async () => {
    for (let tries = 0; tries < 300 && (await runtime.list(never)).length > 0; tries++) {
      await Bun.sleep(10);
    }
    return (await runtime.list(never)).length === 0;
  };
  expect(await gone()).toBe(true);
  const again = sandboxSpec({ namespace: "default", name: "web", uid: "uid-web" });
  await runtime.startSandbox(again, never);
  expect(await gone()).toBe(true);
});

test("after a restart each pod is reported once, though nothing has changed", async () => {
  const first = await start();
  const pod = podOf("web");
  await first.apply(pod);
  await first.ready("web");
  const status = first.meta.last("web");
  await first.stop();
  open.length = 0;
  const meta = new FakeMeta();
  meta.pods.set("web", { ...pod, ...(status && { status }) });
  const { runtime, podsDirectory } = first;
  open.push(await startEdged({ runtime, meta, podsDirectory }));
  await meta.until("it is reported", () => meta.last("web"));
  expect(meta.statuses.get("web")?.[0]).toEqual(status ?? {});
});

test("a node does not say NotReady only because it has not asked its engine yet", async () => {
  class SlowRuntime extends MemoryRuntime {
    #asked = false;
    override engine() {
      return this.#asked ? super.engine() : { reachable: false as const, reason: "not asked yet" };
    }
    override async *events(signal: AbortSignal) {
      await Bun.sleep(100);
      this.#asked = true;
      yield* super.events(signal);
    }
  }
  const { meta } = await start(new SlowRuntime({ clock: systemClock, program: shellProgram }));
  await meta.until("the node is there", () => meta.nodes.length > 0);
  const [node] = meta.nodes;
  const ready = node?.status?.conditions?.find(({ type }) => type === "Ready");
  expect(ready?.status).toBe("True");
});
