import { describe, expect, test } from "bun:test";
import { changed, created } from "#test/kit/validate.ts";
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
} from "../object.ts";
import * as kinds from "../resources/storage.ts";

const metadata = { name: "x" };
const QUALIFIED =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

describe("a StorageClass", () => {
  const storageClass = (given: Partial<StorageClass>): StorageClass => ({
    metadata,
    provisioner: "example.com/disk",
    ...given,
  });

  test.each<[string, StorageClass, string[]]>([
    ["as usual", storageClass({ parameters: { type: "ssd" } }), []],
    ["of nobody", storageClass({ provisioner: "" }), ["provisioner: Required value"]],
    [
      "of somebody with a bad name",
      storageClass({ provisioner: "A b" }),
      [`provisioner: Invalid value: "a b": ${QUALIFIED}`],
    ],
    [
      "with unknown words",
      storageClass({
        reclaimPolicy: "Recycle",
        volumeBindingMode: "Later",
        parameters: { "": "" },
      }),
      [
        'parameters: Invalid value: "": field can not be empty.',
        'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"',
        'volumeBindingMode: Unsupported value: "Later": supported values: "Immediate", "WaitForFirstConsumer"',
      ],
    ],
    [
      "with too much to say",
      storageClass({ parameters: { a: "x".repeat(256 * 1024) } }),
      ["parameters: Too long: may not be more than 262144 bytes"],
    ],
    [
      "of places that are said twice",
      storageClass({
        allowedTopologies: [
          {
            matchLabelExpressions: [
              { key: "zone", values: ["a", "a"] },
              { key: "zone", values: [] },
            ],
          },
        ],
      }),
      [
        'allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "a"',
        "allowedTopologies[0].matchLabelExpressions[1].values: Required value",
        'allowedTopologies[0].matchLabelExpressions[1].key: Duplicate value: "zone"',
      ],
    ],
    [
      "of one place that is said in two terms, and of any place",
      storageClass({
        allowedTopologies: [
          { matchLabelExpressions: [{ key: "zone", values: ["a", "b"] }] },
          { matchLabelExpressions: [{ key: "zone", values: ["b", "a"] }] },
          {},
        ],
      }),
      [
        'allowedTopologies[1].matchLabelExpressions: Duplicate value: ""',
        ...Array<string>(3).fill('allowedTopologies[2].matchLabelExpressions: Duplicate value: ""'),
      ],
    ],
  ])("%s", (_, given, errors) => {
    expect(created(kinds.STORAGE_CLASSES, given)).toEqual(errors);
  });

  test("is deleted with its claims, and binds at once", () => {
    const object = storageClass({});
    kinds.STORAGE_CLASSES.setDefaults(object);
    expect(object).toMatchObject({ reclaimPolicy: "Delete", volumeBindingMode: "Immediate" });
    expect(object).not.toHaveProperty("allowVolumeExpansion");
  });

  test("stays as it is, but for whether volumes may grow", () => {
    const next = storageClass({
      provisioner: "other",
      parameters: { a: "b" },
      reclaimPolicy: "Retain",
      volumeBindingMode: "WaitForFirstConsumer",
      allowVolumeExpansion: true,
    });
    expect(changed(kinds.STORAGE_CLASSES, storageClass({}), next)).toEqual([
      "parameters: Forbidden: updates to parameters are forbidden.",
      "provisioner: Forbidden: updates to provisioner are forbidden.",
      "reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.",
      'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
    ]);
  });
});

test("a VolumeAttributesClass says something, for ever", () => {
  const given: VolumeAttributesClass = { metadata, driverName: "d", parameters: { iops: "1" } };
  const row = kinds.VOLUME_ATTRIBUTES_CLASSES;
  expect(created(row, given)).toEqual([]);
  expect(created(row, { metadata, driverName: "" })).toEqual([
    "driverName: Required value",
    "parameters: Required value: must contain at least one key/value pair",
  ]);
  expect(changed(row, given, { ...given, driverName: "e", parameters: { iops: "2" } })).toEqual([
    "driverName: Forbidden: updates to driverName are forbidden.",
    "parameters: Forbidden: updates to parameters are forbidden.",
  ]);
});

