import { describe, expect, test } from "bun:test";
import type { Access } from "#api/access.ts";
import type { PolicyRule } from "#api/object.ts";
import { describeRules, uncovered } from "./coverage.ts";
import { allows } from "./rule.ts";

const access = (given: Partial<Extract<Access, { resource: string }>>): Access => ({
  verb: "get",
  group: "",
  version: "v1",
  resource: "pods",
  subresource: "",
  namespace: "default",
  name: "web",
  ...given,
});

const rule = (given: Partial<PolicyRule>): PolicyRule => ({
  verbs: ["get"],
  apiGroups: [""],
  resources: ["pods"],
  ...given,
});

describe("a rule allows", () => {
  test.each<[string, PolicyRule, Access, boolean]>([
    ["what it names", rule({}), access({}), true],
    ["no other verb", rule({}), access({ verb: "list" }), false],
    ["every verb by *", rule({ verbs: ["*"] }), access({ verb: "escalate" }), true],
    ["no other group", rule({}), access({ group: "apps" }), false],
    ["every group by *", rule({ apiGroups: ["*"] }), access({ group: "apps" }), true],
    ["no subresource of what it names", rule({}), access({ subresource: "log" }), false],
    ["a subresource", rule({ resources: ["pods/log"] }), access({ subresource: "log" }), true],
    ["not its parent", rule({ resources: ["pods/log"] }), access({}), false],
    [
      "a subresource of everything",
      rule({ resources: ["*/scale"] }),
      access({ subresource: "scale" }),
      true,
    ],
    ["*/x not without one", rule({ resources: ["*/scale"] }), access({}), false],
    ["all by *", rule({ resources: ["*"] }), access({ subresource: "status" }), true],
    ["one by its name", rule({ resourceNames: ["web"] }), access({}), true],
    ["no other by name", rule({ resourceNames: ["web"] }), access({ name: "db" }), false],
    ["no list by a name", rule({ resourceNames: ["web"] }), access({ name: "" }), false],
    ["no path by resources", rule({}), { verb: "get", path: "/pods" }, false],
    [
      "a path",
      { verbs: ["get"], nonResourceURLs: ["/version"] },
      { verb: "get", path: "/version" },
      true,
    ],
    [
      "paths by their beginning",
      { verbs: ["get"], nonResourceURLs: ["/api/*"] },
      { verb: "get", path: "/api/v1" },
      true,
    ],
    [
      "no shorter path",
      { verbs: ["get"], nonResourceURLs: ["/api/*"] },
      { verb: "get", path: "/api" },
      false,
    ],
    [
      "every path by *",
      { verbs: ["get"], nonResourceURLs: ["*"] },
      { verb: "get", path: "/metrics" },
      true,
    ],
  ])("%s", (...[, given, wanted, expected]) => {
    expect(allows(given, wanted)).toBe(expected);
  });
});

describe("what the rules that one holds do not cover", () => {
  test.each<[string, PolicyRule[], PolicyRule[], string[]]>([
    ["nothing of the same", [rule({})], [rule({})], []],
    [
      "verbs, together",
      [rule({})],
      [rule({ verbs: ["get", "list", "watch"] })],
      ['{APIGroups:[""], Resources:["pods"], Verbs:["list" "watch"]}'],
    ],
    [
      "resources, apart and in order",
      [],
      [rule({ resources: ["secrets", "pods"] })],
      [
        '{APIGroups:[""], Resources:["pods"], Verbs:["get"]}',
        '{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
      ],
    ],
    [
      "all of it under *",
      [rule({ verbs: ["*"], apiGroups: ["*"], resources: ["*"] })],
      [rule({})],
      [],
    ],
    [
      "everything, by one who holds much",
      [rule({ verbs: ["*"] })],
      [rule({ resources: ["*"] })],
      ['{APIGroups:[""], Resources:["*"], Verbs:["get"]}'],
    ],
    ["named ones under all", [rule({})], [rule({ resourceNames: ["web"] })], []],
    [
      "all, by one who holds a name",
      [rule({ resourceNames: ["web"] })],
      [rule({ resourceNames: ["db"] })],
      ['{APIGroups:[""], Resources:["pods"], ResourceNames:["db"], Verbs:["get"]}'],
    ],
    [
      "a subresource under */",
      [rule({ resources: ["*/log"] })],
      [rule({ resources: ["pods/log"] })],
      [],
    ],
    [
      "two rules add up",
      [rule({}), rule({ verbs: ["list"] })],
      [rule({ verbs: ["get", "list"] })],
      [],
    ],
    [
      "URLs, verb by verb",
      [{ verbs: ["get"], nonResourceURLs: ["/api/*"] }],
      [{ verbs: ["get", "post", "put"], nonResourceURLs: ["/api/v1"] }],
      [
        '{NonResourceURLs:["/api/v1"], Verbs:["post"]}',
        '{NonResourceURLs:["/api/v1"], Verbs:["put"]}',
      ],
    ],
  ])("%s", (...[, held, wanted, expected]) => {
    expect(describeRules(uncovered(held, wanted))).toEqual(expected);
  });
});
