import { describe, expect, test } from "bun:test";
import { changed, created, said } from "#test/kit/validate.ts";
import type {
  ControllerRevision,
  DaemonSet,
  ReplicationController,
  StatefulSet,
} from "../object.ts";
import { CONTROLLER_REVISIONS, DAEMON_SETS, STATEFUL_SETS } from "../resources/apps.ts";
import { REPLICATION_CONTROLLERS } from "../resources/core-workloads.ts";

const selector = { matchLabels: { app: "a" } };
const template = {
  metadata: { labels: { app: "a" } },
  spec: { containers: [{ name: "c", image: "i" }] },
};

describe("a StatefulSet", () => {
  type Spec = Partial<NonNullable<StatefulSet["spec"]>>;
  const set = (spec: Spec, name = "web"): StatefulSet => ({
    metadata: { name },
    spec: { serviceName: "web", selector, template, ...spec },
  });
  const claim = { metadata: { name: "data" }, spec: { accessModes: ["ReadWriteOnce"] } };
  const sized = {
    ...claim,
    spec: { ...claim.spec, resources: { requests: { storage: "1Gi" } } },
  };
  const mounted = {
    ...template,
    spec: {
      containers: [{ name: "c", image: "i", volumeMounts: [{ name: "data", mountPath: "/data" }] }],
    },
  };

  test.each<[string, StatefulSet, string[]]>([
    ["as usual", set({}), []],
    ["with a claim", set({ template: mounted, volumeClaimTemplates: [sized] }), []],
    [
      "whose pods mount what there is not",
      set({ template: mounted }),
      ['spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"'],
    ],
    [
      "whose claim asks for nothing",
      set({ volumeClaimTemplates: [claim] }),
      ["spec.volumeClaimTemplates[0].spec.resources[storage]: Required value"],
    ],
    [
      "with a name that no pod can bear",
      set({}, "web.example"),
      ['metadata.name: Invalid value: "web.example": must not contain dots'],
    ],
    [
      "managed as nobody does",
      set({ podManagementPolicy: "Random" }),
      ["spec.podManagementPolicy: Invalid value: \"Random\": must be 'OrderedReady' or 'Parallel'"],
    ],
    [
      "updated on deletion, rolling",
      set({ updateStrategy: { type: "OnDelete", rollingUpdate: { partition: 1 } } }),
      [
        'spec.updateStrategy.rollingUpdate: Invalid value: {"Partition":1,"MaxUnavailable":null}: only allowed for updateStrategy \'RollingUpdate\'',
      ],
    ],
    [
      "updated as nobody does",
      set({ updateStrategy: { type: "Recreate" } }),
      [
        'spec.updateStrategy: Invalid value: {"Type":"Recreate","RollingUpdate":null}: must be \'RollingUpdate\' or \'OnDelete\'',
      ],
    ],
    [
      "that leaves less than none as they are",
      set({ updateStrategy: { rollingUpdate: { partition: -1, maxUnavailable: 0 } } }),
      [
        "spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater than or equal to 0",
      ],
    ],
    [
      "that keeps claims by halves",
      set({ persistentVolumeClaimRetentionPolicy: { whenDeleted: "Keep" } }),
      [
        'spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "Keep": supported values: "Retain", "Delete"',
      ],
    ],
    [
      "with numbers below 0",
      set({ replicas: -1, minReadySeconds: -1, ordinals: { start: -1 } }),
      [
        "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
        "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0",
        "spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0",
      ],
    ],
    [
      "of an empty selector",
      set({ selector: {} }),
      ["spec.selector: Invalid value: {}: empty selector is invalid for statefulset"],
    ],
    [
      "of pods that end",
      set({
        template: {
          ...template,
          spec: { ...template.spec, restartPolicy: "Never", activeDeadlineSeconds: 5 },
        },
      }),
      [
        'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
        "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is not Supported",
      ],
    ],
  ])("%s", (_, given, expected) => {
    expect(created(STATEFUL_SETS, given)).toEqual(expected);
  });

  test("may change in how many and what, not in what it owns", () => {
    const update = { replicas: 3, minReadySeconds: 5, revisionHistoryLimit: 2 };
    expect(changed(STATEFUL_SETS, set({}), set(update))).toEqual([]);
    expect(changed(STATEFUL_SETS, set({}), set({ serviceName: "other" }))).toEqual([
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ]);
  });

  test("counts its pods soundly", () => {
    const status = (given: Partial<NonNullable<StatefulSet["status"]>>): StatefulSet => ({
      status: { replicas: 2, ...given },
    });
    expect(
      said(
        STATEFUL_SETS,
        status({ collisionCount: 2 }),
        status({ readyReplicas: 3, availableReplicas: -1, collisionCount: 1 }),
      ),
    ).toEqual([
      "status.availableReplicas: Invalid value: -1: must be greater than or equal to 0",
      "status.readyReplicas: Invalid value: 3: cannot be greater than status.replicas",
      "status.collisionCount: Invalid value: 1: cannot be decremented",
    ]);
    expect(said(STATEFUL_SETS, status({}), status({ availableReplicas: 1 }))).toEqual([
      "status.availableReplicas: Invalid value: 1: cannot be greater than status.readyReplicas",
    ]);
  });
});

