import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Status } from "#api/status.ts";
import type { UserInfo } from "#api/verbs.ts";
import { startTestApi, type TestApi } from "#test/kit/test-api.ts";

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api[Symbol.dispose]());

const DEFAULT = "/api/v1/namespaces/default";
const LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
const CSI_NODES = "/apis/storage.k8s.io/v1/csinodes";

const node = (name: string): UserInfo => ({
  name: `system:node:${name}`,
  groups: ["system:nodes", "system:authenticated"],
});

/** Sends `METHOD path` as a user whose certificate was checked. */
async function as(peer: UserInfo, line: string, body?: object): Promise<Response> {
  const [method = "", path = ""] = line.split(" ");
  const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  const request = new Request(`http://edgesite${path}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { "content-type": type } }),
  });
  return api.server.fetch(request, { peer });
}

/** What node `a` is told: the status, and where it is refused the words after the last `forbidden: `. */
async function told(line: string, body?: object): Promise<string> {
  const response = await as(node("a"), line, body);
  const { message = "" } = (await response.json()) as Status;
  if (response.status < 300) return String(response.status);
  const why = message.replace(/^.* is forbidden: (User "system:node:a" cannot [^:]*(: )?)?/s, "");
  return `${response.status} ${why}`;
}

async function make<T>(path: string, body: object): Promise<T> {
  const response = await api.send("POST", path, { body });
  if (response.status !== 201) throw new Error(await response.text());
  return (await response.json()) as T;
}

interface Made {
  readonly metadata: { readonly uid: string };
}

const pod = (name: string, nodeName: string, spec: object = {}): Promise<Made> =>
  make(`${DEFAULT}/pods`, {
    metadata: { name },
    spec: { nodeName, containers: [{ name: "c", image: "busybox" }], ...spec },
  });

const secret = (name: string): Promise<Made> =>
  make(`${DEFAULT}/secrets`, { metadata: { name }, stringData: { key: "value" } });

describe("a node reads", () => {
  test("the Secrets and ConfigMaps of its pods, while they are bound to it", async () => {
    for (const name of ["mounted", "pulled", "in-env"]) await secret(name);
    await make(`${DEFAULT}/configmaps`, { metadata: { name: "settings" } });
    const none = "403 no relationship found between node 'a' and this object";
    expect(await told(`GET ${DEFAULT}/secrets/mounted`)).toBe(none);
    const spec = {
      imagePullSecrets: [{ name: "pulled" }],
      volumes: [
        { name: "s", secret: { secretName: "mounted" } },
        { name: "m", configMap: { name: "settings" } },
      ],
      containers: [
        {
          name: "c",
          image: "busybox",
          env: [{ name: "E", valueFrom: { secretKeyRef: { name: "in-env", key: "key" } } }],
        },
      ],
    };
    await pod("one", "a", spec);
    await pod("two", "a", spec);
    await pod("other", "b", { volumes: [{ name: "s", secret: { secretName: "other" } }] });
    const own = ["secrets/mounted", "secrets/pulled", "secrets/in-env", "configmaps/settings"];
    for (const path of own) expect(await told(`GET ${DEFAULT}/${path}`)).toBe("200");
    const selected = `${DEFAULT}/secrets?fieldSelector=metadata.name%3Dmounted`;
    expect(await told(`GET ${selected}`)).toBe("200");
    expect(await told(`GET ${DEFAULT}/secrets/other`)).toBe(none);
    expect(await told(`GET ${DEFAULT}/secrets`)).toBe("403 No Object name found");
    expect(await told("GET /api/v1/secrets")).toBe(
      "403 can only read namespaced object of this type",
    );
    expect(await told(`DELETE ${DEFAULT}/secrets/mounted`)).toBe(
      "403 can only read resources of this type",
    );
    for (const name of ["one", "two"]) {
      expect(await told(`GET ${DEFAULT}/secrets/mounted`)).toBe("200");
      await api.send("DELETE", `${DEFAULT}/pods/${name}?gracePeriodSeconds=0`);
    }
    expect(await told(`GET ${DEFAULT}/secrets/mounted`)).toBe(none);
  });

  test("in Kubernetes' words what is refused", async () => {
    const response = await as(node("a"), `GET ${DEFAULT}/secrets/x`);
    expect(await response.json()).toEqual({
      apiVersion: "v1",
      kind: "Status",
      metadata: {},
      status: "Failure",
      message: `secrets "x" is forbidden: User "system:node:a" cannot get resource "secrets" in API group "" in the namespace "default": no relationship found between node 'a' and this object`,
      reason: "Forbidden",
      details: { name: "x", kind: "secrets" },
      code: 403,
    });
  });

  test("volumes that its pods claim, and the Secrets that these are mounted with", async () => {
    const claim = {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "1Gi" } },
    };
    await make(`${DEFAULT}/persistentvolumeclaims`, {
      metadata: { name: "data" },
      spec: { ...claim, volumeName: "disk" },
    });
    await make("/api/v1/persistentvolumes", {
      metadata: { name: "disk" },
      spec: {
        accessModes: claim.accessModes,
        capacity: { storage: "1Gi" },
        claimRef: { namespace: "default", name: "data" },
        csi: {
          driver: "d",
          volumeHandle: "h",
          nodeStageSecretRef: { namespace: "default", name: "stage" },
          controllerPublishSecretRef: { namespace: "default", name: "publish" },
        },
      },
    });
    for (const name of ["stage", "publish"]) await secret(name);
    const none = "403 no relationship found between node 'a' and this object";
    const paths = [
      `${DEFAULT}/persistentvolumeclaims/data`,
      "/api/v1/persistentvolumes/disk",
      `${DEFAULT}/secrets/stage`,
    ];
    for (const path of paths) expect(await told(`GET ${path}`)).toBe(none);
    await pod("web", "a", {
      volumes: [{ name: "d", persistentVolumeClaim: { claimName: "data" } }],
    });
    for (const path of paths) expect(await told(`GET ${path}`)).toBe("200");
    expect(await told(`GET ${DEFAULT}/secrets/publish`)).toBe(none);
    expect(await told("GET /api/v1/persistentvolumes")).toBe(
      "403 can only get individual resources of this type",
    );
  });

  test("itself and its pods", async () => {
    for (const name of ["a", "b"]) await make("/api/v1/nodes", { metadata: { name } });
    await pod("mine", "a");
    await pod("foreign", "b");
    const lines = {
      "GET /api/v1/nodes/a": "200",
      "GET /api/v1/nodes?fieldSelector=metadata.name%3Da": "200",
      "GET /api/v1/nodes/b": "403 node 'a' cannot read 'b', only its own Node object",
      "GET /api/v1/nodes": "403 node 'a' cannot read all nodes, only its own Node object",
      [`GET ${DEFAULT}/pods/mine`]: "200",
      "GET /api/v1/pods?fieldSelector=spec.nodeName%3Da": "200",
      [`GET ${DEFAULT}/pods/foreign`]: "403 no relationship found between node 'a' and this object",
      "GET /api/v1/pods": "403 can only list/watch pods with spec.nodeName field selector",
      "GET /api/v1/pods?fieldSelector=spec.nodeName%3Db":
        "403 can only list/watch pods with spec.nodeName field selector",
      "GET /api/v1/services": "200",
      [`GET ${LEASES}`]: "403 can only get, create, update, patch, or delete a node lease",
      [`GET ${LEASES}/b`]:
        "403 can only access node lease with the same name as the requesting node",
      "GET /apis/apps/v1/deployments": "403 ",
    };
    const answers: Record<string, string> = {};
    for (const line of Object.keys(lines)) answers[line] = await told(line);
    expect(answers).toEqual(lines);
  });

  test("more where a role says so", async () => {
    await secret("extra");
    await make("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
      metadata: { name: "nodes-rule" },
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "ClusterRole",
        name: "cluster-admin",
      },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "system:nodes" }],
    });
    expect(await told(`GET ${DEFAULT}/secrets/extra`)).toBe("200");
  });
});

test("a review answers for a node by what it would select", async () => {
  const may = async (fieldSelector: object): Promise<boolean> => {
    const review = await make<{ status: { allowed: boolean } }>(
      "/apis/authorization.k8s.io/v1/subjectaccessreviews",
      {
        spec: {
          user: "system:node:a",
          groups: ["system:nodes"],
          resourceAttributes: { verb: "list", version: "v1", resource: "pods", fieldSelector },
        },
      },
    );
    return review.status.allowed;
  };
  const requirement = (value: string) => ({
    requirements: [{ key: "spec.nodeName", operator: "In", values: [value] }],
  });
  expect(await may(requirement("a"))).toBe(true);
  expect(await may(requirement("b"))).toBe(false);
  expect(await may({ rawSelector: "spec.nodeName=a,metadata.name!=x" })).toBe(true);
  expect(await may({ rawSelector: "spec.nodeName!=a" })).toBe(false);
  const rules = await as(node("a"), "POST /apis/authorization.k8s.io/v1/selfsubjectrulesreviews", {
    spec: { namespace: "default" },
  });
  expect(await rules.json()).toMatchObject({
    status: {
      incomplete: true,
      evaluationError: "node authorizer does not support user rule resolution",
    },
  });
});

describe("a node changes", () => {
  test("itself, and not what would draw pods to it", async () => {
    const create = (name: string, labels: object = {}) =>
      told("POST /api/v1/nodes", { metadata: { name, labels } });
    expect(await create("b")).toBe('403 node "a" is not allowed to modify node "b"');
    expect(await create("a", { "node-restriction.kubernetes.io/x": "y", "x.k8s.io/z": "" })).toBe(
      '403 node "a" is not allowed to set the following labels: node-restriction.kubernetes.io/x, x.k8s.io/z',
    );
    expect(
      await create("a", { "kubernetes.io/hostname": "a", "kubelet.kubernetes.io/x": "" }),
    ).toBe("201");
    await make("/api/v1/nodes", { metadata: { name: "b" } });
    const patch = (name: string, body: object) => told(`PATCH /api/v1/nodes/${name}`, body);
    expect(await patch("b", { metadata: { labels: { own: "x" } } })).toBe(
      '403 node "a" is not allowed to modify node "b"',
    );
    expect(await patch("a", { metadata: { labels: { own: "x" } } })).toBe("200");
    expect(
      await patch("a", { metadata: { labels: { "node-role.kubernetes.io/master": "" } } }),
    ).toBe("403 is not allowed to modify labels: node-role.kubernetes.io/master");
    expect(await patch("a", { spec: { taints: [{ key: "k", effect: "NoSchedule" }] } })).toBe(
      '403 node "a" is not allowed to modify taints',
    );
    expect(await patch("a/status", { status: { phase: "Running" } })).toBe("200");
    expect(await patch("b/status", { status: { phase: "Running" } })).toBe(
      '403 node "a" is not allowed to modify node "b"',
    );
    const owner = { apiVersion: "v1", kind: "Pod", name: "p", uid: "u" };
    expect(await patch("a", { metadata: { ownerReferences: [owner] } })).toBe(
      '403 node "a" is not allowed to modify ownerReferences',
    );
    expect(await told("DELETE /api/v1/nodes/a")).toBe("403 ");
  });

  test("its pods' status, and ends them", async () => {
    await make("/api/v1/nodes", { metadata: { name: "a" } });
    await pod("mine", "a");
    await pod("evicted", "a");
    await pod("foreign", "b");
    const status = { status: { message: "m" } };
    const eviction = (name: string) => ({
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name },
    });
    const others = "pods with spec.nodeName set to itself";
    expect(await told(`PATCH ${DEFAULT}/pods/mine/status`, status)).toBe("200");
    expect(await told(`PATCH ${DEFAULT}/pods/foreign/status`, status)).toBe(
      `403 node "a" can only update pod status for ${others}`,
    );
    expect(await told(`POST ${DEFAULT}/pods/evicted/eviction`, eviction("evicted"))).toBe("201");
    expect(await told(`POST ${DEFAULT}/pods/foreign/eviction`, eviction("foreign"))).toBe(
      `403 node a can only evict ${others}`,
    );
    expect(await told(`DELETE ${DEFAULT}/pods/mine`)).toBe("200");
    expect(await told(`DELETE ${DEFAULT}/pods/foreign`)).toBe(
      `403 node "a" can only delete ${others}`,
    );
    expect(await told(`PATCH ${DEFAULT}/pods/foreign`, { metadata: { labels: { x: "y" } } })).toBe(
      "403 ",
    );
  });

  test("mirror pods into being, its own, which refer to nothing", async () => {
    const { metadata } = await make<Made>("/api/v1/nodes", { metadata: { name: "a" } });
    const owner = {
      apiVersion: "v1",
      kind: "Node",
      name: "a",
      uid: metadata.uid,
      controller: true,
    };
    const annotations = { "kubernetes.io/config.mirror": "x" };
    const containers = [{ name: "c", image: "busybox" }];
    const mirror = (spec: object = {}, more: object = {}) =>
      told(`POST ${DEFAULT}/pods`, {
        metadata: { name: "static", annotations, ownerReferences: [owner], ...more },
        spec: { nodeName: "a", containers, ...spec },
      });
    expect(await mirror({}, { annotations: {} })).toBe(
      '403 pod does not have "kubernetes.io/config.mirror" annotation, node "a" can only create mirror pods',
    );
    expect(await mirror({ nodeName: "b" })).toBe(
      '403 node "a" can only create pods with spec.nodeName set to itself',
    );
    expect(await mirror({}, { ownerReferences: [] })).toBe(
      '403 node "a" can only create pods with an owner reference set to itself',
    );
    expect(await mirror({}, { ownerReferences: [{ ...owner, uid: "u" }] })).toBe(
      `403 node a UID mismatch: expected u got ${metadata.uid}`,
    );
    expect(await mirror({ serviceAccountName: "default" })).toBe(
      "403 a mirror pod may not reference service accounts",
    );
    expect(await mirror({ volumes: [{ name: "s", secret: { secretName: "s" } }] })).toBe(
      "403 a mirror pod may not reference secrets",
    );
    const token = { serviceAccountToken: { path: "t" } };
    expect(await mirror({ volumes: [{ name: "t", projected: { sources: [token] } }] })).toBe(
      "403 a mirror pod may not use ServiceAccountToken volume projections",
    );
    expect(await mirror({ volumes: [{ name: "c", configMap: { name: "c" } }] })).toBe(
      '403 node "a" can not create pods that reference configmaps',
    );
    expect(await mirror()).toBe("201");
  });

  test("tokens of its pods alone, for whom they name", async () => {
    await make(`${DEFAULT}/serviceaccounts`, { metadata: { name: "robot" } });
    const token = { serviceAccountToken: { path: "t", audience: "vault" } };
    const mine = await pod("mine", "a", {
      serviceAccountName: "robot",
      volumes: [{ name: "t", projected: { sources: [token] } }],
    });
    const foreign = await pod("foreign", "b", { serviceAccountName: "robot" });
    const ask = (to: object | undefined, audiences: readonly string[] = []) =>
      told(`POST ${DEFAULT}/serviceaccounts/robot/token`, {
        spec: { audiences, ...(to && { boundObjectRef: { apiVersion: "v1", ...to } }) },
      });
    const own = { kind: "Pod", name: "mine", uid: mine.metadata.uid };
    expect(await ask(own)).toBe("201");
    expect(await told(`GET ${DEFAULT}/serviceaccounts/robot`)).toBe("200");
    expect(await ask(own, ["vault"])).toBe("201");
    expect(await ask(own, ["bank"])).toBe(
      '403 audience "bank" not found in pod spec volume, system:node:a is not authorized to request tokens for this audience',
    );
    const claiming = await pod("claiming", "a", {
      serviceAccountName: "robot",
      volumes: [
        { name: "v", persistentVolumeClaim: { claimName: "none" } },
        { name: "w", csi: { driver: "none.example.com" } },
      ],
    });
    expect(await ask({ kind: "Pod", name: "claiming", uid: claiming.metadata.uid }, ["bank"])).toBe(
      '403 error validating audience "bank": [persistentvolumeclaim "none" not found, csidriver.storage.k8s.io "none.example.com" not found]',
    );
    expect(await ask(own, ["vault", "bank"])).toBe("403 node may only request 0 or 1 audiences");
    expect(await ask(undefined)).toBe("403 node requested token not bound to a pod");
    expect(await ask({ kind: "Pod", name: "mine" })).toBe(
      "403 node requested token with a pod binding without a uid",
    );
    expect(await ask({ kind: "Pod", name: "foreign", uid: foreign.metadata.uid })).toBe(
      "403 node requested token bound to a pod scheduled on a different node",
    );
    await make(`${DEFAULT}/serviceaccounts`, { metadata: { name: "unused" } });
    expect(await told(`POST ${DEFAULT}/serviceaccounts/unused/token`, { spec: {} })).toBe(
      "403 no relationship found between node 'a' and this object",
    );
  });

  test("its certificate, and nobody else's", async () => {
    const pem = (name: string): Buffer => {
      const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", "/dev/null"];
      const subject = ["-subj", `/O=system:nodes/CN=${name}`];
      return Bun.spawnSync(["openssl", "req", "-new", "-nodes", ...key, ...subject]).stdout;
    };
    const request = (name: string) =>
      told("POST /apis/certificates.k8s.io/v1/certificatesigningrequests", {
        metadata: { generateName: "c-" },
        spec: {
          signerName: "kubernetes.io/kube-apiserver-client-kubelet",
          request: pem(name).toString("base64"),
          usages: ["digital signature", "client auth"],
        },
      });
    expect(await request("system:node:a")).toBe("201");
    expect(await request("system:node:b")).toBe(
      "403 can only create a node CSR with CN=system:node:a",
    );
  });

  test("its Lease and CSINode", async () => {
    const named = (name: string) => ({ metadata: { name }, spec: {} });
    expect(await told(`POST ${LEASES}`, named("b"))).toBe(
      "403 can only access node lease with the same name as the requesting node",
    );
    expect(await told(`POST ${LEASES}`, named("a"))).toBe("201");
    expect(await told(`PATCH ${LEASES}/a`, { spec: { holderIdentity: "a" } })).toBe("200");
    const csi = (name: string) => ({ metadata: { name }, spec: { drivers: [] } });
    expect(await told(`POST ${CSI_NODES}`, csi("b"))).toBe(
      "403 can only access CSINode with the same name as the requesting node",
    );
    expect(await told(`POST ${CSI_NODES}`, csi("a"))).toBe("201");
  });
});
