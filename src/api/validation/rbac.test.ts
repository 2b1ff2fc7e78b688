import { describe, expect, test } from "bun:test";
import { changed, created } from "#test/kit/validate.ts";
import type { ClusterRole, Role, RoleBinding } from "../object.ts";
import * as kinds from "../resources/rbac.ts";

const metadata = { name: "x", namespace: "default" };

describe("a role", () => {
  type Rule = NonNullable<Role["rules"]>[number];
  const role = (...rules: Partial<Rule>[]): Role => ({ metadata, rules: rules as Rule[] });

  test.each<[string, Role, string[]]>([
    ["as usual", role({ verbs: ["get"], apiGroups: [""], resources: ["pods"] }), []],
    [
      "that allows nothing",
      role({}),
      [
        "rules[0].verbs: Required value: verbs must contain at least one value",
        "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
        "rules[0].resources: Required value: resource rules must supply at least one resource",
      ],
    ],
    [
      "of one namespace about paths",
      role({ verbs: ["get"], nonResourceURLs: ["/metrics"], resources: ["pods"] }),
      [
        'rules[0].nonResourceURLs: Invalid value: ["/metrics"]: namespaced rules cannot apply to non-resource URLs',
        'rules[0].nonResourceURLs: Invalid value: ["/metrics"]: rules cannot apply to both regular resources and non-resource URLs',
      ],
    ],
  ])("%s", (_, given, errors) => {
    expect(created(kinds.ROLES, given)).toEqual(errors);
  });

  test("of the cluster may be about paths, and gathers others by their labels", () => {
    const paths: ClusterRole = {
      metadata: { name: "x" },
      rules: [{ verbs: ["get"], nonResourceURLs: ["/metrics"] }],
    };
    expect(created(kinds.CLUSTER_ROLES, paths)).toEqual([]);
    const gathers = (clusterRoleSelectors: object[]): ClusterRole => ({
      metadata: { name: "x" },
      aggregationRule: { clusterRoleSelectors },
    });
    expect(created(kinds.CLUSTER_ROLES, gathers([{ matchLabels: { a: "b" } }]))).toEqual([]);
    expect(created(kinds.CLUSTER_ROLES, gathers([]))).toEqual([
      "aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil",
    ]);
    const selector = { matchExpressions: [{ key: "a", operator: "Is" }] };
    const at = "aggregationRule.clusterRoleSelectors[0]";
    expect(created(kinds.CLUSTER_ROLES, gathers([selector]))).toEqual([
      `${at}.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator`,
      `${at}: Invalid value: null: invalid label selector.`,
    ]);
  });
});

describe("a binding", () => {
  const GROUP = "rbac.authorization.k8s.io";
  const roleRef = { kind: "Role", name: "r", apiGroup: GROUP };
  type Subject = NonNullable<RoleBinding["subjects"]>[number];
  const binding = (given: Partial<RoleBinding>): RoleBinding => ({ metadata, roleRef, ...given });
  const of = (...subjects: Subject[]) => binding({ subjects });

  test.each<[string, RoleBinding, string[]]>([
    [
      "as usual",
      of({ kind: "User", name: "jane" }, { kind: "ServiceAccount", name: "default" }),
      [],
    ],
    [
      "of no role",
      binding({ roleRef: { kind: "Rule", name: "", apiGroup: "other" } }),
      [
        `roleRef.apiGroup: Unsupported value: "other": supported values: "${GROUP}"`,
        'roleRef.kind: Unsupported value: "Rule": supported values: "Role", "ClusterRole"',
        "roleRef.name: Required value",
      ],
    ],
    [
      "of nobody",
      of(
        { kind: "User", name: "" },
        { kind: "Robot", name: "r" },
        { kind: "ServiceAccount", name: "s", apiGroup: "x" },
      ),
      [
        "subjects[0].name: Required value",
        'subjects[1].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
        'subjects[2].apiGroup: Unsupported value: "x": supported values: ""',
      ],
    ],
  ])("%s", (_, given, errors) => {
    expect(created(kinds.ROLE_BINDINGS, given)).toEqual(errors);
  });

  test("of the cluster says where an account lives, and binds no role of a namespace", () => {
    const given = { ...of({ kind: "ServiceAccount", name: "s" }), metadata: { name: "x" } };
    expect(created(kinds.CLUSTER_ROLE_BINDINGS, given)).toEqual([
      'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
      "subjects[0].namespace: Required value",
    ]);
  });

  test("fills in RBAC's own group, but not for service accounts", () => {
    const object = of({ kind: "Group", name: "g" }, { kind: "ServiceAccount", name: "s" });
    object.roleRef = { kind: "Role", name: "r" } as RoleBinding["roleRef"];
    kinds.ROLE_BINDINGS.setDefaults(object);
    expect(object.roleRef.apiGroup).toBe(GROUP);
    expect(object.subjects?.map(({ apiGroup }) => apiGroup)).toEqual([GROUP, undefined]);
  });

  test("keeps its role", () => {
    const next = binding({ roleRef: { ...roleRef, name: "other" } });
    expect(changed(kinds.ROLE_BINDINGS, binding({}), next)).toEqual([
      `roleRef: Invalid value: {"APIGroup":"${GROUP}","Kind":"Role","Name":"other"}: cannot change roleRef`,
    ]);
  });
});
