/** Who a client is by its certificate, through the port that ships. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { startTlsApi, type TlsApi } from "#test/kit/tls-api.ts";

let api: TlsApi;
let foreign: TlsApi;

beforeAll(async () => {
  [api, foreign] = await Promise.all([startTlsApi(), startTlsApi()]);
});

afterAll(async () => {
  await Promise.all([api[Symbol.asyncDispose](), foreign[Symbol.asyncDispose]()]);
});

const ask = (path: string, { identity, token }: Credentials): Promise<Response> =>
  fetch(`${api.url}${path}`, {
    headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
    tls: { ca: api.authority, ...identity },
  });

interface Credentials {
  readonly identity?: { readonly cert: string; readonly key: string };
  readonly token?: string;
}

test("the common name is the user, the organizations are groups", async () => {
  const root = api.issue({ commonName: "root", organizations: ["dev", "system:masters"] });
  expect((await ask("/api/v1/namespaces", { identity: root })).status).toBe(200);
  const bob = api.issue({ commonName: "bob", organizations: ["dev"] });
  const refused = await ask("/api/v1/nodes", { identity: bob });
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({
    message:
      'nodes is forbidden: User "bob" cannot list resource "nodes" in API group "" at the cluster scope',
  });
});

test("a certificate comes before a token", async () => {
  const bob = api.issue({ commonName: "bob" });
  const { status } = await ask("/api/v1/nodes", { identity: bob, token: api.token });
  expect(status).toBe(403);
});

test("a certificate of another authority is 401 everywhere, unless a token proves who it is", async () => {
  const identity = foreign.issue({ commonName: "root", organizations: ["system:masters"] });
  for (const path of ["/api/v1/nodes", "/version", "/livez"]) {
    const { status } = await ask(path, { identity });
    expect([path, status]).toEqual([path, 401]);
  }
  expect((await ask("/api/v1/nodes", { identity, token: api.token })).status).toBe(200);
});