describe("a VolumeAttachment", () => {
  const attachment = (given: Partial<VolumeAttachment["spec"]>): VolumeAttachment => ({
    metadata,
    spec: { attacher: "d", nodeName: "edge", source: { persistentVolumeName: "pv" }, ...given },
  });
  const row = kinds.VOLUME_ATTACHMENTS;
  const SOURCE = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";

  test.each<[string, VolumeAttachment, string[]]>([
    ["as usual", attachment({}), []],
    ["of nothing", attachment({ source: {} }), [`spec.source: Required value: ${SOURCE}`]],
    [
      "of two things",
      attachment({ source: { persistentVolumeName: "pv", inlineVolumeSpec: {} } }),
      [`spec.source: Forbidden: ${SOURCE}`],
    ],
    [
      "of a volume without name",
      attachment({ source: { persistentVolumeName: "" } }),
      [
        "spec.source.persistentVolumeName: Required value: must specify non empty persistentVolumeName",
      ],
    ],
    [
      "of a volume that is said in it",
      attachment({
        source: {
          inlineVolumeSpec: {
            accessModes: ["ReadWriteOnce"],
            csi: { driver: "d", volumeHandle: "v" },
            persistentVolumeReclaimPolicy: "Retain",
            volumeMode: "Filesystem",
          },
        },
      }),
      [],
    ],
    [
      "of a volume that is said in it as if it were somebody's",
      attachment({
        source: {
          inlineVolumeSpec: {
            capacity: { storage: "1Gi" },
            claimRef: { name: "c" },
            nodeAffinity: { required: { nodeSelectorTerms: [] } },
            persistentVolumeReclaimPolicy: "Delete",
            storageClassName: "fast",
            volumeMode: "Block",
          },
        },
      }),
      [
        "spec.source.inlineVolumeSpec.claimRef: Forbidden: may not be specified in the context of inline volumes",
        "spec.source.inlineVolumeSpec.capacity: Forbidden: may not be specified in the context of inline volumes",
        "spec.source.inlineVolumeSpec.csi: Required value: has to be specified in the context of inline volumes",
        "spec.source.inlineVolumeSpec.accessModes: Required value",
        "spec.source.inlineVolumeSpec.persistentVolumeReclaimPolicy: Forbidden: may only be Retain in the context of inline volumes",
        "spec.source.inlineVolumeSpec.nodeAffinity: Forbidden: may not be specified in the context of inline volumes",
        "spec.source.inlineVolumeSpec: Required value: must specify a volume type",
        "spec.source.inlineVolumeSpec.storageClassName: Forbidden: may not be specified in the context of inline volumes",
        "spec.source.inlineVolumeSpec.volumeMode: Forbidden: may not specify volumeMode other than Filesystem in the context of inline volumes",
      ],
    ],
    [
      "by a driver with a long name",
      attachment({ attacher: "d".repeat(64) }),
      ["spec.attacher: Too long: may not be more than 63 bytes"],
    ],
  ])("%s", (_, given, errors) => {
    expect(created(row, given)).toEqual(errors);
  });

  test("is not attached at first, and stays what it is", () => {
    const object = attachment({});
    object.status = { attached: true };
    row.prepareForCreate?.(object);
    expect(object.status).toEqual({ attached: false });
    const next = attachment({ nodeName: "other" });
    expect(changed(row, attachment({}), next)).toEqual([
      'spec: Invalid value: {"Attacher":"d","Source":{"PersistentVolumeName":"pv","InlineVolumeSpec":null},"NodeName":"other"}: field is immutable',
    ]);
    const inline = { csi: { driver: "d", volumeHandle: "h" }, accessModes: ["ReadWriteOnce"] };
    const [error] = changed(row, next, attachment({ source: { inlineVolumeSpec: inline } }));
    expect(error).toContain('"InlineVolumeSpec":{"Capacity":null,"GCEPersistentDisk":null,');
    expect(error).toContain('"CSI":{"Driver":"d","VolumeHandle":"h","ReadOnly":false,');
    const failed = { attached: false, attachError: { errorCode: -1, message: "x".repeat(1025) } };
    expect(changed(row, attachment({}), { ...attachment({}), status: failed })).toEqual([
      "status.attachError.message: Too long: may not be more than 262144 bytes",
      "status.attachError.errorCode: Invalid value: -1: must be between 0 and 2147483647, inclusive",
    ]);
  });
});

