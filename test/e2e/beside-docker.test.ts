/** A real dockerd, with its bridge and its firewall, on the host of a site that uses it or not. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { DockerEngine } from "#test/kit/docker-engine.ts";
import { dockerRuntime } from "#test/kit/docker-runtime.ts";
import { eventually } from "#test/kit/eventually.ts";
import { NativeSuite } from "#test/kit/native-suite.ts";
import { NetworkNamespace } from "#test/kit/network-namespace.ts";
import { SiteProcess } from "#test/kit/site-process.ts";

const TEST_MS = 180_000;
const HOST = "192.0.2.1";
const LAN = "192.0.2.2";

let native: NativeSuite;
beforeAll(async () => {
  native = await NativeSuite.create();
});
afterAll(() => native[Symbol.dispose]());

const web = (name: string, hostPort?: number) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: {
    containers: [
      {
        ...{ name: "main", image: "busybox:1.36" },
        command: ["sh", "-c", `mkdir /w; echo ${name} >/w/index.html; exec httpd -f -h /w -p 80`],
        ports: [{ containerPort: 80, ...(hostPort && { hostPort }) }],
      },
    ],
  },
});
const PODS = JSON.stringify({
  apiVersion: "v1",
  kind: "List",
  items: [web("one"), web("two", 8080)],
});

/** A host that does not forward yet, and the machine next door, which is its way out. */
async function twoMachines(stack: AsyncDisposableStack) {
  const host = stack.use(await NetworkNamespace.create());
  const lan = stack.use(await NetworkNamespace.create());
  await host.connect(lan, { here: `${HOST}/24`, there: `${LAN}/24` });
  await host.output(["ip", "route", "add", "default", "via", LAN]);
  await host.output(["sysctl", "-qw", "net.ipv4.ip_forward=0"]);
  const serve = ["busybox", "nc", "-ll", "-p", "9000", "-e", "echo", "world"];
  const server = Bun.spawn(lan.command(serve), { stdio: ["ignore", "ignore", "ignore"] });
  stack.defer(async () => {
    server.kill();
    await server.exited;
  });
  return { host, lan };
}

/** The host's rules without counters; in which order dockerd puts its own is its business. */
async function rulesOf(host: NetworkNamespace): Promise<readonly string[]> {
  const text = await host.output(["iptables-save"]);
  const lines = text.split("\n").filter((line) => !line.startsWith("#"));
  return lines.map((line) => line.replace(/ \[\d+:\d+\]$/, "")).toSorted();
}

async function reachAll(site: SiteProcess, lan: NetworkNamespace): Promise<void> {
  const address = await site.output(["get", "pod", "two", "-o", "jsonpath={.status.podIP}"]);
  const told = async (...command: string[]) =>
    (await site.kubectl(["exec", "one", "--", ...command])).stdout;
  const ways: Record<string, () => Promise<string>> = {
    "two\n": () => told("wget", "-qO-", `http://${address}/`),
    "world\n": () => told("nc", LAN, "9000"),
    "two\n\n": async () => `${(await lan.run(["curl", "-sm2", `http://${HOST}:8080/`])).stdout}\n`,
  };
  for (const [answer, way] of Object.entries(ways))
    await eventually(async () => (await way()) === answer, { what: `The answer ${answer}` });
}

async function runPods(site: SiteProcess): Promise<void> {
  await site.nodeReady();
  await site.output(["apply", "-f", "-"], { stdin: PODS });
  await site.output(["wait", "--for=condition=Ready", "pod/one", "pod/two", "--timeout=60s"]);
}

test.each(["native", "docker"] as const)(
  "a firewall that dockerd has made admits pods of the runtime %s, and is left as it was",
  async (name) => {
    await using stack = new AsyncDisposableStack();
    const { host, lan } = await twoMachines(stack);
    const engine = stack.use(await DockerEngine.start({ host }));
    const rules = await rulesOf(host);
    // It has begun to forward, and closes what it does not forward itself.
    expect(rules).toContain(":FORWARD DROP");
    const runtime = name === "docker" ? dockerRuntime(engine) : native;
    const args = ["--runtime", name];
    const site = stack.use(await SiteProcess.start({ namespace: host, runtime, args }));
    await runPods(site);
    await reachAll(site, lan);
    await engine.stopDaemon();
    await engine.startDaemon();
    await reachAll(site, lan);
    await site[Symbol.asyncDispose]();
    expect(await rulesOf(host)).toEqual(rules);
  },
  TEST_MS,
);

test(
  "a dockerd that starts beside a running site closes nothing to its pods",
  async () => {
    await using stack = new AsyncDisposableStack();
    const { host, lan } = await twoMachines(stack);
    const engine = stack.use(await DockerEngine.start({ host }));
    await engine.stopDaemon();
    await forgetDocker(host);
    const site = stack.use(await SiteProcess.start({ namespace: host, runtime: native }));
    await runPods(site);
    await engine.startDaemon();
    // As a newer one does always, and this one where nobody forwarded before it.
    await host.output(["iptables", "-P", "FORWARD", "DROP"]);
    await reachAll(site, lan);
  },
  TEST_MS,
);

/** As on a host where no dockerd has run yet. */
async function forgetDocker(host: NetworkNamespace): Promise<void> {
  await host.output(["nft", "flush", "ruleset"]);
  await host.output(["ip", "link", "delete", "docker0"]);
  await host.output(["sysctl", "-qw", "net.ipv4.ip_forward=0"]);
}
