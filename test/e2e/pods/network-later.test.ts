/** A box whose network comes up after it, and then changes: all that names its address follows. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { eventually } from "#test/kit/eventually.ts";
import { NetworkNamespace } from "#test/kit/network-namespace.ts";
import { SiteProcess } from "#test/kit/site-process.ts";
import { suiteRuntime } from "#test/kit/suite-runtime.ts";

const SETUP_MS = 90_000;
const TEST_MS = 60_000;
const GATEWAY = "10.42.0.1";

let host: NetworkNamespace;
let lan: NetworkNamespace;
let site: SiteProcess;

const server = (port: number, says: string) => ({
  ...{ name: "main", image: "busybox:1.36" },
  command: ["sh", "-c", `mkdir /w; echo ${says} >/w/index.html; exec httpd -f -h /w -p ${port}`],
});
const OBJECTS = JSON.stringify({
  apiVersion: "v1",
  kind: "List",
  items: [
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "own" },
      spec: {
        containers: [{ ...server(80, "own"), ports: [{ containerPort: 80, hostPort: 8080 }] }],
      },
    },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "host", labels: { app: "host" } },
      spec: { hostNetwork: true, containers: [server(8081, "host")] },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "host" },
      spec: { selector: { app: "host" }, ports: [{ port: 80, targetPort: 8081 }] },
    },
  ],
});

beforeAll(async () => {
  host = await NetworkNamespace.create();
  lan = await NetworkNamespace.create();
  site = await SiteProcess.start({ namespace: host, runtime: suiteRuntime() });
  await site.nodeReady();
  await site.output(["apply", "-f", "-"], { stdin: OBJECTS });
  await site.output(["wait", "--for=condition=Ready", "pod/own", "pod/host", "--timeout=60s"]);
}, SETUP_MS);

afterAll(async () => {
  await site[Symbol.asyncDispose]();
  await host[Symbol.asyncDispose]();
  await lan[Symbol.asyncDispose]();
}, SETUP_MS);

const get = (what: string, path: string) =>
  site.output(["get", ...what.split(" "), "-o", `jsonpath=${path}`]);
const nodeAddress = () =>
  get("nodes", '{.items[0].status.addresses[?(@.type=="InternalIP")].address}');
const hostIPs = () => get("pods own host", "{.items[*].status.hostIP}");
const hostPodIP = () => get("pod host", "{.status.podIP}");
const endpoints = () =>
  get("endpointslices -l kubernetes.io/service-name=host", "{.items[0].endpoints[*].addresses}");
const curl = (url: string) => ["curl", "-sS", "--max-time", "2", url];

/** Waits until everything says `address`, and reaches what is there from the next machine. */
async function allFollow(address: string): Promise<void> {
  await eventually(
    async () =>
      (await nodeAddress()) === address &&
      (await hostIPs()) === `${address} ${address}` &&
      (await hostPodIP()) === address &&
      (await endpoints()) === JSON.stringify([address]),
    { withinMs: 10_000, what: `Node, pods and endpoints at ${address}` },
  );
  const ca = join(site.dataDir, "pki/ca.crt");
  await eventually(
    async () =>
      (await lan.run([...curl(`https://${address}:6443/version`), "--cacert", ca])).exitCode === 0,
    { withinMs: 10_000, what: `A certificate for ${address}` },
  );
  expect(await lan.output(curl(`http://${address}:8080/`))).toBe("own\n");
}

test(
  "node, pods, endpoints, certificate and host ports follow an address that comes, and one that changes",
  async () => {
    expect(await nodeAddress()).toBe(GATEWAY);
    expect(await hostIPs()).toBe(`${GATEWAY} ${GATEWAY}`);

    await host.connect(lan, { here: "192.0.2.1/24", there: "192.0.2.2/24" });
    await host.output(["ip", "route", "add", "default", "via", "192.0.2.2"]);
    await allFollow("192.0.2.1");

    const link = (await host.output(["ip", "-o", "route", "get", "192.0.2.2"])).split(" ")[2] ?? "";
    await host.output(["ip", "address", "delete", "192.0.2.1/24", "dev", link]);
    await host.output(["ip", "address", "add", "192.0.2.7/24", "dev", link]);
    await host.output(["ip", "route", "add", "default", "via", "192.0.2.2"]);
    await allFollow("192.0.2.7");
    expect(await get("pods own host", "{.items[*].status.containerStatuses[0].restartCount}")).toBe(
      "0 0",
    );
    // Nothing moves the API that pods are told of.
    const api = "endpointslices -l kubernetes.io/service-name=kubernetes";
    expect(await get(api, "{.items[0].endpoints[*].addresses}")).toBe(JSON.stringify([GATEWAY]));
  },
  TEST_MS,
);
