import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { TokenRequest } from "#api/object.ts";
import type { Status } from "#api/status.ts";
import { startTestApi, type TestApi } from "#test/kit/test-api.ts";

const ACCOUNTS = "/api/v1/namespaces/default/serviceaccounts";
const KUBE_SYSTEM_SECRETS = "/api/v1/namespaces/kube-system/secrets";

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
  await api.send("POST", ACCOUNTS, { body: { metadata: { name: "robot" } } });
});
afterEach(() => api[Symbol.dispose]());

const tokenRequest = (spec: object, name = "robot"): Promise<Response> =>
  api.send("POST", `${ACCOUNTS}/${name}/token`, { body: { spec } });

async function tokenOf(spec: object): Promise<string> {
  const { status } = (await (await tokenRequest(spec)).json()) as TokenRequest;
  return status?.token ?? "";
}

const statusOf = async (path: string, token: string): Promise<number> =>
  (await api.send("GET", path, { headers: { authorization: `Bearer ${token}` } })).status;

describe("kubectl create token", () => {
  test("gets a token of an hour for the API", async () => {
    const response = await tokenRequest({});
    expect(response.status).toBe(201);
    const { status, spec, metadata } = (await response.json()) as TokenRequest;
    expect(metadata).toMatchObject({ name: "robot", namespace: "default" });
    expect(spec).toMatchObject({
      audiences: ["https://kubernetes.default.svc.cluster.local"],
      expirationSeconds: 3600,
    });
    expect(status?.expirationTimestamp).toBe("2030-01-01T01:00:00Z");
    expect(await statusOf("/apis", status?.token ?? "")).toBe(200);
    expect(await statusOf("/api/v1/pods", status?.token ?? "")).toBe(403);
  });

  test("for another audience is no credential here", async () => {
    expect(await statusOf("/apis", await tokenOf({ audiences: ["vault"] }))).toBe(401);
  });

  test.each<[object, number, string]>([
    [
      { expirationSeconds: 599 },
      422,
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
    ],
    [
      { boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "ghost" } },
      404,
      'pods "ghost" not found',
    ],
    [{ boundObjectRef: { apiVersion: "v1", kind: "Secret" } }, 400, "Name parameter required."],
    [
      { boundObjectRef: { apiVersion: "apps/v1", kind: "Deployment", name: "x" } },
      400,
      "cannot bind token to object of type apps/v1, Kind=Deployment",
    ],
  ])("with %o is refused", async (spec, code, message) => {
    const response = await tokenRequest(spec);
    expect(response.status).toBe(code);
    expect(((await response.json()) as Status).message).toBe(message);
  });

  test("for an account that is another by now is refused", async () => {
    const path = "/api/v1/namespaces/default/serviceaccounts/robot/token";
    const body = { metadata: { uid: "another" }, spec: {} };
    const response = await api.send("POST", path, { body });
    const { metadata } = (await (await tokenRequest({})).json()) as TokenRequest;
    expect(response.status).toBe(409);
    expect(((await response.json()) as Status).message).toBe(
      `Operation cannot be fulfilled on TokenRequest.authentication.k8s.io "robot": the UID in the token request (another) does not match the UID of the service account (${metadata?.uid})`,
    );
  });

  test("of nobody is 404", async () => {
    expect((await tokenRequest({}, "ghost")).status).toBe(404);
  });

  test("bound to a pod ends with the pod, and warns before it ends where a pod asks as pods do", async () => {
    const pods = "/api/v1/namespaces/default/pods";
    const containers = [{ name: "c", image: "busybox" }];
    await api.send("POST", pods, {
      body: { metadata: { name: "web" }, spec: { serviceAccountName: "robot", containers } },
    });
    const token = await tokenOf({
      expirationSeconds: 3607,
      boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "web" },
    });
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    expect(claims.exp - claims.iat).toBe(365 * 24 * 3600);
    expect(claims["kubernetes.io"].warnafter - claims.iat).toBe(3607);
    expect(await statusOf("/apis", token)).toBe(200);
    await api.send("DELETE", `${pods}/web`);
    expect(await statusOf("/apis", token)).toBe(401);
  });

  test("ends with the account", async () => {
    const token = await tokenOf({});
    await api.send("DELETE", `${ACCOUNTS}/robot`);
    expect(await statusOf("/apis", token)).toBe(401);
  });
});

describe("a bootstrap token", () => {
  const secret = (data: Record<string, string>) => ({
    metadata: { name: "bootstrap-token-abcdef" },
    type: "bootstrap.kubernetes.io/token",
    stringData: {
      "token-id": "abcdef",
      "token-secret": "0123456789abcdef",
      "usage-bootstrap-authentication": "true",
      ...data,
    },
  });

  test.each<[string, Record<string, string>, number]>([
    ["is a credential", {}, 200],
    ["ends at its time", { expiration: "2029-12-31T23:59:59Z" }, 401],
    ["holds before that", { expiration: "2030-01-01T00:01:00Z" }, 200],
    ["that is for signing only is none", { "usage-bootstrap-authentication": "false" }, 401],
    ["gives no foreign groups", { "auth-extra-groups": "system:masters" }, 401],
    ["of another secret is none", { "token-secret": "0000000000000000" }, 401],
  ])("%s", async (_, data, code) => {
    await api.send("POST", KUBE_SYSTEM_SECRETS, { body: secret(data) });
    expect(await statusOf("/apis", "abcdef.0123456789abcdef")).toBe(code);
  });
});

test("others find the issuer's keys, if they may", async () => {
  const discovery = await api.send("GET", "/.well-known/openid-configuration");
  expect(discovery.headers.get("content-type")).toBe("application/json");
  expect((await discovery.json()) as object).toEqual({
    issuer: "https://kubernetes.default.svc.cluster.local",
    jwks_uri: "https://10.42.0.1:6443/openid/v1/jwks",
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256"],
  });
  const token = await tokenOf({});
  const keys = await api.send("GET", "/openid/v1/jwks", {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(keys.headers.get("content-type")).toBe("application/jwk-set+json");
  const { keys: list } = (await keys.json()) as { keys: { kty: string }[] };
  const key = await crypto.subtle.importKey(
    "jwk",
    list[0] ?? {},
    { name: "ECDSA", namedCurve: "P-256" },
    false,
    ["verify"],
  );
  const [head, body, mark = ""] = token.split(".");
  const isRight = await crypto.subtle.verify(
    { name: "ECDSA", hash: "SHA-256" },
    key,
    Buffer.from(mark, "base64url"),
    Buffer.from(`${head}.${body}`),
  );
  expect(isRight).toBe(true);
  const bearer = { authorization: "Bearer abcdef.0123456789abcdef" };
  expect((await api.send("GET", "/openid/v1/jwks", { headers: bearer })).status).toBe(401);
});
