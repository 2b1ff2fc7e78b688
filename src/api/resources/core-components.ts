import { COMPONENT_STATUS_COLUMNS } from "../columns/component.ts";
import type * as objects from "../object.ts";
import { row } from "./row.ts";

/** They are looked at, not kept. */
export const COMPONENT_STATUSES = row<objects.ComponentStatus>({
  group: "",
  version: "v1",
  kind: "ComponentStatus",
  plural: "componentstatuses",
  namespaced: false,
  definition: "io.k8s.api.core.v1.ComponentStatus",
  shortNames: ["cs"],
  verbs: ["get", "list"],
  columns: COMPONENT_STATUS_COLUMNS,
  deprecationWarning: "v1 ComponentStatus is deprecated in v1.19+",
});
