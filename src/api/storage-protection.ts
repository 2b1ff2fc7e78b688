/**
 * The finalizers that keep a claim while a pod uses it, a volume while it is bound, and a
 * VolumeAttributesClass while a claim or a volume names it.
 */
export const PVC_PROTECTION = "kubernetes.io/pvc-protection";
export const PV_PROTECTION = "kubernetes.io/pv-protection";
export const VAC_PROTECTION = "kubernetes.io/vac-protection";
