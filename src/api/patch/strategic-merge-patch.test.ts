import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { statusErrorOf } from "#test/kit/status-error.ts";
import type { JsonObject } from "../codec/json-value.ts";
import { SCHEMA } from "../schema.ts";
import type { StatusError } from "../status.ts";
import { applyStrategicMergePatch } from "./strategic-merge-patch.ts";

const POD_SPEC = SCHEMA.object("io.k8s.api.core.v1.PodSpec");
const META = SCHEMA.object("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
const DEPLOYMENT_SPEC = SCHEMA.object("io.k8s.api.apps.v1.DeploymentSpec");
const SERVICE_SPEC = SCHEMA.object("io.k8s.api.core.v1.ServiceSpec");

const named = (...names: string[]) => names.map((name) => ({ name }));

const failure = (original: JsonObject, patch: unknown): StatusError =>
  statusErrorOf(() => applyStrategicMergePatch(POD_SPEC, original, patch));

interface Golden {
  readonly what: string;
  readonly type?: typeof POD_SPEC;
  readonly original: JsonObject;
  readonly patch: JsonObject;
  readonly expected: JsonObject;
}

const GOLDEN: readonly Golden[] = [
  {
    what: "a map that is an order itself adds nothing where there is nothing",
    type: META,
    original: { name: "a" },
    patch: { annotations: { $patch: "replace", z: "1" }, labels: { $patch: "delete" } },
    expected: { name: "a" },
  },
  {
    what: "orders inside of what is added are not taken for content",
    original: {},
    patch: {
      containers: [
        { name: "a", resources: { $patch: "replace", limits: {} }, env: [{ name: "E" }] },
      ],
    },
    expected: { containers: [{ name: "a", env: [{ name: "E" }] }] },
  },
  {
    what: "scalars are replaced, nulls delete, the rest stays",
    original: { nodeName: "a", hostname: "h", restartPolicy: "Always" },
    patch: { nodeName: "b", hostname: null, subdomain: null, schedulerName: "s" },
    expected: { nodeName: "b", restartPolicy: "Always", schedulerName: "s" },
  },
  {
    what: "maps are merged",
    original: { nodeSelector: { a: "1", b: "2" } },
    patch: { nodeSelector: { b: null, c: "3" } },
    expected: { nodeSelector: { a: "1", c: "3" } },
  },
  {
    what: "lists with a merge key are merged element by element, new elements go to the end",
    original: {
      containers: [
        { name: "a", image: "1", args: ["x"] },
        { name: "b", image: "2" },
      ],
    },
    patch: {
      containers: [
        { name: "b", image: "3" },
        { name: "c", image: "4" },
      ],
    },
    expected: {
      containers: [
        { name: "a", image: "1", args: ["x"] },
        { name: "b", image: "3" },
        { name: "c", image: "4" },
      ],
    },
  },
  {
    what: "merge keys nest",
    original: { containers: [{ name: "a", env: [{ name: "X", value: "1" }, { name: "Y" }] }] },
    patch: { containers: [{ name: "a", env: [{ name: "X", value: "2" }] }] },
    expected: { containers: [{ name: "a", env: [{ name: "X", value: "2" }, { name: "Y" }] }] },
  },
  {
    what: "lists without a merge strategy are replaced",
    original: { tolerations: [{ key: "a" }], containers: [{ name: "a", args: ["1", "2"] }] },
    patch: { tolerations: [{ key: "b" }], containers: [{ name: "a", args: ["3"] }] },
    expected: { tolerations: [{ key: "b" }], containers: [{ name: "a", args: ["3"] }] },
  },
  {
    what: "$patch: delete removes an element, also one that is not there",
    original: { containers: named("a", "b") },
    patch: {
      containers: [
        { $patch: "delete", name: "a" },
        { $patch: "delete", name: "z" },
      ],
    },
    expected: { containers: named("b") },
  },
  {
    what: "$patch: replace in a list keeps only what the patch has",
    original: { containers: named("a", "b") },
    patch: { containers: [{ name: "c" }, { $patch: "replace" }] },
    expected: { containers: named("c") },
  },
  {
    what: "$patch: replace in a map takes the patch alone",
    original: { securityContext: { runAsUser: 1, fsGroup: 2 } },
    patch: { securityContext: { $patch: "replace", runAsUser: 3 } },
    expected: { securityContext: { runAsUser: 3 } },
  },
  {
    what: "$patch: delete in a map empties it",
    original: { securityContext: { runAsUser: 1 }, nodeName: "n" },
    patch: { securityContext: { $patch: "delete" } },
    expected: { securityContext: {}, nodeName: "n" },
  },
  {
    what: "$retainKeys drops what it does not name",
    type: DEPLOYMENT_SPEC,
    original: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } },
    patch: { strategy: { $retainKeys: ["type"], type: "Recreate" } },
    expected: { strategy: { type: "Recreate" } },
  },
  {
    what: "$retainKeys inside a merged list changes the source of a volume",
    original: {
      volumes: [
        { name: "v", emptyDir: {} },
        { name: "w", hostPath: { path: "/" } },
      ],
    },
    patch: {
      volumes: [{ $retainKeys: ["name", "configMap"], name: "v", configMap: { name: "c" } }],
    },
    expected: {
      volumes: [
        { name: "v", configMap: { name: "c" } },
        { name: "w", hostPath: { path: "/" } },
      ],
    },
  },
  {
    what: "$setElementOrder reorders without other changes",
    original: { containers: named("a", "b", "c") },
    patch: { "$setElementOrder/containers": named("c", "a", "b") },
    expected: { containers: named("c", "a", "b") },
  },
  {
    what: "$setElementOrder keeps what only the server has near its neighbours",
    original: { containers: named("a", "injected", "b") },
    patch: {
      "$setElementOrder/containers": named("a", "new", "b"),
      containers: [{ name: "new", image: "i" }],
    },
    expected: {
      containers: [{ name: "a" }, { name: "new", image: "i" }, { name: "injected" }, { name: "b" }],
    },
  },
  {
    what: "$setElementOrder goes with deletions, as kubectl apply sends them",
    original: { containers: named("a", "b") },
    patch: {
      "$setElementOrder/containers": named("b"),
      containers: [
        { name: "b", image: "2" },
        { $patch: "delete", name: "a" },
      ],
    },
    expected: { containers: [{ name: "b", image: "2" }] },
  },
  {
    what: "$setElementOrder of a list that is not there yet",
    original: {},
    patch: {
      "$setElementOrder/containers": named("b", "a"),
      containers: [{ name: "b" }, { name: "a" }],
    },
    expected: { containers: named("b", "a") },
  },
  {
    what: "lists of values with merge are united",
    type: META,
    original: { finalizers: ["a", "b"] },
    patch: { finalizers: ["b", "c"] },
    expected: { finalizers: ["a", "b", "c"] },
  },
  {
    what: "$deleteFromPrimitiveList takes values out, $setElementOrder orders the rest",
    type: META,
    original: { finalizers: ["a", "b", "c"] },
    patch: {
      "$deleteFromPrimitiveList/finalizers": ["a"],
      "$setElementOrder/finalizers": ["c", "b"],
    },
    expected: { finalizers: ["c", "b"] },
  },
  {
    what: "$deleteFromPrimitiveList of a list that is not there is nothing",
    type: META,
    original: { name: "n" },
    patch: { "$deleteFromPrimitiveList/finalizers": ["a"] },
    expected: { name: "n" },
  },
  {
    what: "where there is nothing to merge with, orders and nulls are dropped",
    original: {},
    patch: {
      securityContext: { runAsUser: 1, fsGroup: null },
      containers: [
        { name: "a", env: [{ $patch: "delete", name: "X" }, { name: "Y" }] },
        { $patch: "delete", name: "b" },
      ],
    },
    expected: {
      securityContext: { runAsUser: 1 },
      containers: [{ name: "a", env: [{ name: "Y" }] }],
    },
  },
  {
    what: "a port on TCP and UDP: the first with the number is changed, the second stays",
    type: SERVICE_SPEC,
    original: {
      ports: [
        { port: 53, protocol: "TCP" },
        { port: 53, protocol: "UDP" },
      ],
    },
    patch: { ports: [{ port: 53, targetPort: 5353 }] },
    expected: {
      ports: [
        { port: 53, protocol: "TCP", targetPort: 5353 },
        { port: 53, protocol: "UDP" },
      ],
    },
  },
  {
    what: "a new element stands where a deleted one stood, among those of the server alone",
    original: { containers: named("first", "old", "last") },
    patch: {
      "$setElementOrder/containers": named("new"),
      containers: [{ name: "new" }, { $patch: "delete", name: "old" }],
    },
    expected: { containers: named("first", "last", "new") },
  },
  {
    what: "what is added to a list is taken as it is",
    original: { containers: named("a") },
    patch: { containers: [{ name: "b", env: [{ $patch: "delete", name: "X" }], args: null }] },
    expected: {
      containers: [
        { name: "b", env: [{ $patch: "delete", name: "X" }], args: null },
        { name: "a" },
      ],
    },
  },
  {
    what: "a value of another type replaces what was there",
    original: { nodeSelector: { a: "1" } },
    patch: { nodeSelector: "x" },
    expected: { nodeSelector: "x" },
  },
];

