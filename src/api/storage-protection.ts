/** The finalizers that keep a claim while a pod uses it, and a volume while it is bound. */
export const PVC_PROTECTION = "kubernetes.io/pvc-protection";
export const PV_PROTECTION = "kubernetes.io/pv-protection";
