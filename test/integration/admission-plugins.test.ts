import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Item } from "#api/item.ts";
import type { Container, KubeObject, Pod, PodSpec } from "#api/object.ts";
import { RESOURCES } from "#api/resources.ts";
import type { Snapshot } from "#db/object-store.ts";
import { MemoryStore } from "#test/kit/memory-store.ts";
import { startTestApi, type TestApi } from "#test/kit/test-api.ts";

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api[Symbol.dispose]());

/** Counts the objects that somebody looks through. */
class CountingStore extends MemoryStore {
  visited = 0;

  override list(collection: string, namespace?: string): Snapshot {
    const snapshot = super.list(collection, namespace);
    this.visited += snapshot.items.length;
    return snapshot;
  }

  override listNewest(collection: string, namespace: string): readonly Item[] {
    const items = super.listNewest(collection, namespace);
    this.visited += items.length;
    return items;
  }
}

/** Creates an object in `default`, or at the cluster's scope; answers its code and body. */
async function create(kind: string, object: object, query = "") {
  const row = RESOURCES.find((one) => one.kind === kind);
  if (row === undefined) throw new Error(`No kind ${kind}`);
  const root = row.group === "" ? "/api/v1" : `/apis/${row.group}/${row.version}`;
  const scope = row.namespaced ? "/namespaces/default" : "";
  const answer = await api.send("POST", `${root}${scope}/${row.plural}${query}`, { body: object });
  return { code: answer.status, body: JSON.parse(await answer.text()) };
}

async function created(kind: string, object: object) {
  const { code, body } = await create(kind, object);
  expect([code, body.message]).toEqual([201, undefined]);
  return body;
}

async function refused(kind: string, object: object): Promise<string> {
  const { code, body } = await create(kind, object);
  expect([code, body.reason]).toEqual([403, "Forbidden"]);
  return body.message;
}

const pod = (
  name: string,
  { spec, ...container }: Partial<Container> & { spec?: object } = {},
) => ({
  metadata: { name },
  spec: { containers: [{ name: "c", image: "busybox", ...container }], ...spec },
});
const asking = (name: string, cpu: string) => pod(name, { resources: { requests: { cpu } } });
const quota = (hard: object, rest: object = {}) => ({
  metadata: { name: "q" },
  spec: { hard, ...rest },
});

