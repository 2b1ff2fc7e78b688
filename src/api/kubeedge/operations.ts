import type { OwnDefinition } from "./own-definition.ts";
import {
  count,
  free,
  labels,
  listOf,
  object,
  oneOf,
  selector,
  text,
  texts,
  time,
  yesOrNo,
} from "./schema.ts";

/** What all jobs on nodes have. */
const job = {
  timeoutSeconds: count,
  nodeNames: texts,
  labelSelector: selector,
  concurrency: count,
  checkItems: listOf(oneOf("cpu", "mem", "disk")),
  failureTolerate: text,
} as const;

const status = object({
  phase: oneOf("Init", "InProgress", "Completed", "Failure"),
  reason: text,
  nodeStatus: listOf(
    object({
      nodeName: text,
      phase: oneOf("Pending", "InProgress", "Successful", "Failure", "Unknown"),
      reason: text,
      actionFlow: listOf(free),
      pendingTime: time,
    }),
  ),
});

const columns = [
  { name: "Phase", type: "string", jsonPath: ".status.phase" },
  { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
];

const of = (kind: string, plural: string, spec: OwnDefinition["properties"][string]) => ({
  group: "operations.kubeedge.io",
  version: "v1alpha2",
  kind,
  plural,
  namespaced: false,
  properties: { spec, status },
  hasStatus: true,
  columns,
});

/** `operations.kubeedge.io/v1alpha2` */
export const OPERATIONS: readonly OwnDefinition[] = [
  of(
    "NodeUpgradeJob",
    "nodeupgradejobs",
    object({
      ...job,
      version: text,
      image: text,
      imageDigestGatter: free,
      requireConfirmation: yesOrNo,
    }),
  ),
  of(
    "ImagePrePullJob",
    "imageprepulljobs",
    object({
      imagePrePullTemplate: object({
        ...job,
        images: texts,
        imageSecrets: text,
        retryTimes: count,
      }),
    }),
  ),
  of("ConfigUpdateJob", "configupdatejobs", object({ ...job, updateFields: labels })),
];
