import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type {
  SelfSubjectReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  TokenRequest,
  TokenReview,
} from "#api/object.ts";
import type { Status } from "#api/status.ts";
import type { UserInfo } from "#api/verbs.ts";
import { ADMIN_TOKEN, startTestApi, type TestApi } from "#test/kit/test-api.ts";

const AUTHENTICATION = "/apis/authentication.k8s.io/v1";
const AUTHORIZATION = "/apis/authorization.k8s.io/v1";
const RBAC = "/apis/rbac.authorization.k8s.io/v1";

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
  await api.send("POST", `${RBAC}/clusterroles`, {
    body: {
      metadata: { name: "reader" },
      rules: [
        { verbs: ["get", "list"], apiGroups: [""], resources: ["configmaps"] },
        { verbs: ["get"], apiGroups: ["apps"], resources: ["deployments"], resourceNames: ["web"] },
      ],
    },
  });
  await api.send("POST", `${RBAC}/namespaces/default/rolebindings`, {
    body: {
      metadata: { name: "reader" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "reader" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "anna" }],
    },
  });
});
afterEach(() => api[Symbol.dispose]());

const ANNA: UserInfo = { name: "anna", groups: ["staff", "system:authenticated"] };

async function post(path: string, body: object, peer?: UserInfo): Promise<Response> {
  if (peer === undefined) return api.send("POST", path, { body });
  const headers = { "content-type": "application/json" };
  const init = { method: "POST", body: JSON.stringify(body), headers };
  return api.server.fetch(new Request(`http://edgesite${path}`, init), { peer });
}

const answer = async <T>(response: Response): Promise<T> => {
  expect(response.status).toBe(201);
  return (await response.json()) as T;
};

describe("kubectl auth can-i", () => {
  const ask = (resourceAttributes: object, peer?: UserInfo): Promise<Response> =>
    post(`${AUTHORIZATION}/selfsubjectaccessreviews`, { spec: { resourceAttributes } }, peer);

  test.each<[object, boolean]>([
    [{ verb: "list", resource: "configmaps", namespace: "default" }, true],
    [{ verb: "list", resource: "configmaps", namespace: "kube-system" }, false],
    [{ verb: "list", resource: "configmaps" }, false],
    [
      { verb: "get", group: "apps", resource: "deployments", namespace: "default", name: "web" },
      true,
    ],
    [{ verb: "get", group: "apps", resource: "deployments", namespace: "default" }, false],
  ])("%o: %p", async (attributes, allowed) => {
    const { status } = await answer<SubjectAccessReview>(await ask(attributes, ANNA));
    expect(status?.allowed).toBe(allowed);
  });

  test("says why it says yes", async () => {
    const { status, kind } = await answer<SubjectAccessReview>(
      await ask({ verb: "get", resource: "configmaps", namespace: "default" }, ANNA),
    );
    expect(kind).toBe("SelfSubjectAccessReview");
    expect(status?.reason).toBe(
      'RBAC: allowed by RoleBinding "reader/default" of ClusterRole "reader" to User "anna"',
    );
  });

  test("knows paths", async () => {
    const ofPath = async (path: string): Promise<boolean | undefined> => {
      const spec = { nonResourceAttributes: { verb: "get", path } };
      const review = await post(`${AUTHORIZATION}/selfsubjectaccessreviews`, { spec }, ANNA);
      return (await answer<SubjectAccessReview>(review)).status?.allowed;
    };
    expect(await ofPath("/apis/apps/v1")).toBe(true);
    expect(await ofPath("/metrics")).toBe(false);
  });

  test("must be asked something", async () => {
    const response = await post(`${AUTHORIZATION}/selfsubjectaccessreviews`, { spec: {} }, ANNA);
    expect(response.status).toBe(422);
    expect(((await response.json()) as Status).message).toContain(
      "exactly one of nonResourceAttributes or resourceAttributes must be specified",
    );
  });

  test("--list", async () => {
    const path = `${AUTHORIZATION}/selfsubjectrulesreviews`;
    const { status } = await answer<SelfSubjectRulesReview>(
      await post(path, { spec: { namespace: "default" } }, ANNA),
    );
    expect(status?.incomplete).toBe(false);
    expect(status?.resourceRules).toContainEqual({
      verbs: ["get", "list"],
      apiGroups: [""],
      resources: ["configmaps"],
    });
    expect(status?.resourceRules).toContainEqual({
      verbs: ["create"],
      apiGroups: ["authentication.k8s.io"],
      resources: ["selfsubjectreviews"],
    });
    expect(
      status?.nonResourceRules?.flatMap(({ nonResourceURLs = [] }) => nonResourceURLs),
    ).toContain("/apis/*");
    expect((await post(path, { spec: {} }, ANNA)).status).toBe(400);
  });
});

