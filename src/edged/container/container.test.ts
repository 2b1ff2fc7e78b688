import { describe, expect, test } from "bun:test";
import type { Container, Pod, Service } from "#api/object.ts";
import { hostsFile, resolvConf } from "./dns-files.ts";
import { expand } from "./expand.ts";
import { fieldValue, resourceValue } from "./field-ref.ts";
import { containerResources } from "./resources.ts";
import { containerSecurity } from "./security.ts";
import { serviceEnv } from "./service-env.ts";

const pod = (spec: Partial<NonNullable<Pod["spec"]>> = {}): Pod => ({
  metadata: { name: "web", namespace: "shop", uid: "u1", labels: { b: "2", a: "1" } },
  spec: { containers: [], ...spec },
});
const dns = { server: "169.254.96.16", domain: "cluster.local" };
const HOST = "search lan\nnameserver 192.0.2.53\noptions edns0\n";

test("expand() follows Kubernetes' rules for dollars", () => {
  const values: Record<string, string> = { A: "x", EMPTY: "" };
  const texts = ["$(A)-$(EMPTY)-$(NONE)", "$$(A)", "$A $", "$(A"];
  expect(texts.map((text) => expand(text, (name) => values[name]))).toEqual([
    "x--$(NONE)",
    "$(A)",
    "$A $",
    "$(A",
  ]);
});

describe("resolvConf()", () => {
  test("asks the mesh first, in the namespace's domains", () => {
    expect(resolvConf(pod(), dns, HOST)).toBe(
      "search shop.svc.cluster.local svc.cluster.local cluster.local lan\nnameserver 169.254.96.16\noptions ndots:5\n",
    );
  });

  test("on the host's network it is the host's, unless the pod wants the cluster's", () => {
    expect(resolvConf(pod({ hostNetwork: true }), dns, HOST)).toBe(HOST);
    const both = pod({ hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" });
    expect(resolvConf(both, dns, HOST)).toContain("nameserver 169.254.96.16");
  });

  test("dnsConfig adds servers and searches, and its options win", () => {
    const dnsConfig = {
      nameservers: ["192.0.2.1"],
      searches: ["x.test"],
      options: [{ name: "ndots", value: "2" }],
    };
    expect(resolvConf(pod({ dnsPolicy: "None", dnsConfig }), dns, HOST)).toBe(
      "search x.test\nnameserver 192.0.2.1\noptions ndots:2\n",
    );
    expect(resolvConf(pod({ dnsConfig }), dns, HOST)).toContain("options ndots:2\n");
  });
});

test("hostsFile() names the pod, with its subdomain and aliases", () => {
  const spec = { subdomain: "set", hostAliases: [{ ip: "192.0.2.9", hostnames: ["x", "y"] }] };
  const text = hostsFile(pod(spec), { podIPs: ["10.42.0.2"], domain: "cluster.local", host: "" });
  expect(text).toContain("10.42.0.2\tweb.set.shop.svc.cluster.local\tweb\n");
  expect(text).toEndWith("192.0.2.9\tx\ty\n");
});

test("serviceEnv() links the own namespace and always default/kubernetes", () => {
  const service = (namespace: string, name: string, clusterIP: string): Service => ({
    metadata: { name, namespace },
    spec: { clusterIP, ports: [{ port: 443, name: "https", protocol: "TCP" }] },
  });
  const services = [
    service("default", "kubernetes", "10.43.0.1"),
    service("shop", "my-db", "10.43.0.7"),
    service("shop", "headless", "None"),
    service("other", "x", "10.43.0.8"),
  ];
  const env = serviceEnv(services, { namespace: "shop", links: true });
  expect(env).toMatchObject({
    KUBERNETES_SERVICE_HOST: "10.43.0.1",
    KUBERNETES_SERVICE_PORT: "443",
    KUBERNETES_SERVICE_PORT_HTTPS: "443",
    MY_DB_PORT_443_TCP: "tcp://10.43.0.7:443",
    MY_DB_PORT_443_TCP_ADDR: "10.43.0.7",
  });
  expect(Object.keys(env).some((name) => /^(HEADLESS|X)_/.test(name))).toBe(false);
  const alone = serviceEnv(services, { namespace: "shop", links: false });
  expect(Object.keys(alone).every((name) => name.startsWith("KUBERNETES_"))).toBe(true);
});

describe("the downward API", () => {
  const facts = {
    pod: pod(),
    podIPs: ["10.42.0.2"],
    hostIPs: ["192.0.2.1"],
    allocatable: { cpu: "4" },
  };

  test("gives fields, single labels, and all of them in order", () => {
    expect(fieldValue(facts, "metadata.labels['b']")).toBe("2");
    expect(fieldValue(facts, "metadata.labels")).toBe('a="1"\nb="2"');
    expect(fieldValue(facts, "status.podIP")).toBe("10.42.0.2");
    expect(() => fieldValue(facts, "spec.nothing")).toThrow("unsupported fieldPath");
  });

  test("divides resources and rounds up; a missing limit is the node's", () => {
    const container: Container = { name: "c", resources: { limits: { memory: "100Mi" } } };
    const value = (resource: string, divisor?: string) =>
      resourceValue(facts, { container, resource, divisor });
    expect(value("limits.memory")).toBe(String(100 * 1024 * 1024));
    expect(value("limits.memory", "1Gi")).toBe("1");
    expect(value("limits.cpu")).toBe("4");
    expect(value("limits.cpu", "1m")).toBe("4000");
  });
});

test("containerResources() turns quantities into the kernel's numbers", () => {
  const resources = { limits: { cpu: "500m", memory: "64Mi" }, requests: { cpu: "250m" } };
  const container: Container = { name: "c", resources };
  expect(containerResources(pod({ containers: [container] }), container, 2 ** 30)).toEqual({
    cpuRequestMillis: 250,
    cpuLimitMillis: 500,
    memoryLimitBytes: 64 * 1024 * 1024,
    oomScoreAdj: 999,
  });
  const besteffort = containerResources(
    pod({ containers: [{ name: "c" }] }),
    { name: "c" },
    2 ** 30,
  );
  expect(besteffort).toEqual({ cpuRequestMillis: 0, oomScoreAdj: 1000 });
});

describe("containerSecurity()", () => {
  const image = { id: "i", names: [], digest: "i", sizeBytes: 1, user: "" };
  const of = (container: Container["securityContext"], ofPod = {}, user = "") =>
    containerSecurity(
      pod({ securityContext: ofPod }),
      { name: "c", ...(container && { securityContext: container }) },
      { ...image, user },
    );

  test("the container's words win over the pod's", () => {
    const merged = of({ runAsUser: 7 }, { runAsUser: 5, runAsGroup: 6, fsGroup: 9 });
    expect(merged).toMatchObject({ user: "7:6", supplementalGroups: [9] });
  });

  test("root is refused where it must not be, in kubelet's words", () => {
    const nonRoot = { runAsNonRoot: true };
    const where = '(pod: "web_shop(u1)", container: c)';
    expect(() => of(nonRoot)).toThrow(
      `container has runAsNonRoot and image will run as root ${where}`,
    );
    expect(() => of(nonRoot, {}, "nobody")).toThrow("non-numeric user (nobody)");
    expect(() => of({ ...nonRoot, runAsUser: 0 })).toThrow("breaks non-root policy");
    expect(of(nonRoot, {}, "1000")).toMatchObject({ privileged: false });
  });
});
