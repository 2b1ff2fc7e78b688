import { describe, expect, test } from "bun:test";
import { changed, created, said } from "#test/kit/validate.ts";
import type { PersistentVolume, PersistentVolumeClaim } from "../object.ts";
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES } from "../resources/core-storage.ts";

const SUBDOMAIN =
  "Invalid value: \"a b\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

describe("a PersistentVolumeClaim", () => {
  type Spec = NonNullable<PersistentVolumeClaim["spec"]>;
  const requests = { storage: "1Gi" };
  const claim = (spec: Partial<Spec>, status = {}): PersistentVolumeClaim => ({
    metadata: { name: "c" },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests }, ...spec },
    status,
  });

  test.each<[string, PersistentVolumeClaim, string[]]>([
    ["as usual", claim({}), []],
    [
      "for nothing",
      { metadata: { name: "c" } },
      [
        "spec.accessModes: Required value: at least 1 access mode is required",
        "spec.resources[storage]: Required value",
      ],
    ],
    [
      "for less than nothing",
      claim({ resources: { requests: { storage: "0" } } }),
      ['spec.resources[storage]: Invalid value: "0": must be greater than zero'],
    ],
    [
      "for one pod and for many",
      claim({ accessModes: ["ReadWriteOncePod", "ReadWriteMany", "Mine"] }),
      [
        'spec.accessModes: Unsupported value: "Mine": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
        "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes",
      ],
    ],
    [
      "of a mode that there is not",
      claim({ volumeMode: "Tape" }),
      ['spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"'],
    ],
    [
      "from a source without a group",
      claim({ dataSourceRef: { kind: "VolumeSnapshot", name: "s" } }),
      [
        "spec.dataSource: Invalid value: \"VolumeSnapshot\": must be 'PersistentVolumeClaim' when referencing the default apiGroup",
        "spec.dataSourceRef: Invalid value: \"VolumeSnapshot\": must be 'PersistentVolumeClaim' when referencing the default apiGroup",
      ],
    ],
    [
      "from two sources",
      claim({
        dataSource: { kind: "PersistentVolumeClaim", name: "a" },
        dataSourceRef: { kind: "PersistentVolumeClaim", name: "b" },
      }),
      ["spec: Invalid value: {}: must match dataSourceRef"],
    ],
    [
      "from a source of a group that cannot be one",
      claim({ dataSourceRef: { apiGroup: "a b", kind: "VolumeSnapshot", name: "s" } }),
      ["spec.dataSource", "spec.dataSourceRef"].map((path) => `${path}.apiGroup: ${SUBDOMAIN}`),
    ],
  ])("%s", (_, given, expected) => {
    expect(created(PERSISTENT_VOLUME_CLAIMS, given)).toEqual(expected);
  });

  const SNAPSHOT = { apiGroup: "snapshot.storage.k8s.io", kind: "VolumeSnapshot", name: "s" };
  const CLAIM = { kind: "PersistentVolumeClaim", name: "c" };
  const both = (source: NonNullable<Spec["dataSource"]>) => [source, source];
  test.each<[string, Partial<Spec>, unknown[]]>([
    ["a claim", { dataSource: CLAIM }, both(CLAIM)],
    ["a snapshot", { dataSource: SNAPSHOT }, both(SNAPSHOT)],
    ["something of the core group", { dataSource: { kind: "Pod", name: "p" } }, []],
    ["something of another group", { dataSource: { ...SNAPSHOT, apiGroup: "a.example" } }, []],
    [
      "anything, in the new field",
      { dataSourceRef: { ...SNAPSHOT, kind: "Disk" } },
      both({ ...SNAPSHOT, kind: "Disk" }),
    ],
    ["a claim of another namespace", { dataSourceRef: { ...CLAIM, namespace: "other" } }, []],
  ])("from %s", (_, given, sources) => {
    const object = claim(given);
    PERSISTENT_VOLUME_CLAIMS.prepareForCreate?.(object);
    const { dataSource, dataSourceRef } = object.spec ?? {};
    const said = [dataSource, dataSourceRef].filter((source) => source !== undefined);
    expect<unknown>(said).toEqual(sources);
  });

  test("that is not bound yet may take another class of attributes", () => {
    const [fast, slow] = ["fast", "slow"].map((name) => claim({ volumeAttributesClassName: name }));
    if (fast === undefined || slow === undefined) throw new Error("there are no two claims");
    expect(changed(PERSISTENT_VOLUME_CLAIMS, fast, slow)).toEqual([]);
    expect(changed(PERSISTENT_VOLUME_CLAIMS, fast, claim({}))).toEqual([
      "spec.volumeAttributesClassName: Forbidden: update from non-nil value to nil is forbidden",
    ]);
  });

  test("of another mode is told both that it stays and that its mode does", () => {
    const errors = changed(PERSISTENT_VOLUME_CLAIMS, claim({}), claim({ volumeMode: "Block" }));
    expect(errors.map((error) => error.split("\n")[0])).toEqual([
      "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims",
      'volumeMode: Invalid value: "Block": field is immutable',
    ]);
  });

  test("that has a source keeps it, be it said in the old field alone", () => {
    const disk = { apiGroup: "a.example", kind: "Disk", name: "d" };
    const next = claim({ dataSource: disk });
    PERSISTENT_VOLUME_CLAIMS.prepareForUpdate?.(next, claim({ dataSourceRef: disk }));
    expect(next.spec?.dataSourceRef).toEqual(disk);
  });

  const bound = (spec: Partial<Spec>) =>
    claim({ volumeName: "v", ...spec }, { phase: "Bound", capacity: requests });
  const update = (next: PersistentVolumeClaim, current: PersistentVolumeClaim) => {
    const [now, before] = [structuredClone(next), structuredClone(current)];
    return changed({ ...PERSISTENT_VOLUME_CLAIMS, prepareForCreate: () => undefined }, before, now);
  };
  const sized = (storage: string) => ({ resources: { requests: { storage } } });

  test("may grow once it is bound", () => {
    expect(update(bound(sized("2Gi")), bound({}))).toEqual([]);
    expect(update(claim(sized("1024Mi")), claim({}))).toEqual([]);
    expect(update(claim(sized("2Gi")), claim({}))).toEqual([
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n@@ -6,7 +6,7 @@\n  "Resources": {\n   "Limits": null,\n   "Requests": {\n-   "storage": "1Gi"\n+   "storage": "2Gi"\n   }\n  },\n  "VolumeName": "",\n',
    ]);
  });

  test("may take back what has not grown yet, no more", () => {
    const grown = bound(sized("3Gi"));
    expect(update(bound(sized("2Gi")), grown)).toEqual([]);
    expect(update(bound(sized("1Gi")), grown)).toEqual([
      "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity",
    ]);
  });

  test("gets its volume and its class once", () => {
    expect(update(claim({ volumeName: "v", storageClassName: "fast" }), claim({}))).toEqual([]);
    expect(update(bound({ volumeName: "w" }), bound({}))).toEqual([
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n@@ -9,7 +9,7 @@\n    "storage": "1Gi"\n   }\n  },\n- "VolumeName": "v",\n+ "VolumeName": "w",\n  "StorageClassName": null,\n  "VolumeMode": "Filesystem",\n  "DataSource": null,\n',
    ]);
  });

  test("is spoken of in known words", () => {
    const status = { capacity: { storage: "-1" }, allocatedResourceStatuses: { storage: "Later" } };
    expect(said(PERSISTENT_VOLUME_CLAIMS, claim({}), claim({}, status))).toEqual([
      'status.capacity[storage]: Invalid value: "-1": must be greater than or equal to 0',
      'status.allocatedResourceStatuses: Unsupported value: "storage": supported values: "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible", "NodeResizePending"',
    ]);
  });
});