describe("a CSIDriver", () => {
  const driver = (spec: CSIDriver["spec"]): CSIDriver => ({ metadata, spec });
  const row = kinds.CSI_DRIVERS;

  test("has what Kubernetes fills in", () => {
    const object = driver({});
    row.setDefaults(object);
    expect(object.spec).toEqual({
      attachRequired: true,
      podInfoOnMount: false,
      storageCapacity: false,
      fsGroupPolicy: "ReadWriteOnceWithFSType",
      volumeLifecycleModes: ["Persistent"],
      requiresRepublish: false,
      seLinuxMount: false,
    });
  });

  test.each<[string, CSIDriver["spec"], string[]]>([
    ["as usual", { tokenRequests: [{ audience: "a", expirationSeconds: 600 }] }, []],
    [
      "with unknown words",
      { fsGroupPolicy: "Some", volumeLifecycleModes: ["Eternal"] },
      [
        'spec.fsGroupPolicy: Unsupported value: "Some": supported values: "File", "None", "ReadWriteOnceWithFSType"',
        'spec.volumeLifecycleModes: Unsupported value: "Eternal": supported values: "Persistent", "Ephemeral"',
      ],
    ],
    [
      "with tokens that are too short, or asked for twice",
      {
        tokenRequests: [
          { audience: "a", expirationSeconds: 5 },
          { audience: "a" },
          { audience: "b", expirationSeconds: 2 ** 33 },
        ],
        nodeAllocatableUpdatePeriodSeconds: 5,
      },
      [
        "spec.tokenRequests[0].expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes",
        'spec.tokenRequests[1].audience: Duplicate value: "a"',
        "spec.tokenRequests[2].expirationSeconds: Invalid value: 8589934592: may not specify a duration larger than 2^32 seconds",
        "spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 5: must be greater than or equal to 10 seconds",
      ],
    ],
    [
      "with tokens that nobody asks for among its secrets",
      { serviceAccountTokenInSecrets: true },
      [
        "spec.serviceAccountTokenInSecrets: Invalid value: true: serviceAccountTokenInSecrets is set but no tokenRequests are specified",
      ],
    ],
  ])("%s", (_, spec, errors) => {
    expect(created(row, driver(spec))).toEqual(errors);
  });

  test("keeps no pods waiting where limits of volumes do not count", () => {
    const object = driver({ preventPodSchedulingIfMissing: true });
    row.prepareForCreate?.(object);
    expect(object.spec).toEqual({});
  });

  test("keeps how it attaches and lives", () => {
    const next = driver({ attachRequired: false, volumeLifecycleModes: ["Ephemeral"] });
    expect(changed(row, driver({}), next)).toEqual([
      "spec.attachedRequired: Invalid value: false: field is immutable",
      'spec.volumeLifecycleModes: Invalid value: ["Ephemeral"]: field is immutable',
    ]);
  });
});

test("a CSINode has each driver once, and drivers that stay as they are", () => {
  const node = (...drivers: NonNullable<CSINode["spec"]["drivers"]>): CSINode => ({
    metadata,
    spec: { drivers },
  });
  const driver = { name: "d", nodeID: "n" };
  const row = kinds.CSI_NODES;
  expect(created(row, node(driver))).toEqual([]);
  const wrong = node(driver, {
    name: "d",
    nodeID: "",
    topologyKeys: ["a", "a"],
    allocatable: { count: -1 },
  });
  expect(created(row, wrong)).toEqual([
    "spec.drivers[1].nodeID: Required value",
    "spec.drivers[1].allocatable.count: Invalid value: -1: must be greater than or equal to 0",
    'spec.drivers[1].name: Duplicate value: "d"',
    'spec.drivers[1]: Duplicate value: "a"',
  ]);
  expect(changed(row, node(driver), node({ ...driver, allocatable: { count: 5 } }))).toEqual([]);
  const negative =
    "spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to 0";
  const less = node({ ...driver, allocatable: { count: -1 } });
  expect(changed(row, node(driver), less)).toEqual([negative, negative]);
  expect(changed(row, node(driver), node({ ...driver, nodeID: "m" }))).toEqual([
    'spec.drivers: Invalid value: {"Name":"d","NodeID":"m","TopologyKeys":null,"Allocatable":null}: field is immutable',
  ]);
});

test("a CSIStorageCapacity is of one class and one place", () => {
  const given: CSIStorageCapacity = {
    metadata: { name: "x", namespace: "default" },
    storageClassName: "fast",
    capacity: "1024Mi",
  };
  const row = kinds.CSI_STORAGE_CAPACITIES;
  expect(created(row, given)).toEqual([]);
  const object = structuredClone(given);
  row.setDefaults(object);
  expect(object.capacity).toBe("1Gi");
  expect(created(row, { ...given, capacity: "-1" })).toEqual([
    'capacity: Invalid value: "-1": must be greater than or equal to 0',
  ]);
  const nodeTopology = { matchLabels: { a: "b" } };
  expect(changed(row, given, { ...given, storageClassName: "slow", nodeTopology })).toEqual([
    'nodeTopology: Invalid value: {"matchLabels":{"a":"b"}}: field is immutable',
    'storageClassName: Invalid value: "slow": field is immutable',
  ]);
});