describe("somebody else's rights", () => {
  const attributes = { verb: "get", resource: "configmaps", namespace: "default" };

  test("are told to who may ask", async () => {
    const spec = { user: "anna", resourceAttributes: attributes };
    const path = `${AUTHORIZATION}/subjectaccessreviews`;
    expect((await answer<SubjectAccessReview>(await post(path, { spec }))).status?.allowed).toBe(
      true,
    );
    expect((await post(path, { spec }, ANNA)).status).toBe(403);
    const nobody = await post(path, { spec: { resourceAttributes: attributes } });
    expect(nobody.status).toBe(422);
  });

  test("in one namespace", async () => {
    const path = `${AUTHORIZATION}/namespaces/default/localsubjectaccessreviews`;
    const spec = { user: "anna", resourceAttributes: attributes };
    expect((await answer<SubjectAccessReview>(await post(path, { spec }))).status?.allowed).toBe(
      true,
    );
    const elsewhere = { ...spec, resourceAttributes: { ...attributes, namespace: "kube-system" } };
    expect((await post(path, { spec: elsewhere })).status).toBe(422);
  });
});

describe("who is it", () => {
  test("that asks: kubectl auth whoami", async () => {
    const review = await post(`${AUTHENTICATION}/selfsubjectreviews`, {}, ANNA);
    const { status } = await answer<SelfSubjectReview>(review);
    expect(status?.userInfo).toEqual({
      username: "anna",
      groups: ["staff", "system:authenticated"],
    });
  });

  const review = async (spec: object): Promise<TokenReview["status"]> =>
    (await answer<TokenReview>(await post(`${AUTHENTICATION}/tokenreviews`, { spec }))).status;

  test("that bears a token", async () => {
    expect(await review({ token: ADMIN_TOKEN })).toMatchObject({
      authenticated: true,
      user: { username: "edgesite-admin" },
      audiences: ["https://kubernetes.default.svc.cluster.local"],
    });
    await post("/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "robot" } });
    const request = await post("/api/v1/namespaces/default/serviceaccounts/robot/token", {
      spec: { audiences: ["vault"] },
    });
    const { status } = (await request.json()) as TokenRequest;
    const token = status?.token ?? "";
    expect(await review({ token, audiences: ["vault", "x"] })).toMatchObject({
      authenticated: true,
      user: { username: "system:serviceaccount:default:robot" },
      audiences: ["vault"],
    });
    expect((await review({ token }))?.error).toContain("audiences");
    expect((await review({ token: "nonsense" }))?.error).toBe("[invalid bearer token]");
    expect(await review({ token: ADMIN_TOKEN, audiences: ["vault"] })).not.toHaveProperty(
      "authenticated",
    );
  });
});

describe("--as", () => {
  const whoami = async (headers: Record<string, string>): Promise<unknown> => {
    const path = `${AUTHENTICATION}/selfsubjectreviews`;
    const response = await api.send("POST", path, { body: {}, headers });
    const body = (await response.json()) as SelfSubjectReview & Status;
    return response.status === 201 ? body.status?.userInfo : body.message;
  };

  test.each<[string, Record<string, string>, object | string]>([
    [
      "a user",
      { "impersonate-user": "anna" },
      { username: "anna", groups: ["system:authenticated"] },
    ],
    [
      "a user with groups",
      { "impersonate-user": "anna", "impersonate-group": "a, b" },
      { username: "anna", groups: ["a", "b", "system:authenticated"] },
    ],
    [
      "groups with commas in their names, and names in any language",
      { "impersonate-user": "J\u00c3\u00bcrgen", "impersonate-group": "a\u00ff b, c" },
      { username: "J\u00fcrgen", groups: ["a, b", "c", "system:authenticated"] },
    ],
    [
      "a user with all that there is",
      {
        "impersonate-user": "anna",
        "impersonate-uid": "7",
        "impersonate-extra-Acme.com%2Fproject": "one",
      },
      {
        username: "anna",
        uid: "7",
        groups: ["system:authenticated"],
        extra: { "acme.com/project": ["one"] },
      },
    ],
    [
      "a ServiceAccount",
      { "impersonate-user": "system:serviceaccount:default:robot" },
      {
        username: "system:serviceaccount:default:robot",
        groups: [
          "system:serviceaccounts",
          "system:serviceaccounts:default",
          "system:authenticated",
        ],
      },
    ],
    [
      "a node",
      { "impersonate-user": "system:node:a" },
      { username: "system:node:a", groups: ["system:nodes", "system:authenticated"] },
    ],
    [
      "groups of nobody",
      { "impersonate-group": "a" },
      'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"a"}, Extra:map[string][]string(nil)} without impersonating a user name',
    ],
  ])("%s", async (_, headers, expected) => {
    expect(await whoami(headers)).toEqual(expected);
  });

  test("takes the right to", async () => {
    const headers = { "impersonate-user": "admin" };
    const request = new Request("http://edgesite/api/v1/pods", { headers });
    const refused = await api.server.fetch(request, { peer: ANNA });
    expect(refused.status).toBe(403);
    expect(((await refused.json()) as Status).message).toBe(
      'pods is forbidden: User "anna" cannot impersonate-on:user-info:list resource "pods" in API group "" at the cluster scope',
    );
  });

  describe("for one thing", () => {
    const give = async (...rules: readonly object[]): Promise<void> => {
      await api.send("POST", `${RBAC}/clusterroles`, { body: { metadata: { name: "as" }, rules } });
      const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "as" };
      const subjects = [{ ...roleRef, kind: "User", name: "anna" }];
      const body = { metadata: { name: "as" }, roleRef, subjects };
      await api.send("POST", `${RBAC}/clusterrolebindings`, { body });
    };
    const told = async (path: string, headers: Record<string, string>): Promise<string> => {
      const request = new Request(`http://edgesite${path}`, { headers });
      const response = await api.server.fetch(request, { peer: ANNA });
      return response.status === 200 ? "ok" : (((await response.json()) as Status).message ?? "");
    };
    const configMaps = "/api/v1/namespaces/default/configmaps";

    test("is a right to that, and to the user", async () => {
      await give(
        {
          verbs: ["impersonate:user-info"],
          apiGroups: ["authentication.k8s.io"],
          resources: ["users", "groups"],
          resourceNames: ["edgesite-admin", "team"],
        },
        { verbs: ["impersonate-on:user-info:list"], apiGroups: [""], resources: ["configmaps"] },
      );
      const anna = { "impersonate-user": "edgesite-admin" };
      // It is heard as that user, who may not.
      expect(await told(configMaps, anna)).toStartWith(
        'configmaps is forbidden: User "edgesite-admin" cannot list',
      );
      expect(await told(configMaps, { ...anna, "impersonate-group": "team" })).toStartWith(
        'configmaps is forbidden: User "edgesite-admin" cannot list',
      );
      expect(await told(`${configMaps}/x`, anna)).toBe(
        'configmaps "x" is forbidden: User "anna" cannot impersonate-on:user-info:get resource "configmaps" in API group "" in the namespace "default"',
      );
      expect(await told(configMaps, { ...anna, "impersonate-group": "other" })).toBe(
        'groups.authentication.k8s.io "other" is forbidden: User "anna" cannot impersonate:user-info resource "groups" in API group "authentication.k8s.io" at the cluster scope',
      );
      expect(await told(configMaps, { ...anna, "impersonate-group": "system:masters" })).toBe(
        'users "edgesite-admin" is forbidden: User "anna" cannot impersonate resource "users" in API group "" at the cluster scope',
      );
    });

    test("makes a node of who may be one", async () => {
      await give(
        {
          verbs: ["impersonate:arbitrary-node"],
          apiGroups: ["authentication.k8s.io"],
          resources: ["nodes"],
          resourceNames: ["a"],
        },
        { verbs: ["impersonate-on:arbitrary-node:list"], apiGroups: [""], resources: ["pods"] },
      );
      const ofA = "/api/v1/pods?fieldSelector=spec.nodeName%3Da";
      expect(await told(ofA, { "impersonate-user": "system:node:a" })).toBe("ok");
      expect(await told(ofA, { "impersonate-user": "system:node:b" })).toBe(
        'nodes.authentication.k8s.io "b" is forbidden: User "anna" cannot impersonate:arbitrary-node resource "nodes" in API group "authentication.k8s.io" at the cluster scope',
      );
    });
  });

  test("takes the other's rights, and none of one's own", async () => {
    const headers = { "impersonate-user": "anna" };
    const list = (path: string) => api.send("GET", path, { headers });
    expect((await list("/api/v1/namespaces/default/configmaps")).status).toBe(200);
    expect((await list("/api/v1/namespaces/default/secrets")).status).toBe(403);
  });
});
