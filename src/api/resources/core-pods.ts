import { POD_COLUMNS, podRowConditions } from "../columns/pod.ts";
import { preparePod, setPodDefaults } from "../defaults/pod.ts";
import type * as objects from "../object.ts";
import type { Subresource } from "../resource.ts";
import { validatePod, validatePodCreate } from "../validation/pod.ts";
import { validatePodStatus } from "../validation/pod-status.ts";
import { validatePodUpdate } from "../validation/pod-update.ts";
import { warnOfPod } from "../warnings/workload.ts";
import { proxyOf, row, statusOf } from "./row.ts";

/** A subresource that shows the pod itself, of which it changes a part. */
const ofPod = (name: string): Subresource => ({
  ...statusOf({ kind: "Pod", group: "" }),
  name,
});

/** Asked, not kept: another way to POST to `pods/binding`. */
export const BINDINGS = row<objects.KubeObject>({
  group: "",
  version: "v1",
  kind: "Binding",
  plural: "bindings",
  namespaced: true,
  definition: "io.k8s.api.core.v1.Binding",
  verbs: ["create"],
});

export const PODS = row<objects.Pod>({
  group: "",
  version: "v1",
  kind: "Pod",
  plural: "pods",
  namespaced: true,
  definition: "io.k8s.api.core.v1.Pod",
  statusKeeps: ["ownerReferences"],
  shortNames: ["po"],
  categories: ["all"],
  hasGeneration: true,
  subresources: [
    {
      name: "attach",
      group: "",
      version: "v1",
      kind: "PodAttachOptions",
      verbs: ["create", "get"],
    },
    { name: "binding", group: "", version: "v1", kind: "Binding", verbs: ["create"] },
    ofPod("ephemeralcontainers"),
    {
      name: "eviction",
      group: "policy",
      version: "v1",
      kind: "Eviction",
      verbs: ["create"],
      olderVersions: ["v1beta1"],
    },
    { name: "exec", group: "", version: "v1", kind: "PodExecOptions", verbs: ["create", "get"] },
    { name: "log", group: "", version: "v1", kind: "Pod", verbs: ["get"] },
    {
      name: "portforward",
      group: "",
      version: "v1",
      kind: "PodPortForwardOptions",
      verbs: ["create", "get"],
    },
    proxyOf("Pod"),
    ofPod("resize"),
    statusOf({ kind: "Pod", group: "" }),
  ],
  columns: POD_COLUMNS,
  rowConditions: podRowConditions,
  fields: {
    "spec.nodeName": ({ spec }) => spec?.nodeName ?? "",
    "spec.restartPolicy": ({ spec }) => spec?.restartPolicy ?? "",
    "spec.schedulerName": ({ spec }) => spec?.schedulerName ?? "",
    "spec.serviceAccountName": ({ spec }) => spec?.serviceAccountName ?? "",
    "spec.hostNetwork": ({ spec }) => String(spec?.hostNetwork ?? false),
    "status.phase": ({ status }) => status?.phase ?? "",
    "status.podIP": ({ status }) => status?.podIP ?? "",
    "status.podIPs": ({ status }) => status?.podIPs?.[0]?.ip ?? status?.podIP ?? "",
    "status.nominatedNodeName": ({ status }) => status?.nominatedNodeName ?? "",
  },
  setDefaults: setPodDefaults,
  prepareForCreate: preparePod,
  validate: validatePod,
  validateCreate: validatePodCreate,
  validateUpdate: validatePodUpdate,
  validateStatus: validatePodStatus,
  warnings: warnOfPod,
});
