import { deepFreeze, type Pod, type PodSpec, type PodTemplateSpec } from "../object.ts";
import { allContainers, qosClass } from "../pod.ts";
import type { Toleration } from "../tolerations.ts";
import { setContainerDefaults, setRequestsFromLimits } from "./container.ts";
import { dropDisabled } from "./disabled.ts";
import { mergeLabelKeys } from "./label-keys.ts";
import { setPodResourcesDefaults } from "./pod-resources.ts";
import { canonicalizeAmounts, canonicalizeResources } from "./quantities.ts";
import { setVolumeDefaults } from "./volume.ts";

const GRACE_PERIOD_SECONDS = 30;

/** Fills in what Kubernetes does in a pod. What its admission plugins add is not here. */
export function setPodDefaults(pod: Pod): void {
  pod.spec ??= { containers: [] };
  const { spec } = pod;
  setPodSpecDefaults(spec);
  spec.enableServiceLinks ??= true;
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) spec.terminationGracePeriodSeconds = 1;
  for (const container of allContainers(spec)) {
    setRequestsFromLimits(container);
    for (const port of spec.hostNetwork ? (container.ports ?? []) : []) {
      port.hostPort ||= port.containerPort;
    }
  }
  setPodResourcesDefaults(spec);
}

/** Fills in what Kubernetes does in the template of a workload: less than in a pod. */
export function setTemplateDefaults(template: PodTemplateSpec): void {
  template.spec ??= { containers: [] };
  setPodSpecDefaults(template.spec);
}

function setPodSpecDefaults(spec: PodSpec): void {
  spec.restartPolicy ||= "Always";
  spec.dnsPolicy ||= "ClusterFirst";
  spec.schedulerName ||= "default-scheduler";
  spec.terminationGracePeriodSeconds ??= GRACE_PERIOD_SECONDS;
  spec.securityContext ??= {};
  const account = spec.serviceAccountName || spec.serviceAccount;
  if (account) Object.assign(spec, { serviceAccountName: account, serviceAccount: account });
  for (const container of allContainers(spec)) setContainerDefaults(container);
  for (const container of spec.ephemeralContainers ?? []) setContainerDefaults(container);
  for (const volume of spec.volumes ?? []) setVolumeDefaults(volume);
  canonicalizeAmounts(spec.overhead);
  canonicalizeResources(spec.resources);
  dropDisabled(spec);
}

/** What a pod has from the start: a status that nobody has seen yet, selectors by its own labels. */
export function preparePod(pod: Pod): void {
  pod.status = { phase: "Pending", qosClass: qosClass(pod) };
  if (pod.spec) mergeLabelKeys(pod.spec, pod.metadata?.labels);
}

/** Most pods have these: they share them. */
const DEFAULT_TOLERATIONS: readonly Toleration[] = ["not-ready", "unreachable"].map((taint) =>
  deepFreeze({
    key: `node.kubernetes.io/${taint}`,
    operator: "Exists",
    effect: "NoExecute",
    tolerationSeconds: 300,
  }),
);

/**
 * Admission plugin DefaultTolerationSeconds, in place: a pod stays on a node that is not ready or
 * out of reach for 300 seconds, unless it says otherwise.
 */
export function addDefaultTolerations({ spec }: Pod): void {
  if (spec === undefined) return;
  const given = spec.tolerations ?? [];
  const missing = DEFAULT_TOLERATIONS.filter(
    ({ key: taint }) =>
      !given.some(
        ({ key = "", effect = "" }) =>
          (key === taint || key === "") && (effect === "NoExecute" || effect === ""),
      ),
  );
  if (missing.length > 0) spec.tolerations = [...given, ...missing];
}

/** Admission plugin ServiceAccount, its first half, in place: pods run as `default`. */
export function setDefaultServiceAccount({ spec }: Pod): void {
  if (spec === undefined) return;
  const account = spec.serviceAccountName || spec.serviceAccount || "default";
  Object.assign(spec, { serviceAccountName: account, serviceAccount: account });
}
