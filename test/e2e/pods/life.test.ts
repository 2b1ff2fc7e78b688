import { afterEach, beforeEach, expect, test } from "bun:test";
import { usageOfThese } from "#test/bench/kit/usage.ts";
import { firstProcess, processesOf } from "#test/kit/container-processes.ts";
import { eventually } from "#test/kit/eventually.ts";
import { applyHello, readyPods } from "#test/kit/hello.ts";
import { NetworkNamespace } from "#test/kit/network-namespace.ts";
import { BINARY, SiteProcess } from "#test/kit/site-process.ts";
import { suiteRuntime } from "#test/kit/suite-runtime.ts";

const TEST_MS = 120_000;

let host: NetworkNamespace;
let site: SiteProcess;

const GRACE_SECONDS = 4;
/** Signals that come closer together count as one. */
const SAME_WISH_MS = 300;
/** What a start may cost until nodes and pods are as they were; a clock would measure other programs too. */
const RESTART_CPU_MS = 2000;

beforeEach(async () => {
  host = await NetworkNamespace.create();
  site = await SiteProcess.start({
    namespace: host,
    runtime: suiteRuntime(),
    args: ["--log-level", "debug"],
    env: { EDGESITE_STOP_GRACE_SECONDS: String(GRACE_SECONDS) },
  });
  await site.nodeReady();
}, TEST_MS);

afterEach(async () => {
  await site[Symbol.asyncDispose]();
  await host[Symbol.asyncDispose]();
}, TEST_MS);

interface Listed {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly status: {
    readonly conditions: readonly { readonly type: string; readonly status: string }[];
    readonly podIP?: string;
    readonly containerStatuses?: readonly {
      readonly containerID: string;
      readonly restartCount: number;
      readonly ready: boolean;
    }[];
  };
}

/** Node and pods of the API as one picture: who is Ready, and the containers by pod. */
async function picture() {
  const text = await site.output(["get", "nodes,pods", "-A", "-o", "json"]);
  const { items }: { readonly items: readonly Listed[] } = JSON.parse(text);
  const containers = items.flatMap(({ kind, metadata, status }) => {
    const [container] = status.containerStatuses ?? [];
    if (kind !== "Pod" || !container) return [];
    const { containerID, restartCount, ready } = container;
    return [{ pod: metadata.name, podIP: status.podIP, containerID, restartCount, ready }];
  });
  const isReady = ({ status }: Listed): boolean =>
    status.conditions.some((one) => one.type === "Ready" && one.status === "True");
  return { ready: items.filter(isReady).length, containers };
}

/** The first picture after a new start that is as wanted, which must cost little. */
async function restarted(isRight: (now: Awaited<ReturnType<typeof picture>>) => boolean) {
  site.launch();
  const found = await eventually(
    async () => {
      const now = await picture();
      return isRight(now) && now;
    },
    { what: "The right status" },
  );
  const { cpuMs } = usageOfThese([site.pid]);
  expect(cpuMs).toBeWithin(1, RESTART_CPU_MS);
  return found;
}

test(
  "kill -9 takes nothing: pods serve on, are adopted, and acknowledged state is there",
  async () => {
    await applyHello(site);
    const before = await picture();
    await site.output(["create", "configmap", "acknowledged", "--from-literal=a=1"]);
    await site.stop("SIGKILL");
    for (const { podIP } of before.containers) {
      expect(await host.output(["curl", "-sS", "--max-time", "3", `http://${podIP}:8080/`])).toBe(
        "Hello from the edge\n",
      );
    }
    const after = await restarted(({ ready }) => ready === 4);
    expect(after).toEqual(before);
    const data = ["get", "configmap", "acknowledged", "-o", "jsonpath={.data.a}"];
    expect(await site.output(data)).toBe("1");
    // What is adopted stays adopted: nothing follows that starts it anew.
    await site.output(["-n", "hello", "rollout", "status", "deployment/web", "--timeout=10s"]);
    expect(await picture()).toEqual(before);
    const address = ["-n", "hello", "get", "service", "web", "-o", "jsonpath={.spec.clusterIP}"];
    const service = `http://${await site.output(address)}/`;
    expect(await host.output(["curl", "-sS", "--max-time", "3", service])).toBe(
      "Hello from the edge\n",
    );
  },
  TEST_MS,
);

test(
  "a container that died while edgesite was away is restarted, the others are not",
  async () => {
    await applyHello(site);
    const before = await picture();
    const [victim] = before.containers;
    await site.stop("SIGKILL");
    process.kill(firstProcess(victim?.containerID), "SIGKILL");
    const isServing = ({ containers }: Awaited<ReturnType<typeof picture>>): boolean =>
      containers.some(({ containerID, ready }) => ready && containerID === victim?.containerID);
    await restarted((now) => !isServing(now));
    await readyPods(site, 3);
    const { containers } = await picture();
    for (const was of before.containers) {
      const is = containers.find(({ pod }) => pod === was.pod);
      if (was === victim) {
        expect(is).toMatchObject({ restartCount: 1, podIP: was.podIP });
        expect(is?.containerID).not.toBe(was.containerID);
      } else expect(is).toEqual(was);
    }
  },
  TEST_MS,
);

