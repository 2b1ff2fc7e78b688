import { expect, test } from "bun:test";
import type { Status } from "#api/status.ts";
import { startTestApi } from "#test/kit/test-api.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const invalid = (what: string) => `ListOptions.meta.k8s.io "" is invalid: ${what}`;
const match = (what: string) => `resourceVersionMatch: Forbidden: ${what}`;

test.each([
  [
    "resourceVersionMatch=Exact",
    match("resourceVersionMatch is forbidden unless resourceVersion is provided"),
  ],
  [
    "resourceVersionMatch=NotOlderThan&resourceVersion=1&continue=x",
    match("resourceVersionMatch is forbidden when continue is provided"),
  ],
  [
    "resourceVersionMatch=Exact&resourceVersion=0",
    match('resourceVersionMatch "exact" is forbidden for resourceVersion "0"'),
  ],
  [
    "resourceVersionMatch=Newest&resourceVersion=1",
    'resourceVersionMatch: Unsupported value: "Newest": supported values: "Exact", "NotOlderThan", ""',
  ],
  [
    "sendInitialEvents=true",
    "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list",
  ],
  [
    "sendInitialEvents=true&resourceVersionMatch=Exact",
    `[${match("resourceVersionMatch is forbidden unless resourceVersion is provided")}, sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list]`,
  ],
  [
    "watch=true&sendInitialEvents=true",
    match("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"),
  ],
  [
    "watch=true&resourceVersionMatch=NotOlderThan",
    match("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"),
  ],
  [
    "watch=true&sendInitialEvents=true&resourceVersionMatch=Exact",
    `[${match("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")}, resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan"]`,
  ],
  [
    "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&continue=x",
    match("resourceVersionMatch is forbidden when continue is provided"),
  ],
])("%s is refused in Kubernetes' words", async (query, message) => {
  using api = await startTestApi();
  const response = await api.send("GET", `${MAPS}?${query}`);
  expect(response.status).toBe(422);
  expect(((await response.json()) as Status).message).toBe(invalid(message));
});

const ROLES = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles";
const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata: { name: "r" } };

test("a PUT makes objects of the kinds that allow it, and of no others", async () => {
  using api = await startTestApi();
  const made = await api.send("PUT", `${ROLES}/r`, { body: { ...role, rules: [] } });
  expect(made.status).toBe(201);
  expect((await api.send("PUT", `${ROLES}/r`, { body: { ...role, rules: [] } })).status).toBe(200);
  const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x" } };
  const refused = await api.send("PUT", `${MAPS}/x`, { body });
  expect(refused.status).toBe(404);
  expect(((await refused.json()) as Status).message).toBe('configmaps "x" not found');
});

test("a PUT must name its object, and some kinds the version that they were made from", async () => {
  using api = await startTestApi();
  const unnamed = await api.send("PUT", `${MAPS}/x`, {
    body: { apiVersion: "v1", kind: "ConfigMap" },
  });
  expect(unnamed.status).toBe(400);
  expect(((await unnamed.json()) as Status).message).toBe(
    "the name of the object (x based on URL) was undeterminable: name must be provided",
  );
  const leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
  const body = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "l" } };
  expect((await api.send("PUT", `${leases}/l`, { body })).status).toBe(201);
  const blind = await api.send("PUT", `${leases}/l`, { body });
  expect(blind.status).toBe(422);
  expect(((await blind.json()) as Status).message).toBe(
    'leases.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
  );
});

test.each([MAPS, `${MAPS}/x`])(
  "a version that is not there yet is waited for on %s",
  async (path) => {
    using api = await startTestApi();
    const add = (name: string) =>
      api.send("POST", MAPS, { body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name } } });
    await add("x");
    const asked = api.store.resourceVersion + 1;
    const response = api.send("GET", `${path}?resourceVersion=${asked}`);
    await add("y");
    expect((await response).status).toBe(200);
  },
);

test("a version that does not come is answered with a timeout after three seconds", async () => {
  using api = await startTestApi();
  const current = api.store.resourceVersion;
  const answer = api.send("GET", `${MAPS}?resourceVersion=${current + 100}`);
  let isAnswered = false;
  void answer.then(() => (isAnswered = true));
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  await turn();
  api.clock.advance(2999);
  await turn();
  expect(isAnswered).toBe(false);
  api.clock.advance(1);
  const response = await answer;
  expect(response.status).toBe(504);
  expect((await response.json()) as object).toEqual({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: `Timeout: Too large resource version: ${current + 100}, current: ${current}`,
    reason: "Timeout",
    details: {
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
      retryAfterSeconds: 1,
    },
    code: 504,
  });
});