describe("LimitRanger", () => {
  const range = (limit: object) => ({ metadata: { name: "l" }, spec: { limits: [limit] } });
  const max = { type: "Container", max: { cpu: "1" }, min: { cpu: "100m" } };

  test("fills in defaults and says so", async () => {
    await created(
      "LimitRange",
      range({
        type: "Container",
        default: { cpu: "500m", memory: "64Mi" },
        defaultRequest: { cpu: "250m" },
      }),
    );
    const initContainers = [{ name: "i", image: "busybox" }];
    const made: Pod = await created("Pod", pod("a", { spec: { initContainers } }));
    expect(made.spec?.containers[0]?.resources).toMatchObject({
      limits: { cpu: "500m", memory: "64Mi" },
      requests: { cpu: "250m" },
    });
    expect(made.metadata?.annotations?.["kubernetes.io/limit-ranger"]).toStartWith(
      "LimitRanger plugin set: cpu",
    );
    expect(made.metadata?.annotations?.["kubernetes.io/limit-ranger"]).toContain(
      "; cpu, memory limit for init container i",
    );
  });

  test.each<[string, { limit: object; object: object }, string]>([
    [
      "a request below the minimum",
      {
        limit: max,
        object: pod("a", { resources: { requests: { cpu: "50m" }, limits: { cpu: "1" } } }),
      },
      "minimum cpu usage per Container is 100m, but request is 50m",
    ],
    [
      "a limit above the maximum",
      {
        limit: max,
        object: pod("a", { resources: { requests: { cpu: "1" }, limits: { cpu: "1500m" } } }),
      },
      "maximum cpu usage per Container is 1, but limit is 1500m",
    ],
    [
      "no limit where the whole pod has a maximum",
      { limit: { type: "Pod", max: { memory: "1Gi" } }, object: pod("a") },
      "maximum memory usage per Pod is 1Gi.  No limit is specified",
    ],
    [
      "a ratio that is too large",
      {
        limit: { type: "Container", maxLimitRequestRatio: { cpu: "2" } },
        object: pod("a", { resources: { requests: { cpu: "1" }, limits: { cpu: "3" } } }),
      },
      "cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000",
    ],
    [
      "two things at once",
      { limit: { type: "Pod", min: { cpu: "1", memory: "1Mi" } }, object: asking("a", "500m") },
      "[minimum cpu usage per Pod is 1, but request is 500m, minimum memory usage per Pod is 1Mi.  No request is specified]",
    ],
  ])("refuses %s", async (_, { limit, object }, why) => {
    await created("LimitRange", range(limit));
    expect(await refused("Pod", object)).toBe(`pods "a" is forbidden: ${why}`);
  });

  test("fills in what a resize leaves out, but tells nothing on the pod", async () => {
    await created("Pod", asking("a", "100m"));
    await created("LimitRange", range({ type: "Container", defaultRequest: { memory: "64Mi" } }));
    const resources = { requests: { cpu: "200m" } };
    const answer = await api.send("PATCH", "/api/v1/namespaces/default/pods/a/resize", {
      body: { spec: { containers: [{ name: "c", resources }] } },
      type: "application/strategic-merge-patch+json",
    });
    const { metadata, spec } = JSON.parse(await answer.text());
    expect(spec.containers[0].resources).toEqual({ requests: { cpu: "200m", memory: "64Mi" } });
    expect(metadata.annotations).toBeUndefined();
  });

  test("bounds the storage of claims", async () => {
    await created("LimitRange", range({ type: "PersistentVolumeClaim", max: { storage: "1Gi" } }));
    const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "2Gi" } } };
    expect(await refused("PersistentVolumeClaim", { metadata: { name: "c" }, spec })).toBe(
      'persistentvolumeclaims "c" is forbidden: maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi',
    );
  });
});

