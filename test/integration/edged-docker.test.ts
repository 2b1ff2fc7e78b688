import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Container, Pod, PodStatus } from "#api/object.ts";
import { removeSiteCgroups } from "#edged/runtime/docker/cgroup-parent.ts";
import { createDockerRuntime } from "#edged/runtime/docker/docker-runtime.ts";
import type { Runtime } from "#edged/runtime/runtime.ts";
import { silentLogger } from "#lib/log.ts";
import { siteMarks } from "#lib/site-marks.ts";
import { mountTmpfs, unmountBelow } from "#linux/mount.ts";
import {
  type EdgedHarness,
  FakeMeta,
  FakeNetwork,
  podOf,
  startEdged,
} from "#test/kit/edged-harness.ts";
import { eventually } from "#test/kit/eventually.ts";
import { importBusybox } from "#test/kit/image.ts";
import { sharedEngine } from "#test/kit/shared-engine.ts";

const IMAGE = "edgesite.test/edged:1";
const TEST_MS = 60_000;
/** What an engine may take, while others use the processors too. */
const ENGINE_MS = 30_000;

const isReady = (status: PodStatus | undefined) =>
  status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") && status;

describe("edged on a Docker engine", () => {
  const { signal } = new AbortController();
  const targetOf = (pod: string) => ({
    namespace: "default",
    pod,
    uid: `uid-${pod}`,
    container: "main",
  });
  const target = targetOf("web");
  const network = new FakeNetwork();
  const siteId = randomUUID().slice(0, 8);
  let runtime: Runtime;
  let podsDirectory: string;
  let harness: EdgedHarness;

  const start = async (meta: FakeMeta) => {
    const mounts = { mount: mountTmpfs, unmountBelow };
    harness = await startEdged({ runtime, meta, network, podsDirectory, mounts });
  };
  const main = (changes: Partial<Container>): Container => ({
    name: "main",
    image: IMAGE,
    imagePullPolicy: "IfNotPresent",
    command: ["sh", "-c", "echo up; httpd -f -p 127.0.0.1:8080 -h /etc/conf"],
    ...changes,
  });
  const webPod = (name: string, configMap: string) =>
    podOf(name, {
      terminationGracePeriodSeconds: 1,
      containers: [
        main({
          env: [{ name: "WORD", valueFrom: { secretKeyRef: { name: "key", key: "word" } } }],
          volumeMounts: [
            { name: "conf", mountPath: "/etc/conf" },
            { name: "key", mountPath: "/etc/key", readOnly: true },
            { name: "scratch", mountPath: "/scratch" },
          ],
          resources: { limits: { memory: "32Mi", cpu: "100m" } },
          readinessProbe: {
            exec: { command: ["test", "-f", "/etc/conf/greeting"] },
            periodSeconds: 1,
          },
        }),
      ],
      volumes: [
        { name: "conf", configMap: { name: configMap } },
        { name: "key", secret: { secretName: "key", defaultMode: 0o400 } },
        { name: "scratch", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
      ],
    });
  const web = webPod("web", "conf");
  const apply = async (pod: Pod) => {
    const name = pod.metadata?.name ?? "";
    await harness.send("insert", `default/pod/${name}`, pod);
    return ready(name);
  };
  const runIn = async (pod: string, ...command: string[]) => {
    const options = { stdin: false, stdout: true, stderr: true, tty: false };
    const process = await harness.edged.streams.exec(
      { kind: "exec", ...targetOf(pod), ...options, command },
      signal,
    );
    const [stdout, stderr, exitCode] = await Promise.all([
      new Response(process.stdout).text(),
      new Response(process.stderr).text(),
      process.exitCode,
    ]);
    return { stdout, stderr, exitCode };
  };
  const run = (...command: string[]) => runIn("web", ...command);
  const ready = (name: string) =>
    harness.meta.until(`${name} is ready`, () => isReady(harness.meta.last(name)));
  const logs = {
    kind: "logs",
    ...target,
    follow: false,
    previous: false,
    timestamps: false,
  } as const;

  beforeAll(async () => {
    const { address } = sharedEngine();
    runtime = createDockerRuntime({
      address,
      siteId,
      arch: process.arch === "arm64" ? "arm64" : "x64",
      log: silentLogger,
    });
    await importBusybox(IMAGE, address);
    podsDirectory = await mkdtemp(join(tmpdir(), "edged-docker-"));
    const meta = new FakeMeta(ENGINE_MS);
    meta.configMaps.set("conf", { metadata: { name: "conf" }, data: { greeting: "hello" } });
    const word = Buffer.from("swordfish").toString("base64");
    meta.secrets.set("key", { metadata: { name: "key" }, data: { word } });
    await start(meta);
    await harness.send("list-end", "all/pod", { keys: [] });
    await apply(web);
  }, TEST_MS);
  afterAll(async () => {
    for (const { pod } of await runtime.list(signal)) {
      await harness.send("delete", `default/pod/${pod.name}`, undefined);
    }
    await eventually(async () => (await readdir(podsDirectory)).length === 0);
    await harness.stop();
    await rm(podsDirectory, { recursive: true, force: true });
    await eventually(() => removeSiteCgroups(siteMarks(siteId)).length === 0);
  }, TEST_MS);

  test(
    "configuration arrives as env and files, with the pod's own resolver and hosts",
    async () => {
      expect((await run("sh", "-c", "echo $WORD")).stdout).toBe("swordfish\n");
      expect((await run("cat", "/etc/conf/greeting")).stdout).toBe("hello");
      expect((await run("stat", "-Lc", "%a", "/etc/key/word")).stdout).toBe("400\n");
      expect((await run("cat", "/etc/resolv.conf")).stdout).toStartWith(
        "search default.svc.cluster.local svc.cluster.local cluster.local",
      );
      expect((await run("cat", "/etc/hosts")).stdout).toContain("10.42.0.2\tweb\n");
      expect((await run("hostname")).stdout).toBe("web\n");
      expect((await run("df", "/scratch")).stdout).toContain("1024");
    },
    TEST_MS,
  );

  test(
    "exec gives both outputs and the exit code; a missing program is an error",
    async () => {
      const result = await run("sh", "-c", "echo out; echo err >&2; exit 9");
      expect(result).toEqual({ stdout: "out\n", stderr: "err\n", exitCode: 9 });
    },
    TEST_MS,
  );

  test(
    "a terminal has the size that it was given",
    async () => {
      const options = { stdin: true, stdout: true, stderr: false, tty: true };
      const command = ["sh", "-c", "read line; stty size; exit 5"];
      const process = await harness.edged.streams.exec(
        { kind: "exec", ...target, ...options, command },
        signal,
      );
      process.resize({ width: 123, height: 45 });
      const writer = process.stdin?.getWriter();
      await Bun.sleep(200); // Docker answers a resize before the terminal has it
      await writer?.write(new TextEncoder().encode("go\n"));
      expect(await new Response(process.stdout).text()).toContain("45 123");
      expect(await process.exitCode).toBe(5);
    },
    TEST_MS,
  );

  test(
    "logs come from the container, cut to what was asked for",
    async () => {
      const all = await harness.edged.streams.logs(logs, signal);
      expect(await new Response(all).text()).toBe("up\n");
      const cut = await harness.edged.streams.logs({ ...logs, limitBytes: 1 }, signal);
      expect(await new Response(cut).text()).toBe("u");
      const unknown = harness.edged.streams.logs({ ...logs, uid: "uid-other" }, signal);
      expect(await unknown.catch((error: unknown) => String(error))).toContain(
        "is not on node edge",
      );
    },
    TEST_MS,
  );

  test(
    "a port on the pod's own loopback is forwarded",
    async () => {
      const stream = await harness.edged.streams.portForward(
        { kind: "portforward", ...target, port: 8080 },
        signal,
      );
      const writer = stream.writable.getWriter();
      await writer.write(new TextEncoder().encode("GET /greeting HTTP/1.0\r\n\r\n"));
      expect(await new Response(stream.readable).text()).toEndWith("hello");
    },
    TEST_MS,
  );

  test(
    "files follow a changed ConfigMap",
    async () => {
      const { meta } = harness;
      meta.configMaps.set("news", { metadata: { name: "news" }, data: { greeting: "old" } });
      await apply(webPod("reader", "news"));
      meta.configMaps.set("news", { metadata: { name: "news" }, data: { greeting: "new" } });
      await harness.send("update", "default/configmap/news", meta.configMaps.get("news"));
      await eventually(
        async () => (await runIn("reader", "cat", "/etc/conf/greeting")).stdout === "new",
      );
    },
    TEST_MS,
  );

  test(
    "a killed container comes back, and says what it was",
    async () => {
      const { meta } = harness;
      await apply(webPod("phoenix", "conf"));
      await runIn("phoenix", "sh", "-c", "echo last words >/dev/termination-log");
      const [container] = (await runtime.inspect("uid-phoenix", signal)).containers;
      await runtime.stopContainer(container?.id ?? "", 0, signal);
      const status = await meta.until("it came back", () => {
        const last = isReady(meta.last("phoenix"));
        return last && last.containerStatuses?.[0]?.restartCount === 1 && last;
      });
      const ended = status.containerStatuses?.[0]?.lastState?.terminated;
      expect(ended).toMatchObject({
        message: "last words\n",
        containerID: `docker://${container?.id}`,
      });
      const previous = await harness.edged.streams.logs(
        { ...logs, ...targetOf("phoenix"), previous: true },
        signal,
      );
      expect(await new Response(previous).text()).toBe("up\n");
    },
    TEST_MS,
  );

  test(
    "a restart of the site adopts the pod as it is",
    async () => {
      const before = harness.meta.last("web");
      const old = harness.meta;
      await harness.stop();
      const meta = new FakeMeta(ENGINE_MS);
      meta.pods.set("web", { ...web, ...(before && { status: before }) });
      for (const [name, object] of old.configMaps) meta.configMaps.set(name, object);
      for (const [name, object] of old.secrets) meta.secrets.set(name, object);
      await start(meta);
      await harness.send("list-end", "all/pod", { keys: ["default/pod/web"] });
      await harness.send("insert", "default/pod/web", {
        ...web,
        ...(before && { status: before }),
      });
      await apply(podOf("next", { containers: [main({})] }));
      const now = harness.meta.last("web") ?? before;
      expect(now?.containerStatuses?.[0]).toEqual(before?.containerStatuses?.[0]);
      expect((await run("cat", "/etc/conf/greeting")).stdout).toBe("hello");
    },
    TEST_MS,
  );

  test(
    "a deleted pod leaves nothing",
    async () => {
      const pod = webPod("gone", "conf");
      await apply(pod);
      const metadata = {
        ...pod.metadata,
        deletionTimestamp: "2026-01-01T00:00:00Z",
        deletionGracePeriodSeconds: 1,
      };
      await harness.send("update", "default/pod/gone", { ...pod, metadata });
      await harness.meta.until("it is gone", () => harness.meta.deleted.includes("uid-gone"));
      expect((await runtime.list(signal)).map(({ pod: left }) => left.name)).not.toContain("gone");
      expect(await Array.fromAsync(new Bun.Glob("uid-gone/**").scan(podsDirectory))).toEqual([]);
    },
    TEST_MS,
  );
});
