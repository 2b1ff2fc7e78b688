import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { eventually } from "#test/kit/eventually.ts";
import { applyHello, clusterIP, pods, readyPods } from "#test/kit/hello.ts";
import { Load } from "#test/kit/load.ts";
import { NetworkNamespace } from "#test/kit/network-namespace.ts";
import { SiteProcess } from "#test/kit/site-process.ts";
import { suiteRuntime } from "#test/kit/suite-runtime.ts";

setDefaultTimeout(60_000);

const SETUP_MS = 90_000;

let host: NetworkNamespace;
let lan: NetworkNamespace;
let site: SiteProcess;
let address: string;

beforeAll(async () => {
  host = await NetworkNamespace.create();
  lan = await NetworkNamespace.create();
  await host.connect(lan, { here: "192.0.2.1/24", there: "192.0.2.2/24" });
  site = await SiteProcess.start({ namespace: host, runtime: suiteRuntime() });
  await site.nodeReady();
  await applyHello(site);
  address = await clusterIP(site, "web");
}, SETUP_MS);

afterAll(async () => {
  await site[Symbol.asyncDispose]();
  await host[Symbol.asyncDispose]();
  await lan[Symbol.asyncDispose]();
}, SETUP_MS);

const curl = (url: string): string[] => ["curl", "-sS", "--max-time", "3", url];

const inPod = async (...command: string[]) => {
  const [pod = ""] = await pods(site, ".metadata.name");
  return site.kubectl(["-n", "hello", "exec", pod, "--", ...command]);
};

/** Names of the pods that the API says are ready to answer for `web`. */
const readyEndpoints = () => {
  const ready = "{.items[*].endpoints[?(@.conditions.ready==true)].targetRef.name}";
  const slices = ["endpointslices", "-l", "kubernetes.io/service-name=web"];
  return site.output(["-n", "hello", "get", ...slices, "-o", `jsonpath=${ready}`]);
};

test("a Service answers on its ClusterIP from the host", async () => {
  expect(await host.output(curl(`http://${address}/`))).toBe("Hello from the edge\n");
});

test.each([
  "web",
  "web.hello",
  "web.hello.svc",
  "web.hello.svc.cluster.local",
  "web.hello.svc.cluster.local.",
])("a Service answers a pod by the name %s", async (name) => {
  expect((await inPod("wget", "-qO-", `http://${name}/`)).stdout).toBe("Hello from the edge\n");
});

test("requests are balanced over the ready endpoints, and only those", async () => {
  const names = new Set(await readyPods(site, 3));
  const seen = new Set<string>();
  for (let index = 0; index < 30; index += 1) {
    seen.add((await host.output(curl(`http://${address}/hostname`))).trim());
  }
  expect(seen).toEqual(names);
});

test("a pod that is not ready gets no request", async () => {
  const [victim = ""] = await readyPods(site, 3);
  await site.output(["-n", "hello", "exec", victim, "--", "rm", "/tmp/www/index.html"]);
  await eventually(async () => !(await readyEndpoints()).includes(victim), {
    what: "An endpoint that is not ready",
  });
  for (let index = 0; index < 20; index += 1) {
    expect((await host.output(curl(`http://${address}/hostname`))).trim()).not.toBe(victim);
  }
  await site.output(["-n", "hello", "delete", "pod", victim]);
  await readyPods(site, 3);
});

test("pods that are deleted under load, one by one and all in a rollout, cost no failed request", async () => {
  const url = `http://${address}/`;
  await using load = new Load(host, { url, answer: "Hello from the edge\n", clients: 8 });
  const [victim = ""] = await readyPods(site, 3);
  await site.output(["-n", "hello", "delete", "pod", victim, "--wait"]);
  await readyPods(site, 3);
  await site.output(["-n", "hello", "rollout", "restart", "deployment/web"]);
  await site.output(["-n", "hello", "rollout", "status", "deployment/web", "--timeout=60s"]);
  await readyPods(site, 3);
  const { requests, failures } = await load.end();
  expect(failures).toEqual([]);
  expect(requests).toBeGreaterThan(1000);
});

test("a pod that is killed at once costs no request that begins after its endpoint is gone", async () => {
  const url = `http://${address}/`;
  await using load = new Load(host, { url, answer: "Hello from the edge\n", clients: 8 });
  const blind: { fromMs: number; toMs: number }[] = [];
  for (let kill = 0; kill < 3; kill += 1) {
    const [victim = ""] = await readyPods(site, 3);
    const fromMs = Date.now();
    await site.output(["-n", "hello", "delete", "pod", victim, "--grace-period=0", "--force"]);
    await eventually(async () => !(await readyEndpoints()).includes(victim), {
      what: "An endpoint that is gone",
    });
    blind.push({ fromMs, toMs: Date.now() });
    await readyPods(site, 3);
  }
  const { requests, failures } = await load.end();
  const unexcused = failures.filter(
    ({ startedAtMs: at }) => !blind.some(({ fromMs, toMs }) => at >= fromMs && at <= toMs),
  );
  expect(unexcused).toEqual([]);
  expect(requests).toBeGreaterThan(300);
});

