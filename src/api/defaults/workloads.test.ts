import { expect, test } from "bun:test";
import type { KubeObject } from "../object.ts";
import type { Resource } from "../resource.ts";
import { DAEMON_SETS, STATEFUL_SETS } from "../resources/apps.ts";
import { HORIZONTAL_POD_AUTOSCALERS } from "../resources/autoscaling.ts";
import { CRON_JOBS, JOBS } from "../resources/batch.ts";
import { LIMIT_RANGES, RESOURCE_QUOTAS } from "../resources/core-limits.ts";
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES } from "../resources/core-storage.ts";
import { REPLICATION_CONTROLLERS } from "../resources/core-workloads.ts";

const podSpec = { containers: [{ name: "c", image: "busybox:1" }] };
const podDefaults = {
  containers: [
    {
      name: "c",
      image: "busybox:1",
      imagePullPolicy: "IfNotPresent",
      resources: {},
      terminationMessagePath: "/dev/termination-log",
      terminationMessagePolicy: "File",
    },
  ],
  restartPolicy: "Always",
  dnsPolicy: "ClusterFirst",
  schedulerName: "default-scheduler",
  terminationGracePeriodSeconds: 30,
  securityContext: {},
};
const labels = { app: "web" };
const template = { metadata: { labels }, spec: podSpec };
const selector = { matchLabels: labels };
const filled = { metadata: { labels }, spec: podDefaults };

const scaleDown = {
  selectPolicy: "Max",
  policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
};

type Case = readonly [what: string, kind: Resource, given: object, stored: object];
const cases: readonly Case[] = [
  [
    "a StatefulSet",
    STATEFUL_SETS,
    {
      selector,
      template,
      serviceName: "s",
      volumeClaimTemplates: [
        { metadata: { name: "v" }, spec: { resources: { requests: { storage: "1024Mi" } } } },
      ],
    },
    {
      selector,
      template: filled,
      serviceName: "s",
      replicas: 1,
      revisionHistoryLimit: 10,
      podManagementPolicy: "OrderedReady",
      updateStrategy: {
        type: "RollingUpdate",
        rollingUpdate: { partition: 0 },
      },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
      volumeClaimTemplates: [
        {
          apiVersion: "v1",
          kind: "PersistentVolumeClaim",
          metadata: { name: "v" },
          spec: { volumeMode: "Filesystem", resources: { requests: { storage: "1Gi" } } },
          status: { phase: "Pending" },
        },
      ],
    },
  ],
  [
    "a DaemonSet",
    DAEMON_SETS,
    { selector, template },
    {
      selector,
      template: filled,
      revisionHistoryLimit: 10,
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
    },
  ],
  [
    "a ReplicationController, which selects what it makes",
    REPLICATION_CONTROLLERS,
    { template },
    { template: filled, replicas: 1, selector: labels },
  ],
  [
    "a Job",
    JOBS,
    { template },
    {
      template: filled,
      completions: 1,
      parallelism: 1,
      backoffLimit: 6,
      completionMode: "NonIndexed",
      manualSelector: false,
      suspend: false,
      podReplacementPolicy: "TerminatingOrFailed",
    },
  ],
  [
    "a Job of indexes and policies",
    JOBS,
    {
      template,
      parallelism: 2,
      backoffLimitPerIndex: 1,
      podFailurePolicy: {
        rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget" }] }],
      },
    },
    {
      template: filled,
      parallelism: 2,
      backoffLimit: 2_147_483_647,
      backoffLimitPerIndex: 1,
      completionMode: "NonIndexed",
      manualSelector: false,
      suspend: false,
      podReplacementPolicy: "Failed",
      podFailurePolicy: {
        rules: [
          { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
        ],
      },
    },
  ],
  [
    "a CronJob, whose Jobs have theirs yet to come",
    CRON_JOBS,
    { schedule: "* * * * *", jobTemplate: { spec: { template } } },
    {
      schedule: "* * * * *",
      concurrencyPolicy: "Allow",
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
      jobTemplate: { spec: { template: filled } },
    },
  ],
  [
    "a volume",
    PERSISTENT_VOLUMES,
    { capacity: { storage: "1024Mi" }, hostPath: { path: "/v" } },
    {
      capacity: { storage: "1Gi" },
      hostPath: { path: "/v", type: "" },
      persistentVolumeReclaimPolicy: "Retain",
      volumeMode: "Filesystem",
    },
  ],
  ["a claim", PERSISTENT_VOLUME_CLAIMS, {}, { volumeMode: "Filesystem" }],
  [
    "limits of containers",
    LIMIT_RANGES,
    {
      limits: [
        { type: "Container", max: { cpu: "1000m" }, min: { memory: "1024Ki" } },
        { type: "Pod", max: { cpu: "2" } },
      ],
    },
    {
      limits: [
        {
          type: "Container",
          max: { cpu: "1" },
          min: { memory: "1Mi" },
          default: { cpu: "1" },
          defaultRequest: { memory: "1Mi", cpu: "1" },
        },
        { type: "Pod", max: { cpu: "2" } },
      ],
    },
  ],
  ["a quota", RESOURCE_QUOTAS, { hard: { cpu: "1000m" } }, { hard: { cpu: "1" } }],
  [
    "an autoscaler",
    HORIZONTAL_POD_AUTOSCALERS,
    { maxReplicas: 3, behavior: { scaleUp: { selectPolicy: "Min" } } },
    {
      maxReplicas: 3,
      minReplicas: 1,
      metrics: [
        {
          type: "Resource",
          resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } },
        },
      ],
      behavior: {
        scaleUp: {
          stabilizationWindowSeconds: 0,
          selectPolicy: "Min",
          policies: [
            { type: "Pods", value: 4, periodSeconds: 15 },
            { type: "Percent", value: 100, periodSeconds: 15 },
          ],
        },
        scaleDown,
      },
    },
  ],
];

test.each([...cases])("%s has its defaults", (_, ...[kind, spec, stored]) => {
  const object: KubeObject & { spec: object } = { metadata: { name: "x" }, spec };
  const copy = structuredClone(object);
  kind.setDefaults(copy);
  expect(copy.spec).toEqual(stored);
  const again = structuredClone(copy);
  kind.setDefaults(again);
  expect(again).toEqual(copy);
});