describe("ResourceQuota", () => {
  test("costs a write the same, however much there is in the namespace", async () => {
    const store = new CountingStore();
    using counted = await startTestApi({ store });
    const post = async (plural: string, body: object): Promise<number> =>
      (await counted.send("POST", `/api/v1/namespaces/default/${plural}`, { body })).status;
    const makeMany = async (from: number, to: number): Promise<number> => {
      const before = store.visited;
      for (let at = from; at < to; at += 1)
        expect(await post("configmaps", { metadata: { name: `c${at}` } })).toBe(201);
      return store.visited - before;
    };
    expect(await post("resourcequotas", quota({ "count/configmaps": "61" }))).toBe(201);
    await makeMany(0, 10);
    const few = await makeMany(10, 20);
    await makeMany(20, 50);
    expect(await makeMany(50, 60)).toBe(few);
    // The sixty are counted, those that come at the same time with them.
    const names = ["x", "y", "z"];
    const codes = await Promise.all(
      names.map((name) => post("configmaps", { metadata: { name } })),
    );
    expect(codes.toSorted()).toEqual([201, 403, 403]);
  });

  test("gives back what a refused, a rehearsed and a deleted object would take", async () => {
    await created("ResourceQuota", quota({ "count/configmaps": "1" }));
    const map = (name: string) => ({ metadata: { name } });
    expect((await create("ConfigMap", map("a"), "?dryRun=All")).code).toBe(201);
    expect((await create("ConfigMap", { ...map("a"), data: { "/": "" } })).code).toBe(422);
    await created("ConfigMap", map("a"));
    expect(await refused("ConfigMap", map("b"))).toBe(
      'configmaps "b" is forbidden: exceeded quota: q, requested: count/configmaps=1, used: count/configmaps=1, limited: count/configmaps=1',
    );
    await api.send("DELETE", "/api/v1/namespaces/default/configmaps/a");
    await created("ConfigMap", map("b"));
  });

  test("counts pods, and gives back what is deleted", async () => {
    await created("ResourceQuota", quota({ pods: "1" }));
    await created("Pod", pod("a"));
    expect(await refused("Pod", pod("b"))).toBe(
      'pods "b" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
    );
    await api.send("DELETE", "/api/v1/namespaces/default/pods/a");
    await created("Pod", pod("b"));
  });

  test("charges no pod that should be gone, but for its place in the store", async () => {
    await created("ResourceQuota", quota({ pods: "1", "count/pods": "2" }));
    await created("Pod", pod("a", { spec: { ...pod("a").spec, nodeName: "lost" } }));
    await api.send("DELETE", "/api/v1/namespaces/default/pods/a");
    // It has 30 s to go, and its node as long again to say so.
    api.clock.advance(60_000);
    expect(await refused("Pod", pod("b"))).toContain("used: pods=1, limited: pods=1");
    api.clock.advance(1);
    await created("Pod", pod("b"));
    expect(await refused("Pod", pod("c"))).toContain(
      "requested: count/pods=1,pods=1, used: count/pods=2,pods=1",
    );
  });

  test("is not overdrawn by many at once, and not drawn on by a rehearsal", async () => {
    await created("ResourceQuota", quota({ "count/configmaps": "5" }));
    for (let index = 0; index < 9; index += 1) {
      const answer = await create(
        "ConfigMap",
        { metadata: { name: `dry-${index}` } },
        "?dryRun=All",
      );
      expect(answer.code).toBe(201);
    }
    const names = Array.from({ length: 20 }, (_, index) => `c-${index}`);
    const answers = await Promise.all(
      names.map((name) => create("ConfigMap", { metadata: { name } })),
    );
    expect(answers.filter(({ code }) => code === 201)).toHaveLength(5);
    expect(answers.filter(({ code }) => code === 403)).toHaveLength(15);
  });

  test("measures compute, storage and services", async () => {
    await created(
      "ResourceQuota",
      quota({
        "requests.cpu": "1",
        "limits.memory": "1Gi",
        "requests.storage": "10Gi",
        "fast.storageclass.storage.k8s.io/persistentvolumeclaims": "0",
        "services.nodeports": "1",
      }),
    );
    expect(await refused("Pod", asking("a", "500m"))).toBe(
      'pods "a" is forbidden: failed quota: q: must specify limits.memory for: c',
    );
    const resources = { requests: { cpu: "600m" }, limits: { cpu: "1", memory: "512Mi" } };
    await created("Pod", pod("a", { resources }));
    expect(await refused("Pod", pod("b", { resources }))).toBe(
      'pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=600m, used: requests.cpu=600m, limited: requests.cpu=1',
    );
    const claim = (storageClassName: string, storage: string) => ({
      metadata: { name: "c" },
      spec: {
        storageClassName,
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage } },
      },
    });
    expect(await refused("PersistentVolumeClaim", claim("slow", "11Gi"))).toContain(
      "requested: requests.storage=11Gi, used: requests.storage=0, limited: requests.storage=10Gi",
    );
    expect(await refused("PersistentVolumeClaim", claim("fast", "1Gi"))).toContain(
      "requested: fast.storageclass.storage.k8s.io/persistentvolumeclaims=1",
    );
    const ports = [
      { name: "a", port: 80 },
      { name: "b", port: 81 },
    ];
    expect(
      await refused("Service", { metadata: { name: "s" }, spec: { type: "NodePort", ports } }),
    ).toContain("requested: services.nodeports=2, used: services.nodeports=0");
    await created("Service", { metadata: { name: "s" }, spec: { ports } });
    const changed = await api.send("PATCH", "/api/v1/namespaces/default/services/s", {
      body: { spec: { type: "NodePort" } },
      type: "application/merge-patch+json",
    });
    expect(changed.status).toBe(403);
  });

  test("tells what it cannot measure before what is too much", async () => {
    await created("ResourceQuota", { metadata: { name: "a" }, spec: { hard: { pods: "0" } } });
    await created("ResourceQuota", {
      metadata: { name: "b" },
      spec: { hard: { "limits.memory": "1Gi", "requests.cpu": "1" } },
    });
    expect(await refused("Pod", pod("a"))).toBe(
      'pods "a" is forbidden: failed quota: b: must specify limits.memory for: c; requests.cpu for: c',
    );
  });

  test("asks nothing of containers whose pod says it for all", async () => {
    await created("ResourceQuota", quota({ "requests.cpu": "1", "limits.memory": "1Gi" }));
    const resources = { requests: { cpu: "1" } };
    await created("Pod", pod("a", { spec: { resources } }));
    expect(await refused("Pod", pod("b", { spec: { resources } }))).toContain(
      "exceeded quota: q, requested: requests.cpu=1, used: requests.cpu=1, limited: requests.cpu=1",
    );
  });

  test("looks at a pod that comes into its scope", async () => {
    await created("ResourceQuota", quota({ pods: "0" }, { scopes: ["Terminating"] }));
    await created("Pod", pod("a"));
    const answer = await api.send("PATCH", "/api/v1/namespaces/default/pods/a", {
      body: { spec: { activeDeadlineSeconds: 60 } },
      type: "application/merge-patch+json",
    });
    expect([answer.status, JSON.parse(await answer.text()).message]).toEqual([
      403,
      'pods "a" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0',
    ]);
  });

  test.each<[string, object, { inside: Partial<PodSpec>; outside: Partial<PodSpec> }]>([
    [
      "BestEffort",
      { scopes: ["BestEffort"] },
      { inside: {}, outside: { containers: asking("b", "1m").spec.containers } },
    ],
    [
      "NotTerminating",
      { scopes: ["NotTerminating"] },
      { inside: {}, outside: { activeDeadlineSeconds: 5 } },
    ],
    [
      "PriorityClass",
      {
        scopeSelector: {
          matchExpressions: [
            { scopeName: "PriorityClass", operator: "In", values: ["system-node-critical"] },
          ],
        },
      },
      { inside: { priorityClassName: "system-node-critical" }, outside: {} },
    ],
  ])("of scope %s counts only pods in it", async (_, scope, { inside, outside }) => {
    await created("ResourceQuota", quota({ pods: "0" }, scope));
    expect(await refused("Pod", pod("a", { spec: inside }))).toContain("exceeded quota: q");
    await created("Pod", pod("b", { spec: outside }));
  });
});

