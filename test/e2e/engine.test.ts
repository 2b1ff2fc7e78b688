import { expect, test } from "bun:test";
import { DockerEngine } from "#test/kit/docker-engine.ts";
import { eventually } from "#test/kit/eventually.ts";
import { applyHello, pods, readyPods } from "#test/kit/hello.ts";
import { NetworkNamespace } from "#test/kit/network-namespace.ts";
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
    await using site = await SiteProcess.start({ namespace: host, engine: engine.address });
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
  },
  TEST_MS,
);
