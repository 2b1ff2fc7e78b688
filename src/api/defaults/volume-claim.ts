import type { PersistentVolume, PersistentVolumeClaim } from "../object.ts";
import { setNetworkVolumeDefaults } from "./network-volume.ts";
import { canonicalizeAmounts, canonicalizeResources } from "./quantities.ts";

type ClaimSpec = NonNullable<PersistentVolumeClaim["spec"]>;

export function setVolumeObjectDefaults(volume: PersistentVolume): void {
  volume.status ??= {};
  volume.status.phase ||= "Pending";
  volume.spec ??= {};
  const { spec } = volume;
  spec.persistentVolumeReclaimPolicy ||= "Retain";
  spec.volumeMode ??= "Filesystem";
  canonicalizeAmounts(spec.capacity);
  if (spec.hostPath) spec.hostPath.type ??= "";
  setNetworkVolumeDefaults(spec);
}

/** Fills in what Kubernetes does in a claim, also in one that a StatefulSet makes. */
export function setClaimDefaults(claim: PersistentVolumeClaim): void {
  claim.status ??= {};
  claim.status.phase ||= "Pending";
  canonicalizeAmounts(claim.status.capacity);
  canonicalizeAmounts(claim.status.allocatedResources);
  claim.spec ??= {};
  setClaimSpecDefaults(claim.spec);
}

/** The same for what a claim asks for. */
export function setClaimSpecDefaults(spec: ClaimSpec): void {
  spec.volumeMode ??= "Filesystem";
  canonicalizeResources(spec.resources);
}

/** The status of a new claim; where its data comes from is said in both fields that say it. */
export function prepareClaim(claim: PersistentVolumeClaim): void {
  claim.status = { phase: "Pending" };
  prepareDataSource(claim);
}

/** Fills the old and the new field for the source of a claim's data from one another. */
export function prepareDataSource({ spec }: PersistentVolumeClaim): void {
  if (spec === undefined) return;
  const { dataSource, dataSourceRef } = spec;
  if (dataSource && dataSourceRef === undefined) spec.dataSourceRef = { ...dataSource };
  else if (dataSourceRef && dataSource === undefined && !dataSourceRef.namespace) {
    const { namespace: _, ...source } = dataSourceRef;
    spec.dataSource = source;
  }
}
