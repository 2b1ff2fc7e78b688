import { type FieldError, forbidden, required } from "../field-error.ts";
import type { VolumeAttachment } from "../object.ts";
import { validateAttributesClass, validateVolumeSources } from "./persistent-volume.ts";
import { validateAccessModes } from "./volume-modes.ts";

type Spec = NonNullable<VolumeAttachment["spec"]["source"]["inlineVolumeSpec"]>;

const IN_CONTEXT = "in the context of inline volumes";

/**
 * Errors of a volume that stands in what refers to it, after defaulting: one behind CSI, and
 * nobody's (core/validation `ValidatePersistentVolumeSpec`).
 */
export function validateInlineVolume(spec: Spec, path: string): FieldError[] {
  const { nodeAffinity, ...placeless } = spec;
  const { accessModes = [], persistentVolumeReclaimPolicy: policy, volumeMode } = spec;
  const refuse = (field: string, what: string) =>
    forbidden(`${path}.${field}`, `${what} ${IN_CONTEXT}`);
  const errors: FieldError[] = [];
  const notGiven = (field: string, isGiven: boolean) => {
    if (isGiven) errors.push(refuse(field, "may not be specified"));
  };
  notGiven("claimRef", spec.claimRef !== undefined);
  notGiven("capacity", Object.keys(spec.capacity ?? {}).length > 0);
  if (!spec.csi) errors.push(required(`${path}.csi`, `has to be specified ${IN_CONTEXT}`));
  if (accessModes.length === 0) errors.push(required(`${path}.accessModes`));
  errors.push(...validateAccessModes(accessModes, `${path}.accessModes`));
  if (policy && policy !== "Retain") {
    errors.push(refuse("persistentVolumeReclaimPolicy", "may only be Retain"));
  }
  notGiven("nodeAffinity", nodeAffinity !== undefined);
  errors.push(...validateVolumeSources(placeless, path));
  notGiven("storageClassName", Boolean(spec.storageClassName));
  if (volumeMode !== undefined && volumeMode !== "Filesystem") {
    errors.push(refuse("volumeMode", "may not specify volumeMode other than Filesystem"));
  }
  return [...errors, ...validateAttributesClass(spec, path)];
}
