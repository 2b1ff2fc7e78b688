import { expect, test } from "bun:test";
import type { KubeObject } from "../object.ts";
import type { Resource } from "../resource.ts";
import { CONTROLLER_REVISIONS, DAEMON_SETS, STATEFUL_SETS } from "../resources/apps.ts";
import { HORIZONTAL_POD_AUTOSCALERS } from "../resources/autoscaling.ts";
import { CRON_JOBS, JOBS } from "../resources/batch.ts";
import { RESOURCE_QUOTAS } from "../resources/core-limits.ts";
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES } from "../resources/core-storage.ts";
import { POD_TEMPLATES, REPLICATION_CONTROLLERS } from "../resources/core-workloads.ts";
import { POD_DISRUPTION_BUDGETS } from "../resources/policy.ts";
import { tableOf } from "../table.ts";

const now = new Date("2024-01-01T01:00:00Z");
const creationTimestamp = "2024-01-01T00:00:00Z";
const AGE = "60m";

const selector = { matchLabels: { app: "web" } };
const spec = {
  containers: [
    { name: "a", image: "x:1" },
    { name: "b", image: "y:2" },
  ],
};
const template = { metadata: { labels: { app: "web" } }, spec };
const target = (type: string, given: object) => ({ target: { type, ...given } });

