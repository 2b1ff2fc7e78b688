import type * as objects from "../object.ts";
import { row, statusOf } from "./row.ts";

export const PERSISTENT_VOLUMES = row<objects.PersistentVolume>({
  group: "",
  version: "v1",
  kind: "PersistentVolume",
  plural: "persistentvolumes",
  namespaced: false,
  definition: "io.k8s.api.core.v1.PersistentVolume",
  shortNames: ["pv"],
  subresources: [statusOf({ kind: "PersistentVolume", group: "" })],
});

export const PERSISTENT_VOLUME_CLAIMS = row<objects.PersistentVolumeClaim>({
  group: "",
  version: "v1",
  kind: "PersistentVolumeClaim",
  plural: "persistentvolumeclaims",
  namespaced: true,
  definition: "io.k8s.api.core.v1.PersistentVolumeClaim",
  shortNames: ["pvc"],
  subresources: [statusOf({ kind: "PersistentVolumeClaim", group: "" })],
});
