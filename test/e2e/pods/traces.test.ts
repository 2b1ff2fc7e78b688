/** What pods and sites leave behind when they are gone: nothing, however they went. */
import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "#test/kit/eventually.ts";
import { applyHello, readyPods } from "#test/kit/hello.ts";
import { machineTraces, networkTraces } from "#test/kit/host-traces.ts";
import { NetworkNamespace } from "#test/kit/network-namespace.ts";
import { SiteProcess } from "#test/kit/site-process.ts";
import { rounds } from "#test/kit/soak.ts";
import { suiteRuntime } from "#test/kit/suite-runtime.ts";

const TEST_MS = 120_000;
const KILLS = rounds({ gate: 6, soak: 250 });
const ALL_MS = rounds({ gate: TEST_MS, soak: 3_600_000 });
const PODS = 4;
/** How long a site lives at most, once its API answers, before it is killed; less by chance. */
const MAX_LIFE_MS = 2000;
const NOTHING = { mounts: [], cgroups: [], run: [], profiles: [], processes: [] };

test.each([
  ["was stopped", ["stop"]],
  ["was stopped with its pods", ["stop", "--workloads"]],
  ["was killed", undefined],
] as const)(
  "reset of a site that %s leaves the host as it was",
  async (_, stop) => {
    await using host = await NetworkNamespace.create();
    // It stays on: others may have come to rely on it, such as an engine or a second site.
    await host.output(["sysctl", "-qw", "net.ipv4.ip_forward=1"]);
    const before = await networkTraces(host);
    await using site = await SiteProcess.start({ namespace: host, runtime: suiteRuntime() });
    await site.nodeReady();
    await applyHello(site);
    const owner = { siteId: (await site.status()).siteId, dataDir: site.dataDir };
    expect(await networkTraces(host)).not.toEqual(before);
    expect(machineTraces(owner).processes.length).toBeGreaterThan(PODS);
    if (stop) expect(await site.command(stop)).toMatchObject({ exitCode: 0 });
    await site.stop("SIGKILL");
    expect(await site.command(["reset", "--yes"])).toMatchObject({ exitCode: 0, stderr: "" });
    expect(machineTraces(owner)).toEqual(NOTHING);
    expect(await networkTraces(host)).toEqual(before);
    // Archives are the user's own; kubectl keeps things in its home.
    const left = readdirSync(site.dataDir).filter((name) => !name.startsWith("."));
    expect(left.filter((name) => name !== "images")).toEqual([]);
  },
  TEST_MS,
);

const churn = JSON.stringify({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "churn" },
  spec: {
    replicas: PODS,
    selector: { matchLabels: { app: "churn" } },
    template: {
      metadata: { labels: { app: "churn" } },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [{ name: "app", image: "busybox:1.36", command: ["sleep", "1000"] }],
      },
    },
  },
});

test(
  `a site that is killed ${KILLS} times while pods come and go keeps nothing of those that went`,
  async () => {
    await using host = await NetworkNamespace.create();
    await using site = await SiteProcess.start({ namespace: host, runtime: suiteRuntime() });
    await site.nodeReady();
    const { siteId } = await site.status();
    const { dataDir } = site;
    const traces = async () => ({
      links: (await networkTraces(host))["ip link"],
      pods: readdirSync(join(dataDir, "pods")),
      machine: machineTraces({ siteId, dataDir }),
    });
    const runOnce = async (): Promise<void> => {
      await site.output(["apply", "-f", "-"], { stdin: churn });
      await readyPods(site, PODS, "default");
    };
    const end = async (): Promise<void> => {
      await site.output(["delete", "deployment", "churn", "--wait"]);
      await site.output(["wait", "--for=delete", "pod", "--all", "--timeout=60s"]);
    };
    await runOnce();
    await end();
    await eventually(
      () => {
        expect(readdirSync(join(dataDir, "pods"))).toEqual([]);
        return true;
      },
      { what: "No pod" },
    );
    const before = await traces();
    expect(before.machine).toMatchObject({ mounts: [], processes: [] });
    await runOnce();
    for (let kill = 0; kill < KILLS; kill += 1) {
      await site.output(["delete", "pods", "--all", "--wait=false"]);
      await Bun.sleep(Math.random() * MAX_LIFE_MS);
      await site.stop("SIGKILL");
      site.launch();
      await site.ready();
    }
    await site.nodeReady();
    await readyPods(site, PODS, "default");
    await end();
    await eventually(async () => {
      expect(await traces()).toEqual(before);
      return true;
    });
  },
  ALL_MS,
);
