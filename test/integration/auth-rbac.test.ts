import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { KubeObject } from "#api/object.ts";
import type { Status } from "#api/status.ts";
import type { UserInfo } from "#api/verbs.ts";
import { CONTROLLER_ROLES } from "#site/apiserver/policy/controller-roles.ts";
import { startTestApi, type TestApi } from "#test/kit/test-api.ts";

const RBAC = "/apis/rbac.authorization.k8s.io/v1";

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api[Symbol.dispose]());

const user = (name: string, ...groups: string[]): UserInfo => ({
  name,
  groups: [...groups, "system:authenticated"],
});

/** Sends `METHOD path` as a user that a client certificate proved. */
async function as(peer: UserInfo, line: string, body?: object): Promise<Response> {
  const [method = "", path = ""] = line.split(" ");
  const request = new Request(`http://edgesite${path}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  return api.server.fetch(request, { peer });
}

async function make(path: string, body: object): Promise<void> {
  const response = await api.send("POST", path, { body });
  if (response.status !== 201) throw new Error(await response.text());
}

const messageOf = async (response: Response): Promise<string> =>
  ((await response.json()) as Status).message ?? "";

const bind = (role: string, subject: object, namespace = "default"): Promise<void> =>
  make(`${RBAC}/namespaces/${namespace}/rolebindings`, {
    metadata: { name: `${role}-binding` },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
    subjects: [subject],
  });

const ANNA = { kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "anna" };

describe("before anything of a request is read", () => {
  test.each([
    [
      "GET",
      "/api/v1/namespaces/default/pods",
      'pods is forbidden: User "anna" cannot list resource "pods" in API group "" in the namespace "default"',
    ],
    [
      "GET",
      "/api/v1/pods?watch=1",
      'pods is forbidden: User "anna" cannot watch resource "pods" in API group "" at the cluster scope',
    ],
    [
      "GET",
      "/api/v1/watch/pods",
      'pods is forbidden: User "anna" cannot watch resource "pods" in API group "" at the cluster scope',
    ],
    [
      "GET",
      "/api/v1/namespaces/default/pods?fieldSelector=metadata.name%3Dweb",
      'pods "web" is forbidden: User "anna" cannot list resource "pods" in API group "" in the namespace "default"',
    ],
    [
      "GET",
      "/api/v1/namespaces/default/pods/web/log",
      'pods "web" is forbidden: User "anna" cannot get resource "pods/log" in API group "" in the namespace "default"',
    ],
    [
      "POST",
      "/api/v1/namespaces/default/pods/web/exec?command=x&stdout=1",
      'pods "web" is forbidden: User "anna" cannot create resource "pods/exec" in API group "" in the namespace "default"',
    ],
    [
      "PATCH",
      "/apis/apps/v1/namespaces/default/deployments/web/scale",
      'deployments.apps "web" is forbidden: User "anna" cannot patch resource "deployments/scale" in API group "apps" in the namespace "default"',
    ],
    [
      "DELETE",
      "/api/v1/namespaces/default/configmaps",
      'configmaps is forbidden: User "anna" cannot deletecollection resource "configmaps" in API group "" in the namespace "default"',
    ],
    [
      "GET",
      "/api/v1/namespaces/default",
      'namespaces "default" is forbidden: User "anna" cannot get resource "namespaces" in API group "" in the namespace "default"',
    ],
    [
      "PUT",
      "/api/v1/namespaces/default/finalize",
      'namespaces "default" is forbidden: User "anna" cannot update resource "namespaces/finalize" in API group "" in the namespace "default"',
    ],
    [
      "POST",
      "/api/v1/namespaces",
      'namespaces is forbidden: User "anna" cannot create resource "namespaces" in API group "" at the cluster scope',
    ],
    [
      "GET",
      "/apis/example.com/v1/namespaces/default/widgets/one",
      'widgets.example.com "one" is forbidden: User "anna" cannot get resource "widgets" in API group "example.com" in the namespace "default"',
    ],
    [
      "GET",
      "/api/v1/nonsense",
      'nonsense is forbidden: User "anna" cannot list resource "nonsense" in API group "" at the cluster scope',
    ],
    ["GET", "/metrics", 'forbidden: User "anna" cannot get path "/metrics"'],
    ["POST", "/openapi/v2", 'forbidden: User "anna" cannot post path "/openapi/v2"'],
  ])("%s %s", async (method, path, message) => {
    const response = await as(user("anna"), `${method} ${path}`, method === "GET" ? undefined : {});
    expect(response.status).toBe(403);
    expect(await messageOf(response)).toBe(message);
  });

  test.each(["/api", "/apis", "/apis/apps/v1", "/openapi/v2", "/openapi/v3"])(
    "every user may discover: %s",
    async (path) => {
      expect((await as(user("anna"), `GET ${path}`)).status).toBe(200);
    },
  );
});

describe("a RoleBinding", () => {
  test("counts from its answer on, in its namespace only, until it is gone", async () => {
    const pods = "/api/v1/namespaces/default/configmaps";
    expect((await as(user("anna"), `GET ${pods}`)).status).toBe(403);
    await make(`${RBAC}/clusterroles`, {
      metadata: { name: "reader" },
      rules: [{ verbs: ["get", "list"], apiGroups: [""], resources: ["configmaps"] }],
    });
    await bind("reader", ANNA);
    expect((await as(user("anna"), `GET ${pods}`)).status).toBe(200);
    expect((await as(user("anna"), "GET /api/v1/namespaces/kube-system/configmaps")).status).toBe(
      403,
    );
    expect((await as(user("anna"), `POST ${pods}`, { metadata: { name: "x" } })).status).toBe(403);
    expect((await as(user("berta"), `GET ${pods}`)).status).toBe(403);
    await api.send("DELETE", `${RBAC}/namespaces/default/rolebindings/reader-binding`);
    expect((await as(user("anna"), `GET ${pods}`)).status).toBe(403);
  });

  test("of a role that is not there says so", async () => {
    await bind("ghost", ANNA);
    const response = await as(user("anna"), "GET /api/v1/namespaces/default/pods");
    expect(await messageOf(response)).toBe(
      'pods is forbidden: User "anna" cannot list resource "pods" in API group "" in the namespace "default": RBAC: clusterrole.rbac.authorization.k8s.io "ghost" not found',
    );
  });

  test("by a name lets one object be listed and watched, and no other", async () => {
    await make(`${RBAC}/clusterroles`, {
      metadata: { name: "one" },
      rules: [
        { verbs: ["list"], apiGroups: [""], resources: ["configmaps"], resourceNames: ["mine"] },
      ],
    });
    await bind("one", ANNA);
    const path = "/api/v1/namespaces/default/configmaps";
    const selected = (name: string): string => `${path}?fieldSelector=metadata.name%3D${name}`;
    expect((await as(user("anna"), `GET ${selected("mine")}`)).status).toBe(200);
    expect((await as(user("anna"), `GET ${selected("other")}`)).status).toBe(403);
    expect((await as(user("anna"), `GET ${path}`)).status).toBe(403);
  });

  test("binds a ServiceAccount of its own namespace or of another", async () => {
    await make(`${RBAC}/clusterroles`, {
      metadata: { name: "reader" },
      rules: [{ verbs: ["list"], apiGroups: [""], resources: ["configmaps"] }],
    });
    await bind("reader", { kind: "ServiceAccount", name: "robot", namespace: "kube-system" });
    const path = "/api/v1/namespaces/default/configmaps";
    const robot = (namespace: string) => user(`system:serviceaccount:${namespace}:robot`);
    expect((await as(robot("kube-system"), `GET ${path}`)).status).toBe(200);
    expect((await as(robot("default"), `GET ${path}`)).status).toBe(403);
  });
});

describe("nobody gives away what he does not have", () => {
  const admin = user("anna");
  beforeEach(async () => {
    await make(`${RBAC}/clusterroles`, {
      metadata: { name: "role-writer" },
      rules: [
        {
          verbs: ["*"],
          apiGroups: ["rbac.authorization.k8s.io"],
          resources: ["roles", "rolebindings"],
        },
        { verbs: ["get"], apiGroups: [""], resources: ["pods"] },
      ],
    });
    await bind("role-writer", ANNA);
  });
  const roles = `${RBAC}/namespaces/default/roles`;
  const role = (name: string, ...verbs: string[]): KubeObject & object => ({
    metadata: { name },
    ...{ rules: [{ verbs, apiGroups: [""], resources: ["pods"] }] },
  });

  test("in a role", async () => {
    // `*` on roles is `escalate` too.
    await api.send("PATCH", `${RBAC}/clusterroles/role-writer`, {
      type: "application/json-patch+json",
      body: [{ op: "replace", path: "/rules/0/verbs", value: ["create", "update", "get"] }],
    });
    expect((await as(admin, `POST ${roles}`, role("held", "get"))).status).toBe(201);
    const refused = await as(admin, `POST ${roles}`, role("more", "get", "delete", "list"));
    expect(refused.status).toBe(403);
    expect(await messageOf(refused)).toBe(
      'roles.rbac.authorization.k8s.io "more" is forbidden: user "anna" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["pods"], Verbs:["delete" "list"]}',
    );
    const grown = await as(admin, `PUT ${roles}/held`, role("held", "get", "list"));
    expect(grown.status).toBe(403);
  });

  test("unless he may escalate", async () => {
    expect((await as(admin, `POST ${roles}`, role("more", "delete"))).status).toBe(201);
  });

  test("in a binding, unless he may bind that role", async () => {
    const binding = {
      metadata: { name: "mine" },
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "ClusterRole",
        name: "cluster-admin",
      },
      subjects: [ANNA],
    };
    const bindings = `${RBAC}/namespaces/default/rolebindings`;
    const refused = await as(admin, `POST ${bindings}`, binding);
    expect(refused.status).toBe(403);
    expect(await messageOf(refused)).toBe(
      'rolebindings.rbac.authorization.k8s.io "mine" is forbidden: user "anna" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:["*"], Resources:["*"], Verbs:["*"]}\n{NonResourceURLs:["*"], Verbs:["*"]}',
    );
    await api.send("PATCH", `${RBAC}/clusterroles/role-writer`, {
      type: "application/json-patch+json",
      body: [
        {
          op: "add",
          path: "/rules/-",
          value: {
            verbs: ["bind"],
            apiGroups: ["rbac.authorization.k8s.io"],
            resources: ["clusterroles"],
            resourceNames: ["cluster-admin"],
          },
        },
      ],
    });
    expect((await as(admin, `POST ${bindings}`, binding)).status).toBe(201);
  });

  test("and a role that is not there is 404", async () => {
    const response = await as(admin, `POST ${RBAC}/namespaces/default/rolebindings`, {
      metadata: { name: "mine" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "ghost" },
    });
    expect(response.status).toBe(404);
    expect(await messageOf(response)).toBe(
      'clusterroles.rbac.authorization.k8s.io "ghost" not found',
    );
  });
});

describe("the roles of every cluster", () => {
  const roleNames = async (): Promise<string[]> => {
    const list = (await (await api.send("GET", `${RBAC}/clusterroles`)).json()) as {
      items: KubeObject[];
    };
    return list.items.map(({ metadata }) => metadata?.name ?? "");
  };

  test("are there", async () => {
    const names = await roleNames();
    expect(names).toEqual(
      expect.arrayContaining(["admin", "cluster-admin", "edit", "view", "system:node"]),
    );
    const controllers = Object.keys(CONTROLLER_ROLES).map((name) => `system:controller:${name}`);
    expect(names.filter((name) => name.startsWith("system:controller:"))).toEqual(
      controllers.toSorted(),
    );
  });

  test("cost nothing at the next start", async () => {
    const before = api.store.resourceVersion;
    await api.server.bootstrap();
    expect(api.store.resourceVersion).toBe(before);
  });

  test("get back what was taken from them, keep what was added, and stay alone where one says so", async () => {
    const patch = (name: string, body: object): Promise<Response> =>
      api.send("PATCH", `${RBAC}/clusterroles/${name}`, {
        type: "application/merge-patch+json",
        body,
      });
    const added = { verbs: ["get"], nonResourceURLs: ["/mine"] };
    await patch("system:basic-user", { rules: [added] });
    await patch("system:discovery", {
      rules: null,
      metadata: { annotations: { "rbac.authorization.kubernetes.io/autoupdate": "false" } },
    });
    await api.send("DELETE", `${RBAC}/clusterroles/view`);
    await api.server.bootstrap();
    const rules = async (name: string): Promise<unknown[]> =>
      (
        (await (await api.send("GET", `${RBAC}/clusterroles/${name}`)).json()) as {
          rules?: unknown[];
        }
      ).rules ?? [];
    expect(await rules("system:basic-user")).toHaveLength(3);
    expect(await rules("system:basic-user")).toContainEqual(added);
    expect(await rules("system:discovery")).toHaveLength(0);
    expect(await roleNames()).toContain("view");
  });
});

test("a component is let in by its own role, and by no other", async () => {
  const verbs = api.server.verbs(user("system:kube-scheduler"));
  const { PODS, SECRETS } = await import("#api/resources.ts");
  expect((await verbs.list({ resource: PODS, namespace: "" })).items).toEqual([]);
  expect(verbs.list({ resource: SECRETS, namespace: "" })).rejects.toMatchObject({ code: 403 });
});