const cases: readonly (readonly [
  what: string,
  kind: Resource,
  given: object,
  cells: (string | number)[],
])[] = [
  [
    "a StatefulSet",
    STATEFUL_SETS,
    { spec: { replicas: 3, template }, status: { readyReplicas: 2 } },
    ["x", "2/3", AGE, "a,b", "x:1,y:2"],
  ],
  [
    "a DaemonSet",
    DAEMON_SETS,
    {
      spec: {
        selector,
        template: { spec: { ...spec, nodeSelector: { disk: "ssd", arch: "arm" } } },
      },
      status: {
        desiredNumberScheduled: 5,
        currentNumberScheduled: 4,
        numberReady: 3,
        updatedNumberScheduled: 2,
        numberAvailable: 1,
      },
    },
    ["x", 5, 4, 3, 2, 1, "arch=arm,disk=ssd", AGE, "a,b", "x:1,y:2", "app=web"],
  ],
  [
    "a DaemonSet of nothing",
    DAEMON_SETS,
    {},
    ["x", 0, 0, 0, 0, 0, "<none>", AGE, "", "", "<none>"],
  ],
  [
    "a revision of somebody",
    CONTROLLER_REVISIONS,
    {
      revision: 7,
      metadata: {
        ownerReferences: [
          { apiVersion: "apps/v1", kind: "StatefulSet", name: "db", uid: "u", controller: true },
        ],
      },
    },
    ["x", "statefulset.apps/db", 7, AGE],
  ],
  ["a revision of nobody", CONTROLLER_REVISIONS, { revision: 7 }, ["x", "<none>", 7, AGE]],
  [
    "a CronJob that ran",
    CRON_JOBS,
    {
      spec: {
        schedule: "@daily",
        timeZone: "Europe/Berlin",
        suspend: true,
        jobTemplate: { spec: { template, selector } },
      },
      status: { active: [{}], lastScheduleTime: "2024-01-01T00:30:00Z" },
    },
    ["x", "@daily", "Europe/Berlin", "True", 1, "30m", AGE, "a,b", "x:1,y:2", "app=web"],
  ],
  [
    "a CronJob that did not yet run",
    CRON_JOBS,
    { spec: { schedule: "* * * * *", suspend: false, jobTemplate: { spec: { template } } } },
    ["x", "* * * * *", "<none>", "False", 0, "<none>", AGE, "a,b", "x:1,y:2", "<none>"],
  ],
  [
    "a Job that is done",
    JOBS,
    {
      spec: { completions: 2, template, selector },
      status: {
        succeeded: 2,
        startTime: creationTimestamp,
        completionTime: "2024-01-01T00:00:30Z",
        conditions: [{ type: "Complete", status: "True" }],
      },
    },
    ["x", "Complete", "2/2", "30s", AGE, "a,b", "x:1,y:2", "app=web"],
  ],
  [
    "a Job of a queue that is suspended",
    JOBS,
    {
      spec: { parallelism: 3, template },
      status: { conditions: [{ type: "Suspended", status: "True" }] },
    },
    ["x", "Suspended", "0/1 of 3", "", AGE, "a,b", "x:1,y:2", "<none>"],
  ],
  [
    "a ReplicationController",
    REPLICATION_CONTROLLERS,
    {
      spec: { replicas: 3, selector: { app: "web" }, template },
      status: { replicas: 2, readyReplicas: 1 },
    },
    ["x", 3, 2, 1, AGE, "a,b", "x:1,y:2", "app=web"],
  ],
  ["a PodTemplate", POD_TEMPLATES, { template }, ["x", "a,b", "x:1,y:2", "app=web"]],
  [
    "a volume that is bound",
    PERSISTENT_VOLUMES,
    {
      spec: {
        capacity: { storage: "1024Mi" },
        accessModes: ["ReadWriteMany", "ReadWriteOnce"],
        persistentVolumeReclaimPolicy: "Retain",
        storageClassName: "fast",
        claimRef: { namespace: "n", name: "c" },
        volumeMode: "Block",
      },
      status: { phase: "Bound", reason: "why" },
    },
    ["x", "1Gi", "RWO,RWX", "Retain", "Bound", "n/c", "fast", "<unset>", "why", AGE, "Block"],
  ],
  [
    "a volume that goes",
    PERSISTENT_VOLUMES,
    { metadata: { deletionTimestamp: creationTimestamp }, spec: {} },
    ["x", "0", "", "", "Terminating", "", "", "<unset>", "", AGE, "<unset>"],
  ],
  [
    "a claim that is bound",
    PERSISTENT_VOLUME_CLAIMS,
    {
      spec: { volumeName: "v", storageClassName: "fast", volumeMode: "Filesystem" },
      status: { phase: "Bound", capacity: { storage: "5Gi" }, accessModes: ["ReadOnlyMany"] },
    },
    ["x", "Bound", "v", "5Gi", "ROX", "fast", "<unset>", AGE, "Filesystem"],
  ],
  [
    "a claim without a volume",
    PERSISTENT_VOLUME_CLAIMS,
    {
      spec: { accessModes: ["ReadWriteOnce"], volumeAttributesClassName: "gold" },
      status: { phase: "Pending" },
    },
    ["x", "Pending", "", "", "", "", "gold", AGE, "<unset>"],
  ],
  [
    "a quota",
    RESOURCE_QUOTAS,
    {
      status: {
        hard: { pods: "10", "limits.cpu": "4", "requests.cpu": "2" },
        used: { pods: "3", "limits.cpu": "1" },
      },
    },
    ["x", "pods: 3/10, requests.cpu: 0/2", "limits.cpu: 1/4", AGE],
  ],
  [
    "a budget",
    POD_DISRUPTION_BUDGETS,
    { spec: { minAvailable: "50%" }, status: { disruptionsAllowed: 2 } },
    ["x", "50%", "N/A", 2, AGE],
  ],
  [
    "an autoscaler of three metrics",
    HORIZONTAL_POD_AUTOSCALERS,
    {
      spec: {
        scaleTargetRef: { kind: "Deployment", name: "web" },
        minReplicas: 2,
        maxReplicas: 5,
        metrics: [
          {
            type: "Resource",
            resource: { name: "cpu", ...target("Utilization", { averageUtilization: 60 }) },
          },
          {
            type: "Pods",
            pods: { metric: {}, ...target("AverageValue", { averageValue: "3" }) },
          },
          { type: "External", external: { metric: {}, ...target("Value", { value: "9" }) } },
        ],
      },
      status: {
        currentReplicas: 4,
        currentMetrics: [
          { type: "Resource", resource: { name: "cpu", current: { averageUtilization: 70 } } },
        ],
      },
    },
    ["x", "Deployment/web", "cpu: 70%/60%, <unknown>/3 + 1 more...", "2", 5, 4, AGE],
  ],
  [
    "an autoscaler of objects",
    HORIZONTAL_POD_AUTOSCALERS,
    {
      spec: {
        scaleTargetRef: { kind: "Deployment", name: "web" },
        maxReplicas: 5,
        metrics: [
          { type: "Object", object: { metric: {}, ...target("Value", { value: "9" }) } },
          {
            type: "External",
            external: { metric: {}, ...target("AverageValue", { averageValue: "2" }) },
          },
        ],
      },
      status: {
        currentMetrics: [
          { type: "Object", object: { current: { value: "8" } } },
          { type: "External", external: { current: { averageValue: "1" } } },
        ],
      },
    },
    ["x", "Deployment/web", "8/9, 1/2 (avg)", "<unset>", 5, 0, AGE],
  ],
  [
    "an autoscaler of containers, whose metrics say nothing of what is asked for",
    HORIZONTAL_POD_AUTOSCALERS,
    {
      spec: {
        scaleTargetRef: { kind: "Deployment", name: "web" },
        maxReplicas: 5,
        metrics: [
          {
            type: "ContainerResource",
            containerResource: {
              name: "memory",
              container: "a",
              ...target("AverageValue", { averageValue: "1Gi" }),
            },
          },
          { type: "External", external: { metric: {}, ...target("Value", { value: "9" }) } },
        ],
      },
      status: {
        currentMetrics: [
          { type: "ContainerResource", containerResource: { name: "memory", current: {} } },
          { type: "External", external: { current: {} } },
        ],
      },
    },
    ["x", "Deployment/web", "memory: <nil>/1Gi, <nil>/9", "<unset>", 5, 0, AGE],
  ],
];

test.each([...cases])("the cells of %s", (_, ...[kind, given, cells]) => {
  const { metadata }: KubeObject = given;
  const object = { ...given, metadata: { ...metadata, name: "x", creationTimestamp } };
  const { rows } = tableOf(kind, [object], { version: "v1", includeObject: "None", now });
  expect(rows[0]?.cells).toEqual(cells);
});
