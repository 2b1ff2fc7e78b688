import { PERSISTENT_VOLUME_CLAIM_COLUMNS, PERSISTENT_VOLUME_COLUMNS } from "../columns/volume.ts";
import {
  prepareClaim,
  prepareDataSource,
  setClaimDefaults,
  setVolumeObjectDefaults,
} from "../defaults/volume-claim.ts";
import { NEW_THEN_CHANGED, NEW_TWICE } from "../looks.ts";
import type * as objects from "../object.ts";
import {
  validatePersistentVolume,
  validatePersistentVolumeUpdate,
} from "../validation/persistent-volume.ts";
import {
  validateClaim,
  validateClaimStatus,
  validateClaimUpdate,
} from "../validation/volume-claim.ts";
import { warnOfClaim, warnOfVolume } from "../warnings/storage.ts";
import { row, statusOf } from "./row.ts";

export const PERSISTENT_VOLUMES = row<objects.PersistentVolume>({
  group: "",
  version: "v1",
  kind: "PersistentVolume",
  plural: "persistentvolumes",
  namespaced: false,
  definition: "io.k8s.api.core.v1.PersistentVolume",
  changeLooks: NEW_TWICE,
  shortNames: ["pv"],
  subresources: [statusOf({ kind: "PersistentVolume", group: "" })],
  columns: PERSISTENT_VOLUME_COLUMNS,
  setDefaults: setVolumeObjectDefaults,
  setStatusDefaults: setVolumeObjectDefaults,
  validate: validatePersistentVolume,
  validateUpdate: validatePersistentVolumeUpdate,
  warnings: warnOfVolume,
});

export const PERSISTENT_VOLUME_CLAIMS = row<objects.PersistentVolumeClaim>({
  group: "",
  version: "v1",
  kind: "PersistentVolumeClaim",
  plural: "persistentvolumeclaims",
  namespaced: true,
  definition: "io.k8s.api.core.v1.PersistentVolumeClaim",
  changeLooks: NEW_THEN_CHANGED,
  shortNames: ["pvc"],
  subresources: [statusOf({ kind: "PersistentVolumeClaim", group: "" })],
  columns: PERSISTENT_VOLUME_CLAIM_COLUMNS,
  setDefaults: setClaimDefaults,
  setStatusDefaults: setClaimDefaults,
  prepareForCreate: prepareClaim,
  prepareForUpdate: prepareDataSource,
  validate: validateClaim,
  validateUpdate: validateClaimUpdate,
  validateStatus: validateClaimStatus,
  warnings: warnOfClaim,
});
