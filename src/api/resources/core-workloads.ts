import type * as objects from "../object.ts";
import { row, SCALE, statusOf } from "./row.ts";

export const REPLICATION_CONTROLLERS = row<objects.ReplicationController>({
  group: "",
  version: "v1",
  kind: "ReplicationController",
  plural: "replicationcontrollers",
  namespaced: true,
  definition: "io.k8s.api.core.v1.ReplicationController",
  shortNames: ["rc"],
  categories: ["all"],
  hasGeneration: true,
  subresources: [SCALE, statusOf({ kind: "ReplicationController", group: "" })],
});

export const POD_TEMPLATES = row<objects.PodTemplate>({
  group: "",
  version: "v1",
  kind: "PodTemplate",
  plural: "podtemplates",
  namespaced: true,
  definition: "io.k8s.api.core.v1.PodTemplate",
  hasGeneration: true,
});