describe("a strategic merge patch", () => {
  test.each(GOLDEN.map((golden) => [golden.what, golden] as const))(
    "%s",
    (_, { type = POD_SPEC, original, patch, expected }) => {
      const before = JSON.stringify([original, patch]);
      expect(applyStrategicMergePatch(type, original, patch).value).toEqual(expected);
      expect(JSON.stringify([original, patch])).toBe(before);
    },
  );

  test.each([
    [400, { $retainKeys: ["a"], nodeName: "n" }, "invalid patch format of retainKeys"],
    [400, { $retainKeys: "nodeName" }, "invalid patch format of retainKeys"],
    [400, { $retainKeys: [{}] }, "invalid patch format of retainKeys"],
    [400, { $deleteFromPrimitiveList: [] }, "invalid patch format of primitive list"],
    [400, [], "json: cannot unmarshal array into Go value of type map[string]interface {}"],
    [
      500,
      { containers: [{ image: "x", name: null, args: [1.5, true] }, { image: "x" }] },
      "map: map[image:x] does not contain declared merge key: name",
    ],
    [500, { $patch: 1 }, "unknown patch type: %!s(int64=1) in map: map[$patch:1]"],
    [500, { $patch: null }, "unknown patch type: %!s(<nil>) in map: map[$patch:<nil>]"],
    [500, { $patch: "merge" }, "unknown patch type: merge in map: map[$patch:merge]"],
    [
      500,
      { "$setElementOrder/containers": "a" },
      "expected a []interface {}, but received a string",
    ],
    [500, { "$setElementOrder/containers": [{ name: "b" }, "b"] }, "value for key 1 is not a map"],
    [
      500,
      { "$setElementOrder/containers": [{ name: "b" }, "b"], containers: [{ name: "a" }] },
      "expected a map[string]interface {}, but received a string",
    ],
    [
      500,
      { "$setElementOrder/containers": named("b"), containers: named("a") },
      "The order in patch list:\n[map[name:a]]\n doesn't match $setElementOrder list:\n[map[name:b]]\n",
    ],
    [
      500,
      { containers: [{ $patch: "delete" }] },
      "map: map[$patch:delete] does not contain declared merge key: name",
    ],
    [
      500,
      { containers: [{ $patch: "merge", name: "a" }] },
      "merging lists cannot yet be specified in the patch",
    ],
    [500, { containers: [1e-7] }, "list element types are not identical: "],
    [500, { containers: [[]] }, "list element types are not identical: "],
  ])("%d for %j", (code, patch, message) => {
    const error = failure({ containers: named("a", "b") }, patch);
    expect(error.message).toStartWith(message);
    expect(error.code).toBe(code);
  });

  test("a list of lists is refused without a word", () => {
    const error = failure({ containers: [] }, { containers: [["a"]] });
    expect(error.code).toBe(422);
    expect(error.message).toBe("the server rejected our request due to an error in our request");
  });

  const containers = fc
    .uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"))
    .map((names) => named(...names));

  test("an order list puts its elements in that order and loses none of the others", () => {
    fc.assert(
      fc.property(containers, containers, (live, order) => {
        fc.pre(live.length > 0);
        const { value: result } = applyStrategicMergePatch(
          POD_SPEC,
          { containers: live },
          { "$setElementOrder/containers": order },
        );
        const names = (result["containers"] as { name: string }[]).map(({ name }) => name);
        const wanted = order.map(({ name }) => name).filter((name) => names.includes(name));
        const others = live.map(({ name }) => name).filter((name) => !wanted.includes(name));
        expect(names.filter((name) => wanted.includes(name))).toEqual(wanted);
        expect(names.filter((name) => !wanted.includes(name))).toEqual(others);
      }),
      { numRuns: 200 },
    );
  });

  test("applied twice, a patch without replacements changes nothing more", () => {
    const spec = fc.record({
      containers,
      nodeSelector: fc.dictionary(fc.constantFrom("x", "y"), fc.option(fc.string())),
      hostname: fc.option(fc.string()),
    });
    fc.assert(
      fc.property(spec, spec, (original, patch) => {
        const once = applyStrategicMergePatch(POD_SPEC, original, patch).value;
        expect(applyStrategicMergePatch(POD_SPEC, once, patch).value).toEqual(once);
      }),
      { numRuns: 200 },
    );
  });
});
