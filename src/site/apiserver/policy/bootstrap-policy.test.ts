import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import type { KubeObject } from "#api/object.ts";
import golden from "./bootstrap-policy.golden.json" with { type: "json" };
import { bootstrapPolicy } from "./bootstrap-policy.ts";

/** What edgesite has beside Kubernetes. */
const OWN = /system:(edgecontroller|controller:taint-eviction-controller)$/;

/** One line per object: kind, name, and a digest of all that it says, whatever the order of its rules and lists. */
function lineOf(kind: string, object: KubeObject): string {
  const { apiVersion: _, kind: __, ...said } = { apiVersion: "", kind: "", ...object };
  const digest = createHash("sha256").update(canonical(said)).digest("hex").slice(0, 12);
  const { namespace = "", name = "" } = object.metadata ?? {};
  return `${kind} ${namespace}/${name} ${digest}`;
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, one]) => one !== undefined && one !== null);
  return `{${entries
    .map(([key, one]) => `${key}:${canonical(one)}`)
    .sort()
    .join()}}`;
}

test("roles and bindings are those of Kubernetes 1.36.4, rule by rule", () => {
  const { clusterRoles, clusterRoleBindings, roles, roleBindings } = bootstrapPolicy();
  const lines = [
    ...clusterRoles.map((one) => lineOf("ClusterRole", one)),
    ...clusterRoleBindings.map((one) => lineOf("ClusterRoleBinding", one)),
    ...roles.map((one) => lineOf("Role", one)),
    ...roleBindings.map((one) => lineOf("RoleBinding", one)),
  ];
  expect(lines.filter((line) => !OWN.test(line.split(" ")[1] ?? "")).sort()).toEqual(golden);
});
