import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { processesOf } from "#test/kit/container-processes.ts";
import { DockerEngine } from "#test/kit/docker-engine.ts";
import { dockerRuntime } from "#test/kit/docker-runtime.ts";
import { eventually } from "#test/kit/eventually.ts";
import { applyHello, clusterIP, HELLO, pods, readyPods } from "#test/kit/hello.ts";
import { NetworkNamespace } from "#test/kit/network-namespace.ts";
import { sharedEngine } from "#test/kit/shared-engine.ts";
import { SiteProcess } from "#test/kit/site-process.ts";

const TEST_MS = 120_000;

const nodeReason = (site: SiteProcess) =>
  site.output([
    "get",
    "nodes",
    "-o",
    'jsonpath={.items[0].status.conditions[?(@.type=="Ready")].status} {.items[0].status.conditions[?(@.type=="Ready")].message}',
  ]);

test(
  "an engine that is absent at start and restarted later heals by itself",
  async () => {
    await using engine = await DockerEngine.start();
    await engine.stopDaemon();
    await using host = await NetworkNamespace.create();
    await using site = await SiteProcess.start({ namespace: host, runtime: dockerRuntime(engine) });
    await eventually(async () => /^(False|Unknown) .*[Dd]ocker/.test(await nodeReason(site)), {
      what: "NotReady with the reason",
    });
    const status = await site.command(["status"]);
    expect(status.exitCode).toBe(1);
    await engine.startDaemon();
    await site.nodeReady();
    await applyHello(site);
    const before = (await pods(site, ".status.containerStatuses[0].containerID")).toSorted();
    await engine.stopDaemon("SIGKILL");
    await eventually(async () => (await nodeReason(site)).startsWith("False"), {
      what: "NotReady",
    });
    await engine.startDaemon();
    await site.nodeReady();
    await readyPods(site, 3);
    expect((await pods(site, ".status.containerStatuses[0].containerID")).toSorted()).toEqual(
      before,
    );
    // Nobody has restarted anything, and all of them are in service again.
    await site.output(["-n", "hello", "wait", "--for=condition=Ready", "pod", "--all"]);
    expect(await pods(site, ".status.containerStatuses[0].restartCount")).toEqual(["0", "0", "0"]);
    const address = await clusterIP(site, "web");
    await eventually(
      async () => (await host.run(["curl", "-sS", `http://${address}/hostname`])).exitCode === 0,
      { what: "The Service" },
    );
  },
  TEST_MS,
);

test(
  "an engine that is killed while pods are being made leaves each pod with one sandbox and one container",
  async () => {
    await using engine = await DockerEngine.start();
    await using host = await NetworkNamespace.create();
    await using site = await SiteProcess.start({ namespace: host, runtime: dockerRuntime(engine) });
    await site.nodeReady();
    await site.output(["apply", "-f", HELLO]);
    await site.output(["-n", "hello", "scale", "deployment/web", "--replicas=8"]);
    const running = async (): Promise<number> => {
      const own = ["--filter", "label=io.kubernetes.pod.namespace=hello"];
      return (await engine.docker(["ps", "-q", ...own])).stdout.trim().split("\n").length;
    };
    await eventually(async () => (await running()) > 2, { what: "Pods in the making" });
    await engine.stopDaemon("SIGKILL");
    await engine.startDaemon();
    await readyPods(site, 8);
    await site.output(["-n", "hello", "rollout", "status", "deployment/web", "--timeout=60s"]);
    // One that died with the engine may stay as the container before, for its logs.
    await eventually(async () => (await running()) === 16, {
      what: "A sandbox and a container running for each of 8 pods",
    });
    expect(new Set(await pods(site, ".status.podIP")).size).toBe(8);
  },
  TEST_MS,
);

test(
  "another runtime takes over the pods, and the one of before keeps none",
  async () => {
    await using resources = new AsyncDisposableStack();
    const host = resources.use(await NetworkNamespace.create());
    const parent = mkdtempSync(join(tmpdir(), "edgesite-switched-"));
    resources.defer(() => rmSync(parent, { recursive: true }));
    const config = join(parent, "edgesite.yaml");
    const use = (name: string): void => writeFileSync(config, `runtime: {name: ${name}}\n`);
    use("docker");
    const runtime = dockerRuntime(sharedEngine());
    const args = ["--config", config];
    const site = resources.use(await SiteProcess.start({ namespace: host, runtime, parent, args }));
    await site.nodeReady();
    await applyHello(site);
    const { siteId } = await site.status();
    const ids = await pods(site, ".status.containerStatuses[0].containerID");
    expect(ids.flatMap(processesOf).length).toBeGreaterThan(0);
    await site.stop();
    use("native");
    site.launch();
    await site.ready();
    expect(ids.flatMap(processesOf)).toEqual([]);
    expect(await site.status()).toMatchObject({ siteId, runtime: { name: "native" } });
  },
  TEST_MS,
);

test(
  "reset does not forget containers whose engine is away",
  async () => {
    await using host = await NetworkNamespace.create();
    await using site = await SiteProcess.start({
      namespace: host,
      runtime: dockerRuntime(sharedEngine()),
    });
    await site.nodeReady();
    await applyHello(site);
    await site.stop();
    const { exitCode, stderr } = await site.command(["reset", "--yes"], {
      env: { DOCKER_HOST: "unix:///nonexistent/docker.sock" },
    });
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("Start the engine")]);
    expect(existsSync(join(site.dataDir, "edgesite.db"))).toBe(true);
  },
  TEST_MS,
);
