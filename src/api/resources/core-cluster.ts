import { NAMESPACE_COLUMNS } from "../columns/core.ts";
import { NODE_COLUMNS } from "../columns/node.ts";
import {
  prepareNamespace,
  prepareNode,
  setNamespaceDefaults,
  setNamespaceStatusDefaults,
  setNodeDefaults,
} from "../defaults/core.ts";
import { NEW_THEN_CHANGED } from "../looks.ts";
import type * as objects from "../object.ts";
import {
  validateNamespace,
  validateNamespaceStatus,
  validateNode,
  validateNodeUpdate,
} from "../validation/cluster.ts";
import { warnOfNode } from "../warnings/node.ts";
import { proxyOf, row, statusOf } from "./row.ts";

export const NAMESPACES = row<objects.Namespace>({
  group: "",
  version: "v1",
  kind: "Namespace",
  plural: "namespaces",
  namespaced: false,
  definition: "io.k8s.api.core.v1.Namespace",
  changeLooks: NEW_THEN_CHANGED,
  nameFormat: "dns1123Label",
  shortNames: ["ns"],
  verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  subresources: [
    { name: "finalize", group: "", version: "v1", kind: "Namespace", verbs: ["update"] },
    statusOf({ kind: "Namespace", group: "" }),
  ],
  columns: NAMESPACE_COLUMNS,
  fields: { "status.phase": ({ status }) => status?.phase ?? "" },
  setDefaults: setNamespaceDefaults,
  setStatusDefaults: setNamespaceStatusDefaults,
  prepareForCreate: prepareNamespace,
  validate: validateNamespace,
  validateStatus: validateNamespaceStatus,
});

export const NODES = row<objects.Node>({
  group: "",
  version: "v1",
  kind: "Node",
  plural: "nodes",
  namespaced: false,
  definition: "io.k8s.api.core.v1.Node",
  changeLooks: NEW_THEN_CHANGED,
  shortNames: ["no"],
  subresources: [proxyOf("Node"), statusOf({ kind: "Node", group: "" })],
  columns: NODE_COLUMNS,
  fields: { "spec.unschedulable": ({ spec }) => String(spec?.unschedulable ?? false) },
  setDefaults: setNodeDefaults,
  setStatusDefaults: setNodeDefaults,
  prepareForCreate: prepareNode,
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  warnings: warnOfNode,
  validateStatus: validateNodeUpdate,
});
