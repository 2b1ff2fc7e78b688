import { afterEach, beforeEach, expect, test } from "bun:test";
import { eventually } from "#test/kit/eventually.ts";
import { applyHello, pods, readyPods } from "#test/kit/hello.ts";
import { NetworkNamespace } from "#test/kit/network-namespace.ts";
import { sharedEngine } from "#test/kit/shared-engine.ts";
import { SiteProcess } from "#test/kit/site-process.ts";

const TEST_MS = 120_000;

let host: NetworkNamespace;
let site: SiteProcess;

beforeEach(async () => {
  host = await NetworkNamespace.create();
  site = await SiteProcess.start({ namespace: host, engine: sharedEngine().address });
  await site.nodeReady();
}, TEST_MS);

afterEach(async () => {
  await site[Symbol.asyncDispose]();
  await host[Symbol.asyncDispose]();
}, TEST_MS);

const containers = () => pods(site, ".metadata.name} {.status.containerStatuses[0].containerID");
const restarts = () => pods(site, ".status.containerStatuses[0].restartCount");

test(
  "kill -9 takes nothing: pods serve on, are adopted, and acknowledged state is there",
  async () => {
    await applyHello(site);
    const before = (await containers()).toSorted();
    const addresses = await pods(site, ".status.podIP");
    await site.output(["create", "configmap", "acknowledged", "--from-literal=a=1"]);
    await site.stop("SIGKILL");
    for (const address of addresses) {
      expect(await host.output(["curl", "-sS", "--max-time", "3", `http://${address}:8080/`])).toBe(
        "Hello from the edge\n",
      );
    }
    site.launch();
    await site.ready();
    expect(
      await site.output(["get", "configmap", "acknowledged", "-o", "jsonpath={.data.a}"]),
    ).toBe("1");
    await eventually(async () => (await site.output(["get", "nodes"])).includes(" Ready"), {
      withinMs: 2000,
      what: "The node",
    });
    expect(await readyPods(site, 3)).toHaveLength(3);
    expect((await containers()).toSorted()).toEqual(before);
    expect(await restarts()).toEqual(["0", "0", "0"]);
  },
  TEST_MS,
);

test.each(["SIGINT", "SIGTERM", "SIGQUIT"] as const)(
  "%s stops the modules in reverse order and says which pods go on",
  async (signal) => {
    await applyHello(site);
    expect(await site.stop(signal)).toBe(0);
    expect(site.log).toContain("stop --workloads");
    const names = /hello\/web-\w+-\w+/;
    expect(site.log).toMatch(names);
    const { stdout } = await site.command(["stop", "--workloads"]);
    expect(stdout).toMatch(names);
    const left = await sharedEngine().docker([
      "ps",
      "-q",
      "--filter",
      "label=io.kubernetes.pod.namespace=hello",
    ]);
    expect(left.stdout).toBe("");
  },
  TEST_MS,
);

test(
  "SIGHUP ends nothing",
  async () => {
    process.kill(site.pid, "SIGHUP");
    expect(await site.output(["get", "--raw", "/readyz"])).toBe("ok");
  },
  TEST_MS,
);

test(
  "a clean run logs no warning",
  async () => {
    await applyHello(site);
    await site.output(["delete", "namespace", "hello", "--wait"]);
    await site.stop();
    expect(site.log.split("\n").filter((line) => /\b(WARN|ERROR)\b/.test(line))).toEqual([]);
  },
  TEST_MS,
);