describe("Priority", () => {
  const highest = { metadata: { name: "high" }, value: 1000, preemptionPolicy: "Never" };

  test("comes from the class, the default class, or is 0", async () => {
    await created("PriorityClass", highest);
    const named: Pod = await created("Pod", pod("a", { spec: { priorityClassName: "high" } }));
    expect(named.spec).toMatchObject({ priority: 1000, preemptionPolicy: "Never" });
    const none: Pod = await created("Pod", pod("b"));
    expect(none.spec).toMatchObject({ priority: 0, preemptionPolicy: "PreemptLowerPriority" });
    await created("PriorityClass", { metadata: { name: "usual" }, value: 7, globalDefault: true });
    const usual: Pod = await created("Pod", pod("c"));
    expect(usual.spec).toMatchObject({ priority: 7, priorityClassName: "usual" });
    const other = { metadata: { name: "other" }, value: 8, globalDefault: true };
    expect(await refused("PriorityClass", other)).toBe(
      'priorityclasses.scheduling.k8s.io "other" is forbidden: PriorityClass usual is already marked as default. Only one default can exist',
    );
    const system: Pod = await created(
      "Pod",
      pod("d", { spec: { priorityClassName: "system-node-critical" } }),
    );
    expect(system.spec?.priority).toBe(2_000_001_000);
  });

  test("cannot be claimed, and a class must be there", async () => {
    expect(await refused("Pod", pod("a", { spec: { priority: 5 } }))).toBe(
      'pods "a" is forbidden: the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
    );
    expect(await refused("Pod", pod("a", { spec: { priorityClassName: "x" } }))).toBe(
      'pods "a" is forbidden: no PriorityClass with name x was found',
    );
  });
});

