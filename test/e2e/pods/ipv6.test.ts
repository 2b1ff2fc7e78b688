/** A site whose configuration gives pods IPv6 beside IPv4, on a host that has both. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { eventually } from "#test/kit/eventually.ts";
import { type HostTraces, networkTraces } from "#test/kit/host-traces.ts";
import { NetworkNamespace } from "#test/kit/network-namespace.ts";
import { SiteProcess } from "#test/kit/site-process.ts";
import { suiteRuntime } from "#test/kit/suite-runtime.ts";

setDefaultTimeout(60_000);

const SETUP_MS = 90_000;
const HOST6 = "2001:db8::1";
const LAN6 = "2001:db8::2";

let host: NetworkNamespace;
let lan: NetworkNamespace;
let site: SiteProcess;
let before: HostTraces;
/** Name → addresses of IPv4 and IPv6. */
const addresses = new Map<string, readonly string[]>();

const web = (name: string, says: string, hostPort?: number) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels: { app: "web" } },
  spec: {
    containers: [
      {
        name: "main",
        image: "busybox:1.36",
        command: ["sh", "-c", `mkdir /w; echo ${says} >/w/index.html; exec httpd -f -h /w -p 80`],
        ports: [{ containerPort: 80, ...(hostPort && { hostPort }) }],
        env: [{ name: "IPS", valueFrom: { fieldRef: { fieldPath: "status.podIPs" } } }],
      },
    ],
  },
});
const OBJECTS = JSON.stringify({
  apiVersion: "v1",
  kind: "List",
  items: [
    web("one", "one"),
    web("two", "two", 8080),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web" },
      spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
    },
  ],
});

const get = (what: string, path: string) =>
  site.output(["get", ...what.split(" "), "-o", `jsonpath=${path}`]);
const curl = (url: string) => ["curl", "-sS", "--max-time", "3", url];
const inPod = (pod: string, ...command: string[]) => site.kubectl(["exec", pod, "--", ...command]);
const fetched = async (pod: string, url: string) => (await inPod(pod, "wget", "-qO-", url)).stdout;
const address6 = (pod: string) => addresses.get(pod)?.[1] ?? "";

beforeAll(async () => {
  host = await NetworkNamespace.create();
  lan = await NetworkNamespace.create();
  await host.connect(lan, { here: "192.0.2.1/24", there: "192.0.2.2/24" });
  const link = (await host.output(["ip", "-o", "route", "get", "192.0.2.2"])).split(" ")[2] ?? "";
  for (const [namespace, address] of [
    [host, HOST6],
    [lan, LAN6],
  ] as const) {
    await namespace.output(["sysctl", "-qw", `net.ipv6.conf.${link}.disable_ipv6=0`]);
    await namespace.output(["ip", "address", "add", `${address}/64`, "dev", link, "nodad"]);
  }
  await host.output(["ip", "route", "add", "default", "via", "192.0.2.2"]);
  await host.output(["ip", "-6", "route", "add", "default", "via", LAN6]);
  before = await networkTraces(host);
  const env = { EDGESITE_NETWORK_POD_CIDR6: "fd42::/112" };
  site = await SiteProcess.start({ namespace: host, runtime: suiteRuntime(), env });
  await site.nodeReady();
  await site.output(["apply", "-f", "-"], { stdin: OBJECTS });
  await site.output(["wait", "--for=condition=Ready", "pod/one", "pod/two", "--timeout=60s"]);
  for (const name of ["one", "two"]) {
    addresses.set(name, (await get(`pod ${name}`, "{.status.podIPs[*].ip}")).split(" "));
  }
}, SETUP_MS);

afterAll(async () => {
  await site[Symbol.asyncDispose]();
  const after = await networkTraces(host);
  expect(after["ip link"]).toBe(before["ip link"]);
  expect(after["nft list ruleset"]).toBe(before["nft list ruleset"]);
  expect(after["ip -6 route show table all"]).not.toContain("fd42");
  await host[Symbol.asyncDispose]();
  await lan[Symbol.asyncDispose]();
}, SETUP_MS);

test("node and pods say that they have both", async () => {
  expect(await get("nodes", "{.items[0].spec.podCIDRs[*]}")).toBe("10.42.0.0/24 fd42::/112");
  const internal = '{.items[0].status.addresses[?(@.type=="InternalIP")].address}';
  expect(await get("nodes", internal)).toBe(`192.0.2.1 ${HOST6}`);
  for (const [name, [ipv4 = "", ipv6 = ""]] of addresses) {
    expect(ipv6).toBe(
      ipv4.replace("10.42.0.", "fd42::").replace(/\d+$/, (last) => Number(last).toString(16)),
    );
    expect(await get(`pod ${name}`, "{.status.hostIPs[*].ip}")).toBe(`192.0.2.1 ${HOST6}`);
    expect((await inPod(name, "sh", "-c", "echo $IPS")).stdout).toBe(`${ipv4},${ipv6}\n`);
    expect((await inPod(name, "cat", "/etc/hosts")).stdout).toContain(`${ipv6}\t${name}\n`);
  }
});

test("pods reach pods and the world, and the world ports of the host, over IPv6", async () => {
  expect(await fetched("one", `http://[${address6("two")}]/`)).toBe("two\n");
  expect(await host.output(curl(`http://[${address6("one")}]/`))).toBe("one\n");
  expect(await lan.output(curl(`http://[${HOST6}]:8080/`))).toBe("two\n");
  expect(await host.output(curl(`http://[${HOST6}]:8080/`))).toBe("two\n");
  expect(await fetched("one", `http://[${HOST6}]:8080/`)).toBe("two\n");
});

test("Services and names stay IPv4, and a question for IPv6 is answered at once", async () => {
  expect(await fetched("one", "http://web/")).toMatch(/^(one|two)\n$/);
  const asked = ["nslookup", "-type=aaaa", "web.default.svc.cluster.local"];
  const { exitCode, stdout } = await inPod("one", ...asked);
  expect([exitCode, stdout.trim().split("\n")]).toEqual([
    0,
    ["Server:\t\t169.254.96.16", "Address:\t169.254.96.16:53"],
  ]);
});

test("a site that was killed takes its pods over with both addresses", async () => {
  await site.stop("SIGKILL");
  site.launch();
  await site.ready();
  await site.nodeReady();
  await eventually(
    async () => (await lan.run(curl(`http://[${HOST6}]:8080/`))).stdout === "two\n",
    {
      withinMs: 10_000,
      what: "A port of the host over IPv6",
    },
  );
  expect(await get("pod one", "{.status.podIPs[*].ip}")).toBe(
    (addresses.get("one") ?? []).join(" "),
  );
  expect(await get("pods one two", "{.items[*].status.containerStatuses[0].restartCount}")).toBe(
    "0 0",
  );
  expect(await fetched("one", `http://[${address6("two")}]/`)).toBe("two\n");
});
