import { expect, test } from "bun:test";
import type { Status } from "#api/status.ts";
import { bodyOf, CORE, configMap, pod, post } from "#test/kit/api-objects.ts";
import { startTestApi } from "#test/kit/test-api.ts";

const failure = (code: number, reason: string | undefined, rest: object): object => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Failure",
  ...(reason !== undefined && { reason }),
  code,
  ...rest,
});

test("errors are Kubernetes' own, word for word", async () => {
  using api = await startTestApi();
  await post(api, `${CORE}/configmaps`, configMap("cmx"));
  await post(api, "/api/v1/namespaces", {
    metadata: { name: "tt", finalizers: ["example.com/x"] },
  });
  await api.send("DELETE", "/api/v1/namespaces/tt");
  const stale = { ...configMap("cmx"), metadata: { name: "cmx", resourceVersion: "1" } };
  const cases: [string, string, unknown, object][] = [
    [
      "GET",
      `${CORE}/pods/nope`,
      undefined,
      failure(404, "NotFound", {
        message: 'pods "nope" not found',
        details: { name: "nope", kind: "pods" },
      }),
    ],
    [
      "GET",
      "/apis/apps/v1/namespaces/default/deployments/x",
      undefined,
      failure(404, "NotFound", {
        message: 'deployments.apps "x" not found',
        details: { name: "x", group: "apps", kind: "deployments" },
      }),
    ],
    [
      "GET",
      `${CORE}/things`,
      undefined,
      failure(404, "NotFound", {
        message: "the server could not find the requested resource",
        details: {},
      }),
    ],
    [
      "POST",
      `${CORE}/configmaps`,
      configMap("cmx"),
      failure(409, "AlreadyExists", {
        message: 'configmaps "cmx" already exists',
        details: { name: "cmx", kind: "configmaps" },
      }),
    ],
    [
      "PUT",
      `${CORE}/configmaps/cmx`,
      stale,
      failure(409, "Conflict", {
        message:
          'Operation cannot be fulfilled on configmaps "cmx": the object has been modified; please apply your changes to the latest version and try again',
        details: { name: "cmx", kind: "configmaps" },
      }),
    ],
    [
      "POST",
      `${CORE}/configmaps`,
      { ...configMap("b"), metadata: { name: "b", namespace: "other" } },
      failure(400, "BadRequest", {
        message:
          "the namespace of the provided object does not match the namespace sent on the request",
      }),
    ],
    [
      "PUT",
      `${CORE}/configmaps/cmx`,
      configMap("cmy"),
      failure(400, "BadRequest", {
        message: "the name of the object (cmy) does not match the name on the URL (cmx)",
      }),
    ],
    [
      "POST",
      "/api/v1/namespaces/nope/configmaps",
      configMap("a"),
      failure(404, "NotFound", {
        message: 'namespaces "nope" not found',
        details: { name: "nope", kind: "namespaces" },
      }),
    ],
    [
      "POST",
      "/api/v1/namespaces/tt/configmaps",
      configMap("zz"),
      failure(403, "Forbidden", {
        message:
          'configmaps "zz" is forbidden: unable to create new content in namespace tt because it is being terminated',
        details: {
          name: "zz",
          kind: "configmaps",
          causes: [
            {
              reason: "NamespaceTerminating",
              message: "namespace tt is being terminated",
              field: "metadata.namespace",
            },
          ],
        },
      }),
    ],
    [
      "DELETE",
      "/api/v1/namespaces/default",
      undefined,
      failure(403, "Forbidden", {
        message: 'namespaces "default" is forbidden: this namespace may not be deleted',
        details: { name: "default", kind: "namespaces" },
      }),
    ],
    [
      "PUT",
      `${CORE}/configmaps`,
      configMap("a"),
      failure(405, "MethodNotAllowed", {
        message: "the server does not allow this method on the requested resource",
        details: {},
      }),
    ],
    [
      "POST",
      `${CORE}/configmaps`,
      { ...configMap("a"), metadata: { name: "a", resourceVersion: "1" } },
      failure(500, undefined, {
        message: "resourceVersion should not be set on objects to be created",
      }),
    ],
    [
      "POST",
      `${CORE}/configmaps`,
      { ...configMap("No"), metadata: { name: "No", resourceVersion: "1" } },
      failure(422, "Invalid", {
        message: expect.stringContaining('ConfigMap "No" is invalid: metadata.name: Invalid value'),
        details: expect.anything(),
      }),
    ],
    [
      "GET",
      `${CORE}/configmaps?resourceVersionMatch=Exact`,
      undefined,
      failure(422, "Invalid", {
        message:
          'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
        details: {
          group: "meta.k8s.io",
          kind: "ListOptions",
          causes: [
            {
              reason: "FieldValueForbidden",
              message:
                "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided",
              field: "resourceVersionMatch",
            },
          ],
        },
      }),
    ],
  ];
  for (const [method, path, body, expected] of cases) {
    expect(await bodyOf<object>(api.send(method, path, { body }))).toEqual(expected);
  }
});

