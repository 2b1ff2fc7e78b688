/** What Services are beyond HTTP on a ClusterIP: UDP, none ready, headless, names of pods, affinity. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { firstProcess } from "#test/kit/container-processes.ts";
import { eventually } from "#test/kit/eventually.ts";
import { clusterIP, pods, readyPods } from "#test/kit/hello.ts";
import { NetworkNamespace } from "#test/kit/network-namespace.ts";
import { SiteProcess } from "#test/kit/site-process.ts";
import { suiteRuntime } from "#test/kit/suite-runtime.ts";

const SETUP_MS = 90_000;
const TEST_MS = 60_000;
const DNS = "169.254.96.16";

const PLAY = `apiVersion: apps/v1
kind: Deployment
metadata: {name: echo, namespace: play}
spec:
  replicas: 3
  selector: {matchLabels: {app: echo}}
  template:
    metadata: {labels: {app: echo}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: echo
          image: busybox:1.36
          command: [sh, -c, "mkdir /www; hostname > /www/name; exec httpd -f -p 8080 -h /www"]
          readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: echo, namespace: play}
spec:
  selector: {app: echo}
  ports:
    - {name: talk, protocol: UDP, port: 5000, targetPort: 5001}
    - {name: http, port: 5000, targetPort: 8080}
---
apiVersion: v1
kind: Service
metadata: {name: each, namespace: play}
spec:
  clusterIP: None
  selector: {app: echo}
  ports: [{name: http, port: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: sticky, namespace: play}
spec:
  selector: {app: echo}
  sessionAffinity: ClientIP
  ports: [{port: 80, targetPort: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: nobody, namespace: play}
spec:
  selector: {app: nobody}
  ports: [{port: 80}]
`;

/** Answers every datagram with the name of the pod whose network it runs in. */
const UDP_SERVER = `await Bun.udpSocket({
  hostname: "0.0.0.0", port: 5001,
  socket: { data: (self, datagram, port, address) => self.send(process.argv[1] + " " + datagram, port, address) },
});`;

/** Asks three times from one port and prints the answers. */
const UDP_CLIENT = `let asked = 0;
const socket = await Bun.udpSocket({
  connect: { hostname: process.argv[1], port: 5000 },
  socket: { data: (self, datagram) => { console.log(String(datagram)); next(); } },
});
const next = () => (++asked > 3 ? process.exit(0) : socket.send(String(asked)));
setTimeout(() => process.exit(1), 3000);
next();`;

const stack = new AsyncDisposableStack();
let host: NetworkNamespace;
let site: SiteProcess;
let names: readonly string[];

beforeAll(async () => {
  host = stack.use(await NetworkNamespace.create());
  site = stack.use(await SiteProcess.start({ namespace: host, runtime: suiteRuntime() }));
  await site.nodeReady();
  await site.output(["create", "namespace", "play"]);
  await site.output(["apply", "-f", "-"], { stdin: PLAY });
  names = await readyPods(site, 3, "play");
  for (const name of names) await serveUdp(name);
}, SETUP_MS);

afterAll(() => stack.disposeAsync(), SETUP_MS);

/** The command that runs a program of the test in a pod's network. */
async function inNetworkOf(pod: string, command: readonly string[]): Promise<string[]> {
  const path = "jsonpath={.status.containerStatuses[0].containerID}";
  const id = await site.output(["-n", "play", "get", "pod", pod, "-o", path]);
  return ["nsenter", `--net=/proc/${firstProcess(id)}/ns/net`, "--", ...command];
}

async function serveUdp(pod: string): Promise<void> {
  const child = Bun.spawn(await inNetworkOf(pod, [process.execPath, "-e", UDP_SERVER, pod]));
  stack.defer(async () => {
    child.kill();
    await child.exited;
  });
  const sockets = await inNetworkOf(pod, ["busybox", "netstat", "-lun"]);
  await eventually(async () => (await host.output(sockets)).includes(":5001 "), {
    what: "A UDP server",
  });
}

const ask = (address: string): string[] => [process.execPath, "-e", UDP_CLIENT, address];

const dig = async (name: string, ...more: string[]): Promise<string[]> => {
  const query = ["dig", "+short", "+time=2", "+tries=1", `@${DNS}`, name, ...more];
  return (await host.output(query)).split("\n").filter((line) => line !== "");
};

const curl = (url: string): string[] => ["curl", "-sS", "--max-time", "3", url];

test(
  "a UDP port answers host and pods; a client keeps its pod, clients get different ones",
  async () => {
    const address = await clusterIP(site, "echo", "play");
    const [first = ""] = names;
    const fromPod = await inNetworkOf(first, ask(address));
    const seen = new Set<string>();
    for (const command of [ask(address), ask(address), ask(address), fromPod]) {
      const lines = (await host.output(command)).trim().split("\n");
      const [name = ""] = (lines[0] ?? "").split(" ");
      expect(lines).toEqual([`${name} 1`, `${name} 2`, `${name} 3`]);
      seen.add(name);
    }
    expect(seen).toEqual(new Set(names));
    expect(await host.output(curl(`http://${address}:5000/name`))).toContain("echo-");
  },
  TEST_MS,
);

test(
  "a Service without endpoints refuses at once, from host and pod",
  async () => {
    const address = await clusterIP(site, "nobody", "play");
    const [pod = ""] = names;
    const fromPod = await inNetworkOf(pod, curl(`http://${address}/`));
    for (const command of [host.command(curl(`http://${address}/`)), fromPod]) {
      const startedMs = performance.now();
      const { stderr } = await host.run(command);
      expect(stderr).toMatch(/refused|Failed to connect/);
      expect(performance.now() - startedMs).toBeLessThan(1000);
    }
  },
  TEST_MS,
);

test(
  "a headless Service names its pods, and follows them",
  async () => {
    const addresses = async () => (await pods(site, ".status.podIP", "play")).toSorted();
    expect((await dig("each.play.svc.cluster.local")).toSorted()).toEqual(await addresses());
    expect(await dig("_http._tcp.each.play.svc.cluster.local", "SRV")).toHaveLength(3);
    await site.output(["-n", "play", "scale", "deployment/echo", "--replicas=4"]);
    await readyPods(site, 4, "play");
    await eventually(async () => (await dig("each.play.svc")).length === 4, {
      what: "The fourth pod's address",
    });
    expect((await dig("each.play.svc")).toSorted()).toEqual(await addresses());
    await site.output(["-n", "play", "scale", "deployment/echo", "--replicas=3"]);
    await eventually(async () => (await dig("each.play.svc")).length === 3, {
      what: "The fourth pod's end",
    });
    // The youngest goes first.
    expect((await readyPods(site, 3, "play")).toSorted()).toEqual(names.toSorted());
  },
  TEST_MS,
);

test(
  "a pod has a name made of its address",
  async () => {
    const [address = ""] = await pods(site, ".status.podIP", "play");
    const label = address.replaceAll(".", "-");
    expect(await dig(`${label}.play.pod.cluster.local`)).toEqual([address]);
    expect(await dig("-x", address)).toEqual([`${label}.each.play.svc.cluster.local.`]);
  },
  TEST_MS,
);

test(
  "a client of a Service with affinity keeps its pod",
  async () => {
    const address = await clusterIP(site, "sticky", "play");
    const seen = new Set<string>();
    for (let turn = 0; turn < 10; turn += 1) {
      seen.add(await host.output(curl(`http://${address}/name`)));
    }
    expect(seen.size).toBe(1);
  },
  TEST_MS,
);
