import type * as objects from "../object.ts";
import { row } from "./row.ts";

export const ROLES = row<objects.Role>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "Role",
  plural: "roles",
  namespaced: true,
  definition: "io.k8s.api.rbac.v1.Role",
  nameFormat: "pathSegment",
});

export const CLUSTER_ROLES = row<objects.ClusterRole>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRole",
  plural: "clusterroles",
  namespaced: false,
  definition: "io.k8s.api.rbac.v1.ClusterRole",
  nameFormat: "pathSegment",
});

export const ROLE_BINDINGS = row<objects.RoleBinding>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "RoleBinding",
  plural: "rolebindings",
  namespaced: true,
  definition: "io.k8s.api.rbac.v1.RoleBinding",
  nameFormat: "pathSegment",
});

export const CLUSTER_ROLE_BINDINGS = row<objects.ClusterRoleBinding>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRoleBinding",
  plural: "clusterrolebindings",
  namespaced: false,
  definition: "io.k8s.api.rbac.v1.ClusterRoleBinding",
  nameFormat: "pathSegment",
});
