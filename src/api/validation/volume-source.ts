import {
  type FieldError,
  invalid,
  invalidAll,
  notSupported,
  required,
  tooLong,
} from "../field-error.ts";
import { dns1123Subdomain, inRange } from "../names.ts";
import type { PersistentVolume, Volume } from "../object.ts";
import { formatted } from "./common.ts";
import { noBacksteps } from "./paths.ts";

type PodSources = Omit<Volume, "name">;
type PersistentSources = NonNullable<PersistentVolume["spec"]>;

/** What a source of volumes is in a pod and in a PersistentVolume: the latter may say more. */
type Shared = Exclude<keyof PodSources & keyof PersistentSources, "csi">;
type SourceOf<S extends Shared> = NonNullable<PodSources[S]> | NonNullable<PersistentSources[S]>;
type Check<S extends Shared> = (source: SourceOf<S>, path: string) => FieldError[];

type Text = string | undefined;

/** Fields that must not be empty. */
export function requiredFields(path: string, fields: Readonly<Record<string, Text>>): FieldError[] {
  return Object.entries(fields)
    .filter(([, value]) => !value)
    .map(([field]) => required(`${path}.${field}`));
}

/** The number of a partition or of a unit, which is a byte. */
function validateByte(path: string, value = 0): FieldError[] {
  return inRange(value, { low: 0, high: 255 }).map((detail) => invalid(path, { value, detail }));
}

function validatePartition(path: string, value = 0): FieldError[] {
  // the range that Kubernetes names is not the one that it checks
  const detail = "must be between 1 and 255, inclusive";
  return value >= 0 && value <= 255 ? [] : [invalid(path, { value, detail })];
}

/** A reference to a Secret must name it, and say where it is if it can. */
function validateSecretRef(
  secret: { name?: string; namespace?: string } | undefined,
  path: string,
): FieldError[] {
  return secret === undefined ? [] : requiredFields(path, { name: secret.name });
}

const HOST_PATH_TYPES: readonly string[] = [
  "",
  "BlockDevice",
  "CharDevice",
  "Directory",
  "DirectoryOrCreate",
  "File",
  "FileOrCreate",
  "Socket",
];

const IQN = {
  iqn: /iqn\.\d{4}-\d{2}\.([A-Za-z0-9-.]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[A-Za-z0-9]{16}$/,
  naa: /^naa.[A-Za-z0-9]{32}$/,
};

const NOT_VALID = "must be valid format";

/** A name in the iSCSI world; `unknown` is what one of no known sort is told. */
function validateIqn(
  path: string,
  { value, unknown }: { value: string; unknown: string },
): FieldError[] {
  const sort = (["iqn", "eui", "naa"] as const).find((prefix) => value.startsWith(prefix));
  if (sort === undefined) return [invalid(path, { value, detail: unknown })];
  return IQN[sort].test(value) ? [] : [invalid(path, { value, detail: NOT_VALID })];
}

/** Errors of a disk behind iSCSI. */
export function validateIscsi(
  source: SourceOf<"iscsi">,
  path: string,
  unknown = NOT_VALID,
): FieldError[] {
  const { targetPortal, iqn, lun, chapAuthDiscovery, chapAuthSession, secretRef } = source;
  const errors = requiredFields(path, { targetPortal, iqn });
  if (iqn) errors.push(...validateIqn(`${path}.iqn`, { value: iqn, unknown }));
  errors.push(...validateByte(`${path}.lun`, lun));
  if ((chapAuthDiscovery || chapAuthSession) && secretRef === undefined) {
    errors.push(required(`${path}.secretRef`));
  }
  const { initiatorName: value } = source;
  if (value === undefined) return errors;
  return [...errors, ...validateIqn(`${path}.initiatorname`, { value, unknown })];
}

const INITIATOR_MAX_BYTES = 64;

/** A volume with a name of its own for who uses it: what is made of that must fit a name. */
export function validateInitiator(
  { initiatorName, targetPortal = "" }: Partial<SourceOf<"iscsi">>,
  volume: string,
  said: { readonly value: unknown; readonly path: string },
): FieldError[] {
  if (initiatorName === undefined) return [];
  if (Buffer.byteLength(`${volume}:${targetPortal}`) <= INITIATOR_MAX_BYTES) return [];
  const detail =
    "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.";
  return [invalid(said.path, { value: said.value, detail })];
}

const RESERVED = /\.(kubernetes|k8s)\.io$/;
const HOST_AND_PORT = /^(\[[^\]]*\]|[^:[\]]*):[^:]*$/;
const QUOBYTE_REGISTRY = "must be a host:port pair or multiple pairs separated by commas";

