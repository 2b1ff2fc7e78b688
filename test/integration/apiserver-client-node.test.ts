/** @kubernetes/client-node's own clients against the port that ships. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import {
  Attach,
  CoreV1Api,
  Cp,
  Exec,
  KubeConfig,
  KubernetesObjectApi,
  Log,
  makeInformer,
  PortForward,
  type V1ConfigMap,
  type V1Status,
  Watch,
} from "@kubernetes/client-node";
import { eventually } from "#test/kit/eventually.ts";
import { LocalStreams } from "#test/kit/local-streams.ts";
import { startTlsApi, type TlsApi } from "#test/kit/tls-api.ts";

const NAMESPACE = "default";
const STEP_MS = 30_000;
let directory: string;
let streams: LocalStreams;
let api: TlsApi;
let config: KubeConfig;
let core: CoreV1Api;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "edgesite-client-node-"));
  streams = new LocalStreams({ directory });
  const log = new Blob(["one\ntwo\n"]);
  api = await startTlsApi({
    nodeStreams: {
      exec: (request, signal) => streams.exec(request, signal),
      portForward: (request, signal) => streams.portForward(request, signal),
      logs: () => Promise.resolve(log.stream()),
    },
  });
  config = new KubeConfig();
  config.loadFromString(api.kubeconfig());
  core = config.makeApiClient(CoreV1Api);
  const containers = [{ name: "main", image: "busybox" }];
  const spec = { containers, nodeName: "edge" };
  await core.createNamespacedPod({
    namespace: NAMESPACE,
    body: { metadata: { name: "web" }, spec },
  });
});

afterAll(async () => {
  await eventually(() => streams.alive.size === 0);
  await api[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

/** A stream and all that was written to it. */
function collector(): { stream: PassThrough; text: () => string } {
  const stream = new PassThrough();
  let text = "";
  stream.on("data", (bytes) => {
    text += String(bytes);
  });
  return { stream, text: () => text };
}

const mapNamed = (name: string, labels: Record<string, string> = {}): V1ConfigMap => ({
  metadata: { name, labels },
  data: { key: "value" },
});

describe("objects", () => {
  test("are created, listed by label, patched, replaced and deleted", async () => {
    const labels = { suite: "objects" };
    await core.createNamespacedConfigMap({ namespace: NAMESPACE, body: mapNamed("a", labels) });
    const { items } = await core.listNamespacedConfigMap({
      namespace: NAMESPACE,
      labelSelector: "suite=objects",
    });
    expect(items.map(({ metadata }) => metadata?.name)).toEqual(["a"]);
    expect(items[0]?.metadata?.creationTimestamp).toBeInstanceOf(Date);
    const objects = KubernetesObjectApi.makeApiClient(config);
    const patched = await objects.patch<V1ConfigMap>({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a", namespace: NAMESPACE },
      data: { more: "yes" },
    });
    expect(patched.data).toEqual({ key: "value", more: "yes" });
    await core.replaceNamespacedConfigMap({
      name: "a",
      namespace: NAMESPACE,
      body: { ...patched, data: { only: "this" } },
    });
    const read = await core.readNamespacedConfigMap({ name: "a", namespace: NAMESPACE });
    expect(read.data).toEqual({ only: "this" });
    const deleted = await core.deleteNamespacedConfigMap({ name: "a", namespace: NAMESPACE });
    expect(deleted.status).toBe("Success");
  });

  test("are watched", async () => {
    const seen: string[] = [];
    const ended = Promise.withResolvers<void>();
    const watch = new Watch(config);
    const path = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
    const selected = { labelSelector: "suite=watched" };
    const controller = await watch.watch(
      path,
      selected,
      (phase, { metadata }) => seen.push(`${phase} ${metadata.name}`),
      () => ended.resolve(),
    );
    const labels = { suite: "watched" };
    await core.createNamespacedConfigMap({ namespace: NAMESPACE, body: mapNamed("w", labels) });
    await core.deleteNamespacedConfigMap({ name: "w", namespace: NAMESPACE });
    await eventually(() => seen.length === 2);
    expect(seen).toEqual(["ADDED w", "DELETED w"]);
    controller.abort();
    await ended.promise;
  });

  test("arrive in an informer", async () => {
    const labels = { suite: "informed" };
    await core.createNamespacedConfigMap({ namespace: NAMESPACE, body: mapNamed("first", labels) });
    const list = () =>
      core.listNamespacedConfigMap({ namespace: NAMESPACE, labelSelector: "suite=informed" });
    const path = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
    const informer = makeInformer(config, path, list, "suite=informed");
    const seen: string[] = [];
    for (const verb of ["add", "update", "delete"] as const) {
      informer.on(verb, ({ metadata }) => void seen.push(`${verb} ${metadata?.name}`));
    }
    await informer.start();
    await eventually(() => seen.length === 1);
    const body = { ...mapNamed("first", labels), data: { key: "other" } };
    await core.replaceNamespacedConfigMap({ name: "first", namespace: NAMESPACE, body });
    await core.createNamespacedConfigMap({
      namespace: NAMESPACE,
      body: mapNamed("second", labels),
    });
    await core.deleteNamespacedConfigMap({ name: "first", namespace: NAMESPACE });
    await eventually(() => seen.length === 4);
    expect(seen).toEqual(["add first", "update first", "add second", "delete first"]);
    expect(informer.get("second", NAMESPACE)?.data).toEqual({ key: "value" });
    await informer.stop();
  });
});