/** Modules in the order in which they came into a state, as the log has it. */
const modulesThatAre = (state: string): string[] =>
  [...site.log.matchAll(new RegExp(`Module is ${state} name=(\\w+)`, "g"))].map(
    ([, name = ""]) => name,
  );

test.each(["SIGINT", "SIGTERM", "SIGQUIT"] as const)(
  "%s stops the modules in reverse order and says which pods go on",
  async (signal) => {
    await applyHello(site);
    const { containers } = await picture();
    const startedMs = performance.now();
    expect(await site.stop(signal)).toBe(0);
    expect(performance.now() - startedMs).toBeLessThan(GRACE_SECONDS * 1000);
    expect(modulesThatAre("running")).toEqual([
      ...["apiserver", "controllers", "scheduler", "edgecontroller"],
      ...["metaManager", "edgemesh", "edged"],
    ]);
    const reverse = modulesThatAre("running").toReversed();
    expect(modulesThatAre("stopping")).toEqual(reverse);
    expect(modulesThatAre("ended")).toEqual(reverse);
    const names = /hello\/web-\w+-\w+/;
    expect(site.log).toMatch(names);
    // The last line that a clean run writes is there: nothing is lost on the way out.
    expect(site.log.trim().split("\n").at(-1)).toContain("stop --workloads");
    const { stdout } = await site.command(["stop", "--workloads"]);
    expect(stdout).toMatch(names);
    expect(containers.flatMap(({ containerID }) => processesOf(containerID))).toEqual([]);
  },
  TEST_MS,
);

/** A request whose body never ends: work that the API server waits for when it stops. */
async function unfinishedRequest(): Promise<Disposable> {
  const token = /token: (\S+)/.exec(await Bun.file(site.kubeconfig).text())?.[1];
  const dial = ["openssl", "s_client", "-quiet", "-connect", "127.0.0.1:6443"];
  const child = Bun.spawn(host.command(dial), {
    stdin: "pipe",
    stdout: "ignore",
    stderr: "ignore",
  });
  const head = [
    "POST /api/v1/namespaces/default/configmaps HTTP/1.1",
    ...["Host: localhost", `Authorization: Bearer ${token}`, "Content-Type: application/json"],
    ...["Content-Length: 1000", "", "{"],
  ];
  void child.stdin.write(head.join("\r\n"));
  await child.stdin.flush();
  const inFlight = 'apiserver_current_inflight_requests{request_kind="mutating"} 1\n';
  const isWorkedOn = async (): Promise<boolean> =>
    (await site.output(["get", "--raw", "/metrics"])).includes(inFlight);
  await eventually(isWorkedOn, { what: "A request that is worked on" });
  return { [Symbol.dispose]: () => child.kill("SIGKILL") };
}

test(
  "unfinished work is dropped when the grace period is over",
  async () => {
    using _request = await unfinishedRequest();
    const startedMs = performance.now();
    expect(await site.stop()).toBe(0);
    const tookMs = performance.now() - startedMs;
    expect(tookMs).toBeGreaterThan(GRACE_SECONDS * 1000 - 100);
    expect(tookMs).toBeLessThan(GRACE_SECONDS * 1000 + 2000);
    expect(site.log).toContain("edgesite has stopped");
  },
  TEST_MS,
);

test(
  "a second signal ends it at once",
  async () => {
    using _request = await unfinishedRequest();
    const first = site.stop("SIGINT");
    await eventually(() => site.log.includes("Module is ended name=controllers"), {
      what: "An API server that waits",
    });
    // One key press may come as several signals: through the terminal, npm and sudo.
    await Bun.sleep(SAME_WISH_MS);
    const startedMs = performance.now();
    expect(await Promise.race([site.stop("SIGINT"), first])).toBe(0);
    expect(performance.now() - startedMs).toBeLessThan(1000);
    expect(site.log).toContain("edgesite has stopped");
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
  "closing the terminal of a site ends nothing",
  async () => {
    await site.stop();
    const command = host.command([BINARY, "start", "--data-dir", site.dataDir]);
    const env = { ...process.env, ...site.env };
    const child = Bun.spawn(command, { env, terminal: {} });
    try {
      await site.nodeReady();
      child.terminal?.close();
      // What is written from here on has nobody who reads it.
      await applyHello(site);
      await site.output(["delete", "namespace", "hello", "--wait"]);
      child.kill();
      expect(await child.exited).toBe(0);
    } finally {
      child.kill("SIGKILL");
      await child.exited;
    }
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
