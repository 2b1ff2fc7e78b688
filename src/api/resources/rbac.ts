import { CREATED_AT } from "../columns/column.ts";
import { CLUSTER_ROLE_BINDING_COLUMNS, ROLE_BINDING_COLUMNS } from "../columns/rbac.ts";
import { setBindingDefaults } from "../defaults/rbac.ts";
import { NEW_TWICE_THEN_CHANGED } from "../looks.ts";
import type * as objects from "../object.ts";
import {
  validateBindingUpdate,
  validateClusterRole,
  validateClusterRoleBinding,
  validateRole,
  validateRoleBinding,
} from "../validation/rbac.ts";
import { row } from "./row.ts";

export const ROLES = row<objects.Role>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "Role",
  plural: "roles",
  namespaced: true,
  definition: "io.k8s.api.rbac.v1.Role",
  changeLooks: NEW_TWICE_THEN_CHANGED,
  createsOnUpdate: true,
  nameFormat: "pathSegment",
  columns: [CREATED_AT],
  validate: validateRole,
});

export const CLUSTER_ROLES = row<objects.ClusterRole>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRole",
  plural: "clusterroles",
  namespaced: false,
  definition: "io.k8s.api.rbac.v1.ClusterRole",
  changeLooks: NEW_TWICE_THEN_CHANGED,
  createsOnUpdate: true,
  nameFormat: "pathSegment",
  columns: [CREATED_AT],
  validate: validateClusterRole,
});

export const ROLE_BINDINGS = row<objects.RoleBinding>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "RoleBinding",
  plural: "rolebindings",
  namespaced: true,
  definition: "io.k8s.api.rbac.v1.RoleBinding",
  changeLooks: NEW_TWICE_THEN_CHANGED,
  createsOnUpdate: true,
  nameFormat: "pathSegment",
  columns: ROLE_BINDING_COLUMNS,
  setDefaults: setBindingDefaults,
  validate: validateRoleBinding,
  validateUpdate: validateBindingUpdate,
});

export const CLUSTER_ROLE_BINDINGS = row<objects.ClusterRoleBinding>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRoleBinding",
  plural: "clusterrolebindings",
  namespaced: false,
  definition: "io.k8s.api.rbac.v1.ClusterRoleBinding",
  changeLooks: NEW_TWICE_THEN_CHANGED,
  createsOnUpdate: true,
  nameFormat: "pathSegment",
  columns: CLUSTER_ROLE_BINDING_COLUMNS,
  setDefaults: setBindingDefaults,
  validate: validateClusterRoleBinding,
  validateUpdate: validateBindingUpdate,
});