describe("RuntimeClass", () => {
  const box = {
    metadata: { name: "box" },
    handler: "box",
    overhead: { podFixed: { memory: "100Mi" } },
    scheduling: {
      nodeSelector: { box: "yes" },
      tolerations: [{ key: "box", operator: "Exists", effect: "NoSchedule" }],
    },
  };

  test("adds its overhead and where it runs", async () => {
    await created("RuntimeClass", box);
    const made: Pod = await created(
      "Pod",
      pod("a", { spec: { runtimeClassName: "box", nodeSelector: { a: "b" } } }),
    );
    expect(made.spec).toMatchObject({
      overhead: { memory: "100Mi" },
      nodeSelector: { a: "b", box: "yes" },
    });
    expect(made.spec?.tolerations?.map(({ key }) => key)).toContain("box");
  });

  test.each<[string, object, string]>([
    ["no such class", { runtimeClassName: "x" }, 'pod rejected: RuntimeClass "x" not found'],
    [
      "an overhead of its own",
      { overhead: { cpu: "1" } },
      "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
    ],
    [
      "another overhead",
      { runtimeClassName: "box", overhead: { cpu: "1" } },
      "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
    ],
    [
      "another place",
      { runtimeClassName: "box", nodeSelector: { box: "no" } },
      "conflict: runtimeClass.scheduling.nodeSelector[box] = yes; pod.spec.nodeSelector[box] = no",
    ],
  ])("refuses %s", async (_, spec, why) => {
    await created("RuntimeClass", box);
    expect(await refused("Pod", pod("a", { spec }))).toBe(`pods "a" is forbidden: ${why}`);
  });
});

describe("storage", () => {
  const claim = (name: string, spec: object = {}) => ({
    metadata: { name },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...spec },
  });
  const storageClass = (name: string, rest: KubeObject & object = {}) => ({
    metadata: {
      name,
      annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
    },
    provisioner: "x",
    ...rest,
  });

  test("claims get the default class and are protected", async () => {
    const before = await created("PersistentVolumeClaim", claim("a"));
    expect(before.spec.storageClassName).toBeUndefined();
    expect(before.metadata.finalizers).toEqual(["kubernetes.io/pvc-protection"]);
    await created("StorageClass", storageClass("first"));
    const after = await created("PersistentVolumeClaim", claim("b"));
    expect(after.spec.storageClassName).toBe("first");
    const none = await created("PersistentVolumeClaim", claim("c", { storageClassName: "" }));
    expect(none.spec.storageClassName).toBe("");
  });

  test("an ingress gets the default class", async () => {
    await created("IngressClass", {
      metadata: {
        name: "web",
        annotations: { "ingressclass.kubernetes.io/is-default-class": "true" },
      },
      spec: { controller: "a.b/c" },
    });
    const spec = { defaultBackend: { service: { name: "a", port: { number: 80 } } } };
    const made = await created("Ingress", { metadata: { name: "a" }, spec });
    expect(made.spec.ingressClassName).toBe("web");
  });
});