describe("streams", () => {
  async function exec(command: string[], stdin: Readable | null = null) {
    const [stdout, stderr] = [collector(), collector()];
    const ended = Promise.withResolvers<V1Status>();
    await new Exec(config).exec(
      NAMESPACE,
      "web",
      "main",
      command,
      stdout.stream,
      stderr.stream,
      stdin,
      false,
      ended.resolve,
    );
    return { status: await ended.promise, stdout: stdout.text(), stderr: stderr.text() };
  }

  test(
    "exec tells output and exit code",
    async () => {
      const ok = await exec(["sh", "-c", "echo out; echo err >&2"]);
      expect([ok.status.status, ok.stdout, ok.stderr]).toEqual(["Success", "out\n", "err\n"]);
      const failed = await exec(["sh", "-c", "exit 3"]);
      expect(failed.status).toMatchObject({
        reason: "NonZeroExitCode",
        details: { causes: [{ reason: "ExitCode", message: "3" }] },
      });
      const fed = await exec(["head", "-n", "1"], Readable.from(["from stdin\n"]));
      expect(fed.stdout).toBe("from stdin\n");
    },
    STEP_MS,
  );

  test(
    "attach talks to the process",
    async () => {
      const stdout = collector();
      const stdin = new PassThrough();
      await new Attach(config).attach(NAMESPACE, "web", "main", stdout.stream, null, stdin, false);
      stdin.write("hello\n");
      await eventually(() => stdout.text() === "got hello\n");
    },
    STEP_MS,
  );

  test(
    "cp copies both ways",
    async () => {
      const [from, there, back] = ["from", "there", "back"].map((name) => join(directory, name));
      if (!from || !there || !back) throw new Error("There is no directory");
      for (const each of [from, there, back]) mkdirSync(each);
      writeFileSync(join(from, "file"), "x".repeat(300_000));
      const cp = new Cp(config);
      await cp.cpToPod(NAMESPACE, "web", "main", from, there);
      await eventually(() => readFileSync(join(there, "file")).length === 300_000);
      await cp.cpFromPod(NAMESPACE, "web", "main", "file", back, there);
      await eventually(() => readFileSync(join(back, "file")).length === 300_000);
      await eventually(() => streams.alive.size === 0);
    },
    STEP_MS,
  );

  test(
    "port-forward carries a conversation",
    async () => {
      const echo = await new Promise<Server>((resolve) => {
        const server = createServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.1", () =>
          resolve(server),
        );
      });
      const address = echo.address();
      const port = typeof address === "object" ? (address?.port ?? 0) : 0;
      const output = collector();
      const errors = collector();
      const input = new PassThrough();
      const forward = new PortForward(config);
      const socket = await forward.portForward(
        NAMESPACE,
        "web",
        [port],
        output.stream,
        errors.stream,
        input,
      );
      input.write("ping");
      await eventually(() => output.text() === "ping");
      expect(errors.text()).toBe("");
      if (typeof socket !== "function") socket.close();
      await eventually(() => streams.alive.size === 0);
      echo.close();
    },
    STEP_MS,
  );

  test(
    "log comes whole",
    async () => {
      const output = collector();
      await new Log(config).log(NAMESPACE, "web", "main", output.stream);
      await eventually(() => output.text() === "one\ntwo\n");
    },
    STEP_MS,
  );
});
