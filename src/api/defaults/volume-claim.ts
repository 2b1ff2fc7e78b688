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

/**
 * Fills the old and the new field for the source of a claim's data from one another. What Kubernetes
 * takes for no source it drops first, as if nothing had been said.
 */
export function prepareDataSource(
  { spec }: PersistentVolumeClaim,
  current?: PersistentVolumeClaim,
): void {
  if (spec === undefined) return;
  dropSources(spec, current?.spec);
  const { dataSource, dataSourceRef } = spec;
  if (dataSource && dataSourceRef === undefined) spec.dataSourceRef = { ...dataSource };
  else if (dataSourceRef && dataSource === undefined && !dataSourceRef.namespace) {
    const { namespace: _, ...source } = dataSourceRef;
    spec.dataSource = source;
  }
}

/**
 * A source of another namespace is for clusters with `CrossNamespaceVolumeDataSource`; the old field
 * alone never could say anything but a claim or a snapshot (KEP 1495).
 */
function dropSources(spec: ClaimSpec, before: ClaimSpec = {}): void {
  if (spec.dataSourceRef?.namespace && before.dataSourceRef === undefined)
    delete spec.dataSourceRef;
  if (before.dataSource ?? before.dataSourceRef ?? spec.dataSourceRef) return;
  const { kind, apiGroup = "" } = spec.dataSource ?? {};
  const isKnown =
    apiGroup === ""
      ? kind === "PersistentVolumeClaim"
      : kind === "VolumeSnapshot" && apiGroup === "snapshot.storage.k8s.io";
  if (!isKnown) delete spec.dataSource;
}