describe("a DaemonSet", () => {
  type Spec = Partial<NonNullable<DaemonSet["spec"]>>;
  const set = (spec: Spec): DaemonSet => ({
    metadata: { name: "d" },
    spec: { selector, template, ...spec },
  });

  test.each<[string, DaemonSet, string[]]>([
    ["as usual", set({}), []],
    [
      "of other pods",
      set({ selector: { matchLabels: { app: "b" } } }),
      [
        'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
      ],
    ],
    [
      "that surges and takes down",
      set({ updateStrategy: { rollingUpdate: { maxSurge: 1 } } }),
      [
        "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero",
      ],
    ],
    [
      "that does neither",
      set({ updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } }),
      [
        "spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0",
      ],
    ],
    [
      "that takes down more than all",
      set({ updateStrategy: { rollingUpdate: { maxUnavailable: "101%" } } }),
      [
        'spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
      ],
    ],
    [
      "updated as nobody does",
      set({ updateStrategy: { type: "Later" } }),
      [
        'spec.updateStrategy: Unsupported value: {"Type":"Later","RollingUpdate":null}: supported values: "RollingUpdate", "OnDelete"',
      ],
    ],
  ])("%s", (_, given, expected) => {
    expect(created(DAEMON_SETS, given)).toEqual(expected);
  });

  test("keeps its selector and counts the versions of its template", () => {
    const other = { app: "b" };
    const next = set({
      selector: { matchLabels: other },
      template: { ...template, metadata: { labels: other } },
    });
    expect(changed(DAEMON_SETS, set({}), next)).toEqual([
      'spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable',
    ]);
    const current = set({});
    DAEMON_SETS.prepareForCreate?.(current);
    const counted = (object: DaemonSet) =>
      object.metadata?.annotations?.["deprecated.daemonset.template.generation"];
    expect(counted(current)).toBe("1");
    DAEMON_SETS.prepareForUpdate?.(next, current);
    expect(counted(next)).toBe("2");
    const same = set({ minReadySeconds: 3 });
    DAEMON_SETS.prepareForUpdate?.(same, current);
    expect(counted(same)).toBe("1");
  });
});

describe("a ReplicationController", () => {
  type Spec = Partial<NonNullable<ReplicationController["spec"]>>;
  const controller = (spec: Spec): ReplicationController => ({ metadata: { name: "r" }, spec });

  test.each<[string, ReplicationController, string[]]>([
    ["as usual", controller({ selector: { app: "a" }, template }), []],
    ["whose selector is its template's labels", controller({ template }), []],
    [
      "of other pods",
      controller({ selector: { app: "b" }, template }),
      [
        'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
      ],
    ],
    [
      "of nothing",
      controller({}),
      ["spec.selector: Required value", "spec.template: Required value"],
    ],
  ])("%s", (_, given, expected) => {
    expect(created(REPLICATION_CONTROLLERS, given)).toEqual(expected);
  });
});

test("a ControllerRevision is kept as it was", () => {
  const revision = (data: object | undefined): ControllerRevision => ({
    metadata: { name: "r" },
    revision: 1,
    ...(data && { data }),
  });
  expect(created(CONTROLLER_REVISIONS, { ...revision(undefined), revision: -1 })).toEqual([
    "revision: Invalid value: -1: must be greater than or equal to 0",
    "data: Required value: data is mandatory",
  ]);
  expect(created(CONTROLLER_REVISIONS, revision([1]))).toEqual([
    "data: Required value: data must be a valid JSON object",
  ]);
  expect(changed(CONTROLLER_REVISIONS, revision([1]), revision([1]))).toEqual([]);
  expect(changed(CONTROLLER_REVISIONS, revision({ a: 1 }), revision({ a: 2 }))).toEqual([
    'data: Invalid value: {"a":2}: field is immutable',
  ]);
});