/** Errors of one source of a volume, by its name. */
export const SOURCE_CHECKS: { readonly [S in Shared]: Check<S> } = {
  hostPath: ({ path: host, type = "" }, path) => {
    if (!host) return [required(`${path}.path`)];
    const errors = noBacksteps(host, `${path}.path`);
    if (HOST_PATH_TYPES.includes(type)) return errors;
    const rule = { value: type, supported: HOST_PATH_TYPES };
    return [...errors, notSupported(`${path}.type`, rule)];
  },
  gcePersistentDisk: ({ pdName, partition }, path) => [
    ...requiredFields(path, { pdName }),
    ...validatePartition(`${path}.partition`, partition),
  ],
  awsElasticBlockStore: ({ volumeID, partition }, path) => [
    ...requiredFields(path, { volumeID }),
    ...validatePartition(`${path}.partition`, partition),
  ],
  nfs: ({ server, path: exported = "" }, path) => {
    const errors = requiredFields(path, { server, path: exported });
    if (exported.startsWith("/")) return errors;
    const detail = "must be an absolute path";
    return [...errors, invalid(`${path}.path`, { value: exported, detail })];
  },
  iscsi: (source, path) =>
    validateIscsi(source, path, `${NOT_VALID} starting with iqn, eui, or naa`),
  glusterfs: ({ endpoints, path: volume }, path) =>
    requiredFields(path, { endpoints, path: volume }),
  flocker: ({ datasetName = "", datasetUUID = "" }, path) => {
    const errors: FieldError[] = [];
    if (datasetName === "" && datasetUUID === "") {
      errors.push(required(path, "one of datasetName and datasetUUID is required"));
    }
    if (datasetName !== "" && datasetUUID !== "") {
      const detail = "datasetName and datasetUUID can not be specified simultaneously";
      errors.push(invalid(path, { value: "resource", detail }));
    }
    if (!datasetName.includes("/")) return errors;
    const rule = { value: datasetName, detail: "must not contain '/'" };
    return [...errors, invalid(`${path}.datasetName`, rule)];
  },
  rbd: ({ monitors, image }, path) => [
    ...(monitors?.length ? [] : [required(`${path}.monitors`)]),
    ...requiredFields(path, { image }),
  ],
  cinder: ({ volumeID, secretRef }, path) => [
    ...requiredFields(path, { volumeID }),
    ...validateSecretRef(secretRef, `${path}.secretRef`),
  ],
  cephfs: ({ monitors }, path) => (monitors?.length ? [] : [required(`${path}.monitors`)]),
  quobyte: ({ registry, tenant = "", volume }, path) => {
    const errors: FieldError[] = [];
    if (!registry) errors.push(required(`${path}.registry`, QUOBYTE_REGISTRY));
    else if (tenant.length >= 65) {
      const detail = "must be a UUID and may not exceed a length of 64 characters";
      errors.push(required(`${path}.tenant`, detail));
    } else if (!registry.split(",").every((pair) => HOST_AND_PORT.test(pair))) {
      errors.push(invalid(`${path}.registry`, { value: registry, detail: QUOBYTE_REGISTRY }));
    }
    return [...errors, ...requiredFields(path, { volume })];
  },
  fc: ({ targetWWNs = [], wwids = [], lun }, path) => {
    const at = `${path}.targetWWNs`;
    const errors: FieldError[] = [];
    if (targetWWNs.length + wwids.length === 0) {
      errors.push(required(at, "must specify either targetWWNs or wwids, but not both"));
    }
    if (targetWWNs.length > 0 && wwids.length > 0) {
      const detail = "targetWWNs and wwids can not be specified simultaneously";
      errors.push(invalid(at, { value: targetWWNs, detail }));
    }
    if (targetWWNs.length > 0 && lun === undefined) {
      errors.push(required(`${path}.lun`, "lun is required if targetWWNs is specified"));
    }
    return targetWWNs.length > 0 ? [...errors, ...validateByte(`${path}.lun`, lun)] : errors;
  },
  flexVolume: ({ driver, options = {} }, path) => [
    ...requiredFields(path, { driver }),
    ...Object.keys(options)
      .filter((key) => RESERVED.test(`.${(key.split("/")[0] ?? "").toLowerCase()}`))
      .map((key) => {
        const detail = "kubernetes.io and k8s.io namespaces are reserved";
        return invalid(`${path}.options[${key}]`, { value: key, detail });
      }),
  ],
  azureFile: ({ secretName, shareName }, path) => requiredFields(path, { secretName, shareName }),
  vsphereVolume: ({ volumePath }, path) => requiredFields(path, { volumePath }),
  photonPersistentDisk: ({ pdID }, path) => requiredFields(path, { pdID }),
  portworxVolume: ({ volumeID }, path) => requiredFields(path, { volumeID }),
  azureDisk: ({ diskName, diskURI, cachingMode, kind }, path) => [
    ...requiredFields(path, { diskName, diskURI }),
    ...azureChoice(`${path}.cachingMode`, cachingMode, ["None", "ReadOnly", "ReadWrite"]),
    ...azureChoice(`${path}.kind`, kind, ["Dedicated", "Managed", "Shared"]),
    ...azureUri(`${path}.diskURI`, { diskURI, kind }),
  ],
  storageos: ({ volumeName, volumeNamespace, secretRef }, path) => [
    ...requiredFields(path, { volumeName }),
    ...formatted(`${path}.volumeName`, { value: volumeName, as: "label" }),
    ...formatted(`${path}.volumeNamespace`, { value: volumeNamespace, as: "label" }),
    ...validateSecretRef(secretRef, `${path}.secretRef`),
  ],
  scaleIO: ({ gateway, system, volumeName }, path) =>
    requiredFields(path, { gateway, system, volumeName }),
};

function azureChoice(
  path: string,
  value: string | undefined,
  supported: readonly string[],
): FieldError[] {
  if (value === undefined || supported.includes(value)) return [];
  return [notSupported(path, { value, supported })];
}

function azureUri(
  path: string,
  { diskURI: value = "", kind }: { diskURI: Text; kind: Text },
): FieldError[] {
  if (kind === undefined) return [];
  const [prefix, form] =
    kind === "Managed"
      ? [
          "/subscriptions/",
          "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}",
        ]
      : [
          "https://",
          "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd",
        ];
  return value.startsWith(prefix) ? [] : [notSupported(path, { value, supported: [form] })];
}

const DRIVER_NAME_MAX_BYTES = 63;

/** The name of a CSI driver, whose case does not matter. */
export function validateDriverName(driver: Text, path: string): FieldError[] {
  const value = driver ?? "";
  if (value === "") return [required(path)];
  return [
    ...(value.length > DRIVER_NAME_MAX_BYTES ? [tooLong(path, DRIVER_NAME_MAX_BYTES)] : []),
    ...invalidAll(path, { value, details: dns1123Subdomain(value.toLowerCase()) }),
  ];
}
