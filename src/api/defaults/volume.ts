import type { Volume } from "../object.ts";
import { canonicalQuantity } from "../quantity.ts";
import { pullPolicyOf, setFieldSourceDefaults } from "./container.ts";
import { setNetworkVolumeDefaults } from "./network-volume.ts";
import { setClaimSpecDefaults } from "./volume-claim.ts";

const FILE_MODE = 0o644;
const TOKEN_LIFETIME_SECONDS = 3600;

type ProjectedSources = NonNullable<NonNullable<Volume["projected"]>["sources"]>;

/** Fills in what Kubernetes does in the volumes of pods; one without a source is an emptyDir. */
export function setVolumeDefaults(volume: Volume): void {
  const { name: _, ...sources } = volume;
  if (Object.values(sources).every((source) => source === undefined)) volume.emptyDir = {};
  const { emptyDir, hostPath, secret, configMap, downwardAPI, projected, ephemeral, image } =
    volume;
  if (emptyDir?.sizeLimit !== undefined) {
    emptyDir.sizeLimit = canonicalQuantity(emptyDir.sizeLimit);
  }
  if (hostPath) hostPath.type ??= "";
  for (const files of [secret, configMap, downwardAPI, projected]) {
    if (files) files.defaultMode ??= FILE_MODE;
  }
  for (const item of downwardAPI?.items ?? []) setFieldSourceDefaults(item);
  setProjectedDefaults(projected?.sources ?? []);
  const claim = ephemeral?.volumeClaimTemplate?.spec;
  if (claim) setClaimSpecDefaults(claim);
  if (image) image.pullPolicy ||= pullPolicyOf(image.reference ?? "");
  setNetworkVolumeDefaults(volume);
}

function setProjectedDefaults(sources: ProjectedSources): void {
  for (const { serviceAccountToken, downwardAPI } of sources) {
    if (serviceAccountToken) serviceAccountToken.expirationSeconds ??= TOKEN_LIFETIME_SECONDS;
    for (const item of downwardAPI?.items ?? []) setFieldSourceDefaults(item);
  }
}