test("default/kubernetes answers from a pod and wants credentials", async () => {
  const asked = await inPod("sh", "-c", "echo $KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT");
  expect(asked.stdout).toMatch(/^10\.43\.0\.1:443\n$/);
  const version = await inPod(
    "wget",
    "-qO-",
    "--no-check-certificate",
    "https://kubernetes.default.svc/version",
  );
  expect(version.stdout).toContain("gitVersion");
  const denied = await inPod(
    "wget",
    "-qO-",
    "--no-check-certificate",
    "https://kubernetes.default.svc/api/v1/pods",
  );
  expect(denied.stderr).toContain("401");
});

test("a program of the host is not reachable through a ClusterIP", async () => {
  const server = Bun.spawn(
    host.command(["busybox", "httpd", "-f", "-p", "0.0.0.0:9999", "-h", "/etc"]),
  );
  try {
    await eventually(
      async () => (await host.run(curl("http://127.0.0.1:9999/hostname"))).exitCode === 0,
    );
    expect((await host.run(curl(`http://${address}:9999/hostname`))).exitCode).not.toBe(0);
    expect((await inPod("wget", "-qO-", `http://${address}:9999/hostname`)).exitCode).not.toBe(0);
  } finally {
    server.kill();
    await server.exited;
  }
});

test("another machine on the LAN reaches neither ClusterIP nor DNS", async () => {
  const { dataPlane, listeners } = await site.status();
  expect(dataPlane.link).toMatch(/^edge0/);
  const dns =
    listeners.find((listener) => listener.includes(":53"))?.split(":")[0] ?? "169.254.96.16";
  for (const target of [address, dns])
    await lan.run(["ip", "route", "add", target, "via", "192.0.2.1"]);
  await lan.run(["ip", "route", "add", "10.43.0.0/16", "via", "192.0.2.1"]);
  expect((await lan.run(curl(`http://${address}/`))).exitCode).not.toBe(0);
  const query = ["dig", "+time=1", "+tries=1", `@${dns}`, "web.hello.svc.cluster.local"];
  expect((await host.run(query)).stdout).toContain(address);
  expect((await lan.run(query)).stdout).not.toContain(address);
});

test("external names are forwarded", async () => {
  const resolver = Bun.spawn(
    host.command([
      "dnsmasq",
      "--no-daemon",
      "--no-resolv",
      "--no-hosts",
      "--listen-address=127.0.0.53",
      "--bind-interfaces",
      "--address=/example.test/192.0.2.99",
    ]),
    { stdout: "ignore", stderr: "ignore" },
  );
  try {
    const other = await SiteProcess.start({
      namespace: host,
      runtime: suiteRuntime(),
      args: ["--port", "7443", "--node-name", "forwarder"],
      env: { EDGESITE_NETWORK_UPSTREAMS: "127.0.0.53" },
    });
    try {
      await other.nodeReady();
      const dns = (await other.status()).listeners
        .find((listener) => listener.includes(":53"))
        ?.split(":")[0];
      const answer = await host.output(["dig", "+short", "+time=2", `@${dns}`, "www.example.test"]);
      expect(answer).toBe("192.0.2.99\n");
    } finally {
      await other[Symbol.asyncDispose]();
    }
  } finally {
    resolver.kill();
    await resolver.exited;
  }
});

const READER = `apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {color: red}
---
apiVersion: v1
kind: Secret
metadata: {name: hush}
stringData: {word: open}
---
apiVersion: v1
kind: Pod
metadata: {name: reader}
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: main
      image: busybox:1.36
      command: [sleep, "1000"]
      env:
        - {name: WORD, valueFrom: {secretKeyRef: {name: hush, key: word}}}
        - {name: COLOR, valueFrom: {configMapKeyRef: {name: settings, key: color}}}
      volumeMounts:
        - {name: settings, mountPath: /settings}
        - {name: hush, mountPath: /hush}
  volumes:
    - {name: settings, configMap: {name: settings}}
    - {name: hush, secret: {secretName: hush}}
`;

test("a ConfigMap and a Secret arrive as environment and as files, and files follow a change", async () => {
  const read = async (command: string) =>
    (await site.kubectl(["exec", "reader", "--", "sh", "-c", command])).stdout;
  await site.output(["apply", "-f", "-"], { stdin: READER });
  await site.output(["wait", "--for=condition=Ready", "pod/reader", "--timeout=30s"]);
  expect(await read("echo $WORD $COLOR; cat /hush/word /settings/color")).toBe("open red\nopenred");
  const patch = JSON.stringify({ data: { color: "blue" } });
  await site.output(["patch", "configmap", "settings", "--type=merge", "-p", patch]);
  await eventually(async () => (await read("cat /settings/color")) === "blue", {
    what: "The changed file",
  });
  expect(await read("echo $COLOR")).toBe("red\n");
  await site.output(["delete", "pod/reader", "configmap/settings", "secret/hush"]);
});