describe("a PersistentVolume", () => {
  type Spec = NonNullable<PersistentVolume["spec"]>;
  const volume = (spec: Partial<Spec>): PersistentVolume => ({
    metadata: { name: "v" },
    spec: { accessModes: ["ReadWriteOnce"], capacity: { storage: "1Gi" }, ...spec },
  });
  const nfs = { server: "s", path: "/p" };

  test.each<[string, PersistentVolume, string[]]>([
    ["as usual", volume({ nfs }), []],
    [
      "of nothing",
      { metadata: { name: "v" } },
      [
        "spec.accessModes: Required value",
        "spec.capacity: Required value",
        'spec.capacity: Unsupported value: {}: supported values: "storage"',
        "spec: Required value: must specify a volume type",
      ],
    ],
    [
      "in two places",
      volume({ nfs, hostPath: { path: "/x" } }),
      ["spec.nfs: Forbidden: may not specify more than 1 volume type"],
    ],
    [
      "on one node, which is not named",
      volume({ local: { path: "/x" } }),
      ["spec.nodeAffinity: Required value: Local volume requires node affinity"],
    ],
    [
      "that recycles the host",
      volume({ hostPath: { path: "/" }, persistentVolumeReclaimPolicy: "Recycle" }),
      [
        "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
      ],
    ],
    [
      "of a driver without a handle",
      volume({ csi: { driver: "", volumeHandle: "", nodePublishSecretRef: { name: "s" } } }),
      [
        "spec.csi.driver: Required value",
        "spec.csi.volumeHandle: Required value",
        "spec.csi.nodePublishSecretRef.namespace: Required value",
      ],
    ],
    [
      "behind iSCSI",
      volume({ iscsi: { targetPortal: "", iqn: "abc", lun: 300, chapAuthSession: true } }),
      [
        "spec.iscsi.targetPortal: Required value",
        'spec.iscsi.iqn: Invalid value: "abc": must be valid format',
        "spec.iscsi.lun: Invalid value: 300: must be between 0 and 255, inclusive",
        "spec.iscsi.secretRef: Required value",
      ],
    ],
    [
      "of too long a name for a portal where it has a name of its own",
      volume({
        iscsi: {
          targetPortal: "x".repeat(63),
          iqn: "iqn.2026-01.com.example:a",
          lun: 0,
          initiatorName: "iqn.2026-01.com.example:b",
        },
      }),
      [
        `spec.iscsi.targetportal: Invalid value: "${"x".repeat(63)}": Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.`,
      ],
    ],
  ])("%s", (_, given, expected) => {
    expect(created(PERSISTENT_VOLUMES, given)).toEqual(expected);
  });

  test("stays where it is", () => {
    expect(
      changed(PERSISTENT_VOLUMES, volume({ nfs }), volume({ nfs: { ...nfs, path: "/q" } })),
    ).toEqual([
      'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n@@ -5,7 +5,7 @@\n  "Glusterfs": null,\n  "NFS": {\n   "Server": "s",\n-  "Path": "/p",\n+  "Path": "/q",\n   "ReadOnly": false\n  },\n  "RBD": null,\n',
    ]);
    const larger = volume({ nfs, capacity: { storage: "2Gi" }, mountOptions: ["ro"] });
    expect(changed(PERSISTENT_VOLUMES, volume({ nfs }), larger)).toEqual([]);
  });

  test("may be told later with what Secret it grows", () => {
    const csi = { driver: "d.example", volumeHandle: "h" };
    const controllerExpandSecretRef = { name: "s", namespace: "n" };
    const next = volume({ csi: { ...csi, controllerExpandSecretRef } });
    expect(changed(PERSISTENT_VOLUMES, volume({ csi }), next)).toEqual([]);
  });
});