describe("PodSecurity", () => {
  const NAMESPACE = "/api/v1/namespaces/default";
  async function label(labels: object) {
    const prefixed = Object.fromEntries(
      Object.entries(labels).map(([name, value]) => [`pod-security.kubernetes.io/${name}`, value]),
    );
    return await api.send("PATCH", NAMESPACE, {
      body: { metadata: { labels: prefixed } },
      type: "application/merge-patch+json",
    });
  }
  const privileged = (name: string) => pod(name, { securityContext: { privileged: true } });
  const why =
    'violate PodSecurity "baseline:latest": privileged (container "c" must not set securityContext.privileged=true)';

  test("refuses pods, and warns of workloads whose pods it would refuse", async () => {
    await created("Pod", privileged("before"));
    const labelled = await label({ enforce: "baseline" });
    expect(labelled.headers.get("warning")).toBe(
      '299 - "existing pods in namespace \\"default\\" violate the new PodSecurity enforce level \\"baseline:latest\\"", 299 - "before: privileged"',
    );
    expect(await refused("Pod", privileged("a"))).toBe(
      `pods "a" is forbidden: ${why.replace("violate", "violates")}`,
    );
    const template = { metadata: { labels: { a: "b" } }, spec: privileged("x").spec };
    const answer = await api.send("POST", "/apis/apps/v1/namespaces/default/deployments", {
      body: {
        metadata: { name: "d" },
        spec: { selector: { matchLabels: { a: "b" } }, template },
      },
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("warning")).toBe(`299 - "would ${why.replaceAll('"', '\\"')}"`);
  });

  test("lets a pod that is there change in what it does not look at", async () => {
    await created("Pod", privileged("a"));
    await label({ enforce: "baseline" });
    const merge = (body: object) =>
      api.send("PATCH", `${NAMESPACE}/pods/a`, { body, type: "application/merge-patch+json" });
    expect((await merge({ metadata: { labels: { a: "b" } } })).status).toBe(200);
    const containers = [{ ...privileged("a").spec.containers[0], image: "other" }];
    const image = await api.send("PATCH", `${NAMESPACE}/pods/a`, {
      body: { spec: { containers } },
      type: "application/strategic-merge-patch+json",
    });
    expect(image.status).toBe(403);
  });

  test("only warns where it is only to warn", async () => {
    await label({ warn: "baseline" });
    const { code } = await create("Pod", privileged("a"));
    expect(code).toBe(201);
    expect((await label({ enforce: "lax" })).status).toBe(422);
  });
});

describe("PodTopologyLabels", () => {
  const labels = {
    "topology.kubernetes.io/zone": "z",
    "topology.kubernetes.io/region": "r",
    "kubernetes.io/arch": "arm64",
  };
  const copied = { "topology.kubernetes.io/zone": "z", "topology.kubernetes.io/region": "r" };

  test("a pod that names its node says where that is", async () => {
    await created("Node", { metadata: { name: "edge", labels } });
    const own = { metadata: { labels: { app: "a", "topology.kubernetes.io/zone": "own" } } };
    const at = pod("a", { spec: { nodeName: "edge" } });
    const made: Pod = await created("Pod", {
      ...at,
      metadata: { ...at.metadata, ...own.metadata },
    });
    expect(made.metadata?.labels).toEqual({ app: "a", ...copied });
    const lost: Pod = await created("Pod", pod("b", { spec: { nodeName: "gone" } }));
    expect(lost.metadata?.labels).toBeUndefined();
  });

  test("so does one that is bound", async () => {
    await created("Node", { metadata: { name: "edge", labels } });
    await created("Pod", pod("a"));
    const path = "/api/v1/namespaces/default/pods/a";
    const binding = { metadata: { name: "a", labels: { by: "me" } }, target: { kind: "Node" } };
    const at = (name: string) => ({ ...binding, target: { ...binding.target, name } });
    const bound = await api.send("POST", `${path}/binding`, { body: at("edge") });
    expect(bound.status).toBe(201);
    const { metadata }: Pod = JSON.parse(await (await api.send("GET", path)).text());
    expect(metadata?.labels).toEqual({ by: "me", ...copied });
  });
});

describe("an object that leaves its name to the server", () => {
  const generated = (spec: object) => ({
    ...pod("", { spec }),
    metadata: { generateName: "web-" },
  });

  test("carries it as a label all the same, where it is a namespace", async () => {
    const { metadata } = await created("Namespace", { metadata: { generateName: "team-" } });
    expect(metadata.labels).toEqual({ "kubernetes.io/metadata.name": metadata.name });
  });

  test("has none yet where it is changed, and has it where it is judged", async () => {
    expect(await refused("Pod", generated({ priorityClassName: "none" }))).toBe(
      'pods "web-" is forbidden: no PriorityClass with name none was found',
    );
    await created("ResourceQuota", quota({ pods: "0" }));
    expect(await refused("Pod", generated({}))).toMatch(
      /^pods "web-[a-z0-9]{5}" is forbidden: exceeded quota: q, /,
    );
  });
});