const BAD_BODIES: [
  string,
  number,
  { body: unknown; type?: string; path?: string; query?: string },
][] = [
  ["malformed JSON", 400, { body: '{"kind":' }],
  ["no object", 400, { body: "[]" }],
  ["malformed YAML", 400, { body: "a: [b", type: "application/yaml" }],
  [
    "an unknown field",
    400,
    { body: { ...configMap("a"), foo: 1 }, query: "?fieldValidation=Strict" },
  ],
  [
    "a duplicate field",
    400,
    {
      body: '{"kind":"ConfigMap","metadata":{"name":"a"},"data":{},"data":{}}',
      query: "?fieldValidation=Strict",
    },
  ],
  ["a wrong kind", 400, { body: { ...configMap("a"), kind: "Secret" } }],
  ["a wrong type", 400, { body: { ...configMap("a"), data: 7 } }],
  ["an unknown media type", 415, { body: "x", type: "text/plain" }],
  ["a bad name", 422, { body: configMap("Bad_Name") }],
  ["no name", 422, { body: { kind: "ConfigMap", apiVersion: "v1" } }],
  ["a bad label", 422, { body: { metadata: { name: "a", labels: { "-": "x y" } } } }],
  ["no containers", 422, { body: { ...pod("a"), spec: {} }, path: `${CORE}/pods` }],
  ["4 MiB", 413, { body: JSON.stringify(configMap("a", { x: "x".repeat(4 * 1024 * 1024) })) }],
  ["an unknown dryRun", 422, { body: configMap("a"), query: "?dryRun=Some" }],
  ["an unknown fieldValidation", 422, { body: configMap("a"), query: "?fieldValidation=Maybe" }],
];

test.each(BAD_BODIES)(
  "%s is %d, and nothing is stored",
  async (_, code, { body, type, path, query }) => {
    using api = await startTestApi();
    const before = api.store.resourceVersion;
    const url = `${path ?? `${CORE}/configmaps`}${query ?? ""}`;
    const response = await api.send("POST", url, { body, ...(type && { type }) });
    expect(await bodyOf<Status>(response)).toMatchObject({
      kind: "Status",
      status: "Failure",
      code,
    });
    expect(response.status).toBe(code);
    expect(api.store.resourceVersion).toBe(before);
  },
);

test("fields that nobody knows are warned about", async () => {
  using api = await startTestApi();
  const response = await api.send("POST", `${CORE}/configmaps`, {
    body: { ...configMap("a"), foo: 1 },
  });
  expect(response.status).toBe(201);
  expect(response.headers.get("warning")).toBe(`299 - "unknown field \\"foo\\""`);
});

test("a finalizer that says not whose it is counts by where it stands, and not for every kind", async () => {
  using api = await startTestApi();
  const type = "application/merge-patch+json";
  const body = { metadata: { finalizers: ["kubernetes", "mine"] } };
  await post(api, `${CORE}/configmaps`, configMap("a"));
  const refused = await api.send("PATCH", `${CORE}/configmaps/a`, { type, body });
  const cause = {
    reason: "FieldValueInvalid",
    field: "metadata.finalizers[1]",
    message:
      'Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
  };
  expect((await bodyOf<Status>(refused)).details).toEqual({
    name: "a",
    kind: "ConfigMap",
    causes: [cause, cause],
  });
  const budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
  await post(api, budgets, { metadata: { name: "Of_mine" }, spec: { minAvailable: 1 } });
  const accepted = await api.send("PATCH", `${budgets}/Of_mine`, { type, body });
  expect((await bodyOf(accepted)).metadata).toMatchObject(body.metadata);
});

