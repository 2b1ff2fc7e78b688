import { expect, test } from "bun:test";
import { LiveCatalog } from "#api/catalog.ts";
import type { ValidatingAdmissionPolicy } from "#api/object.ts";
import { RESOURCES } from "#api/resources.ts";
import { expressionWarnings } from "./type-check.ts";

type Spec = NonNullable<ValidatingAdmissionPolicy["spec"]>;

const CATALOG = new LiveCatalog(RESOURCES);

const rule = (apiGroups: string[], resources: string[], apiVersions = ["v1"]) => ({
  apiGroups,
  apiVersions,
  operations: ["*"],
  resources,
});
const DEPLOYMENTS = rule(["apps"], ["deployments"]);

/** The warnings of a policy over some rules, by the fields that they are about. */
function warnings(spec: Spec, ...resourceRules: ReturnType<typeof rule>[]) {
  const rules = resourceRules.length > 0 ? resourceRules : [DEPLOYMENTS];
  const policy = { spec: { matchConstraints: { resourceRules: rules }, ...spec } };
  return Object.fromEntries(
    expressionWarnings(policy, CATALOG).map(({ fieldRef, warning }) => [fieldRef, warning]),
  );
}

const of = (...expressions: string[]): Spec => ({
  validations: expressions.map((expression) => ({ expression })),
});

/** The problem that is found first, without its place; empty where there is none. */
function problem(expression: string, more: Spec = {}): string {
  const text = warnings({ ...of(expression), ...more })["spec.validations[0].expression"];
  return /ERROR: <input>:\d+:\d+: (.*)/.exec(text ?? "")?.[1] ?? "";
}

// Observed on k8s.io/apiserver 0.36.4, validating.TypeChecker.
test("every fault is shown with its kind and its place, the texts of kinds apart", () => {
  const both = rule(["apps"], ["replicasets", "deployments"]);
  expect(
    warnings(
      {
        validations: [
          { expression: "object.spec.x > 5 && object.y" },
          { expression: "object.spec.replicas > 1", messageExpression: "'a' + object.z" },
        ],
      },
      both,
    ),
  ).toEqual({
    "spec.validations[0].expression": `apps/v1, Kind=Deployment: ERROR: <input>:1:12: undefined field 'x'
 | object.spec.x > 5 && object.y
 | ...........^
ERROR: <input>:1:28: undefined field 'y'
 | object.spec.x > 5 && object.y
 | ...........................^

apps/v1, Kind=ReplicaSet: ERROR: <input>:1:12: undefined field 'x'
 | object.spec.x > 5 && object.y
 | ...........^
ERROR: <input>:1:28: undefined field 'y'
 | object.spec.x > 5 && object.y
 | ...........................^
`,
    "spec.validations[1].messageExpression": `apps/v1, Kind=Deployment: ERROR: <input>:1:13: undefined field 'z'
 | 'a' + object.z
 | ............^

apps/v1, Kind=ReplicaSet: ERROR: <input>:1:13: undefined field 'z'
 | 'a' + object.z
 | ............^
`,
  });
});

const equality = (types: string): string =>
  `found no matching overload for '_==_' applied to '(${types})'`;

