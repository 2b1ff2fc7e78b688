import { expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { busyboxRuntime } from "#test/kit/busybox-runtime.ts";
import { applyPod, isReady, podOf, startEdged } from "#test/kit/edged-harness.ts";

test("ConfigMaps arrive as env and as files, and files follow a change", async () => {
  const runtime = busyboxRuntime();
  await using harness = await startEdged({ runtime });
  const { meta, podsDirectory } = harness;
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
  await applyPod(harness, podOf("web", { containers: [main], volumes }));
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
  const runtime = busyboxRuntime();
  const first = await startEdged({ runtime });
  const { meta, podsDirectory } = first;
  const serviceAccountToken = { path: "token", expirationSeconds: 1 };
  const volumes = [{ name: "api", projected: { sources: [{ serviceAccountToken }] } }];
  const pod = podOf("web", { serviceAccountName: "robot", volumes });
  meta.pods.set("web", pod);
  await applyPod(first, pod);
  await meta.until("web is ready", () => isReady(meta.last("web")));
  const file = join(podsDirectory, "uid-web/volumes/kubernetes.io~projected/api/token");
  const token = (): Promise<string> => readFile(file, "utf8");
  const before = await token();
  while ((await token()) === before) await Bun.sleep(10);
  await first.stop();
  const known = meta.tokenRequests.length;
  await using second = await startEdged({ runtime, meta, podsDirectory });
  await applyPod(second, pod);
  while (Number((await token()).split("-")[1]) <= known) await Bun.sleep(10);
  expect(meta.tokenRequests.at(-1)?.boundObjectRef).toMatchObject({ kind: "Pod", name: "web" });
});

test("a missing ConfigMap holds the container back until it comes", async () => {
  await using harness = await startEdged({ runtime: busyboxRuntime() });
  const { meta } = harness;
  const env = [{ name: "A", valueFrom: { configMapKeyRef: { name: "late", key: "k" } } }];
  const command = ["sh", "-c", "sleep 1000"];
  await applyPod(
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