test("a bad label is told of as often as Kubernetes looks at labels of the kind", async () => {
  using api = await startTestApi();
  const type = "application/merge-patch+json";
  const body = { metadata: { labels: { a: "-" } } };
  const labels = { app: "x" };
  const template = { metadata: { labels }, spec: { containers: [{ name: "c", image: "i" }] } };
  const workload = {
    metadata: { name: "x" },
    spec: { selector: { matchLabels: labels }, template },
  };
  const volume = {
    metadata: { name: "x" },
    spec: {
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteOnce"],
      hostPath: { path: "/x" },
    },
  };
  const budget = { metadata: { name: "x" }, spec: { minAvailable: 1 } };
  const event = { metadata: { name: "x" }, involvedObject: { namespace: "default" } };
  const cases: [string, object, number][] = [
    [`${CORE}/configmaps`, configMap("x"), 4],
    [`${CORE}/serviceaccounts`, { metadata: { name: "x" } }, 4],
    [`${CORE}/endpoints`, { metadata: { name: "x" } }, 4],
    [`${CORE}/podtemplates`, { metadata: { name: "x" }, template }, 3],
    ["/apis/apps/v1/namespaces/default/deployments", workload, 3],
    ["/apis/apps/v1/namespaces/default/replicasets", workload, 4],
    ["/apis/apps/v1/namespaces/default/daemonsets", workload, 4],
    ["/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles", { metadata: { name: "x" } }, 5],
    ["/api/v1/persistentvolumes", volume, 4],
    [`${CORE}/limitranges`, { metadata: { name: "x" }, spec: { limits: [] } }, 3],
    [`${CORE}/events`, event, 2],
    ["/apis/coordination.k8s.io/v1/namespaces/default/leases", { metadata: { name: "x" } }, 3],
    ["/apis/policy/v1/namespaces/default/poddisruptionbudgets", budget, 2],
  ];
  for (const [path, object, times] of cases) {
    await post(api, path, object);
    const { details } = await bodyOf<Status>(api.send("PATCH", `${path}/x`, { type, body }));
    const fields = (details?.causes ?? []).map(({ field }) => field);
    expect([path, fields]).toEqual([path, Array(times).fill("metadata.labels")]);
  }
});

test("limits that nobody named get a name of their own", async () => {
  using api = await startTestApi();
  const spec = { limits: [{ type: "Pod" }] };
  const { metadata } = await post(api, `${CORE}/limitranges`, { spec });
  expect(metadata?.name).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
});

test("what is wrong with metadata and with fields is told in Kubernetes' order", async () => {
  using api = await startTestApi();
  const fieldsOf = async (path: string, object: object, method = "POST") => {
    const type = method === "POST" ? "application/json" : "application/merge-patch+json";
    const { details } = await bodyOf<Status>(api.send(method, path, { type, body: object }));
    return (details?.causes ?? []).map(({ field }) => field);
  };
  const labels = { a: "-" };
  const metadata = { name: "x", labels };
  const label = "metadata.labels";
  const series = { count: 1, lastObservedTime: "2026-01-01T00:00:00.000000Z" };

  const events = "/apis/events.k8s.io/v1/namespaces/default/events";
  const regarding = { namespace: "other" };
  const why = { metadata, regarding, series, type: "Normal" };
  const namespace = "involvedObject.namespace";
  expect(await fieldsOf(events, why)).toEqual([namespace, label, "series.count", "eventTime"]);

  const old = { metadata, involvedObject: regarding };
  expect(await fieldsOf(`${CORE}/events`, old)).toEqual([namespace]);
  expect(await fieldsOf(`${CORE}/events`, { metadata, involvedObject: {} })).toEqual([label]);

  const budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
  const available = "spec.minAvailable";
  expect(await fieldsOf(budgets, { metadata, spec: { minAvailable: -1 } })).toEqual([available]);
  expect(await fieldsOf(budgets, { metadata, spec: { minAvailable: 1 } })).toEqual([label]);

  const classes = "/apis/node.k8s.io/v1/runtimeclasses";
  await post(api, classes, { metadata: { name: "x" }, handler: "h" });
  const renamed = { metadata: { labels }, handler: "-" };
  const inTurn = [label, label, label, "handler", label, "handler"];
  expect(await fieldsOf(`${classes}/x`, renamed, "PATCH")).toEqual(inTurn);

  await post(api, "/api/v1/nodes", { metadata: { name: "x" } });
  const tainted = { metadata: { labels }, spec: { taints: [{ key: "a", effect: "x" }] } };
  const taint = "metadata.taints[0].effect";
  const ofNode = [label, label, label, taint, label, taint];
  expect(await fieldsOf("/api/v1/nodes/x", tainted, "PATCH")).toEqual(ofNode);
});

test("finalizers of what apimachinery's rules judge alone need no domain", async () => {
  using api = await startTestApi();
  const metadata = { name: "x", finalizers: ["mine"] };
  for (const path of ["validating", "mutating"]) {
    const all = `/apis/admissionregistration.k8s.io/v1/${path}webhookconfigurations`;
    expect((await post(api, all, { metadata })).metadata).toMatchObject(metadata);
  }
});