test.each<[expression: string, problem: string]>([
  ["object.spec.replicas <= 5 && object.metadata.labels['a'] == 'b'", ""],
  ["object.spec.replicas == 'x'", equality("int, string")],
  ["object.metadata.labels.a == 1", equality("string, int")],
  ["object.metadata.creationTimestamp < timestamp('2020-01-01T00:00:00Z')", ""],
  ["object.metadata.creationTimestamp == 'x'", equality("timestamp, string")],
  ["object.metadata.managedFields[0].fieldsV1.x == 1", "undefined field 'x'"],
  ["object.metadata.namespace == 'a' && object.metadata.__namespace__ == 'a'", ""],
  ["object.spec.strategy.rollingUpdate.maxSurge in [1]", ""],
  ["object.spec.template.spec.containers.all(c, c.nam == '')", "undefined field 'nam'"],
  ["object.spec.template.spec.containers[0].resources.limits.cpu", "undefined field 'limits'"],
  ["object == oldObject && object.spec != null", ""],
  ["request.userInfo.username == 1", equality("string, int")],
  ["request.options.anything == 1", ""],
  ["request.object.x == 1", "undefined field 'object'"],
  ["namespaceObject.metadata.uid == 'a'", "undefined field 'uid'"],
  ["namespaceObject.status.conditions[0].status == 1", equality("string, int")],
  ["authorizer.group('').resource('pods').fieldSelector('a=b').check('list').allowed()", ""],
  [
    "authorizer.requestResource.check('get').allowed()",
    "unexpected failed resolution of 'kubernetes.authorization.Authorizer'",
  ],
  ["params.x == 1", "undeclared reference to 'params' (in container '')"],
  ["duration('x') > duration('1s')", "invalid duration argument"],
  ["size(object) > 1", "found no matching overload for 'size' applied to '(Deployment)'"],
  ["'spec' in object", "found no matching overload for '@in' applied to '(string, Deployment)'"],
  ["'not a bool'", ""],
])("%s", (expression, expected) => {
  expect(problem(expression)).toBe(expected);
});

test("variables have the types of what they were made of, but for objects", () => {
  const variables = [
    { name: "object", expression: "object.spec" },
    { name: "number", expression: "object.spec.replicas" },
    { name: "sum", expression: "variables.number + 1" },
    { name: "names", expression: "object.spec.template.spec.containers.map(c, c.name)" },
    { name: "bad", expression: "object.nothing" },
  ];
  const found = (expression: string) => problem(expression, { variables });
  expect(found("variables.object.anything == 1")).toBe("");
  expect(found("variables.bad.anything == 1")).toBe("");
  expect(found("variables.sum == 'a'")).toBe(equality("int, string"));
  expect(found("variables.names[0] == 1")).toBe(equality("string, int"));
  expect(found("variables.none")).toBe("undefined field 'none'");
});

test("parameters are of their kind, or anything where it is not known", () => {
  const config = { paramKind: { apiVersion: "v1", kind: "ConfigMap" } };
  expect(problem("params.data.a == 1", config)).toBe(equality("string, int"));
  expect(problem("params.a", { paramKind: { apiVersion: "x/v1", kind: "X" } })).toBe("");
});

/** The kinds that an expression is checked against which is wrong of all of them. */
function kinds(...rules: ReturnType<typeof rule>[]): string[] {
  const text = warnings(of("object.wrong"), ...rules)["spec.validations[0].expression"] ?? "";
  return [...text.matchAll(/^(.*), Kind=(\w+): /gm)].map(([, group, kind]) => `${group} ${kind}`);
}

test("kinds are those that rules name, without wildcards and subresources", () => {
  expect(kinds(rule(["*"], ["deployments"]))).toEqual([]);
  expect(kinds(rule(["apps"], ["deployments"], ["*"]))).toEqual([]);
  expect(kinds(rule(["apps"], ["*", "statefulsets/scale", "daemonsets", "none"]))).toEqual([
    "apps/v1 DaemonSet",
  ]);
  expect(kinds(rule(["batch", "apps"], ["jobs", "deployments"]), rule([""], ["pods"]))).toEqual([
    "/v1 Pod",
    "apps/v1 Deployment",
    "batch/v1 Job",
  ]);
  // An empty group is any group.
  expect(kinds(rule([""], ["events"]))).toEqual(["/v1 Event", "events.k8s.io/v1 Event"]);
});

test("ten kinds of one rule are enough", () => {
  const many =
    "pods services configmaps secrets nodes namespaces endpoints events limitranges jobs";
  const found = kinds(rule(["", "batch"], many.split(" ")), rule(["apps"], ["deployments"]));
  expect(found).toEqual([
    ...["ConfigMap", "Endpoints", "Event", "LimitRange", "Namespace"].map((kind) => `/v1 ${kind}`),
    ...["Node", "Pod", "Secret"].map((kind) => `/v1 ${kind}`),
    ...["batch/v1 Job", "events.k8s.io/v1 Event"],
  ]);
});
