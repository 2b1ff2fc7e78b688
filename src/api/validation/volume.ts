import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  invalidAll,
  notSupported,
  required,
} from "../field-error.ts";
import { dns1123Label, dns1123Subdomain } from "../names.ts";
import type { Volume } from "../object.ts";
import { QUANTITY_ERROR, Quantity } from "../quantity.ts";
import { each, formatted } from "./common.ts";
import { validateDescendingPath } from "./paths.ts";
import { validateProjections } from "./projection.ts";
import { validateEphemeralClaim } from "./volume-claim.ts";
import { validateDownwardFile, validateFiles, validateMode } from "./volume-files.ts";
import {
  requiredFields,
  SOURCE_CHECKS,
  validateDriverName,
  validateInitiator,
} from "./volume-source.ts";

type Source = keyof Omit<Volume, "name">;

const PULL_POLICIES: readonly string[] = ["Always", "IfNotPresent", "Never"];

/** Volumes by name, for mounts to refer to. */
export type Volumes = ReadonlyMap<string, Volume>;

/**
 * Errors of a pod's volumes: unique names, exactly one source each. The others are those that can
 * be mounted.
 */
export function judgeVolumes(
  given: readonly Volume[] | undefined,
  path: string,
): { readonly errors: FieldError[]; readonly volumes: Volumes } {
  const volumes = new Map<string, Volume>();
  const errors = each(given, path, (volume, at) => {
    const found = validateSource(volume, at);
    const { name } = volume;
    if (!name) found.push(required(`${at}.name`));
    else found.push(...invalidAll(`${at}.name`, { value: name, details: dns1123Label(name) }));
    if (volumes.has(name)) found.push(duplicate(`${at}.name`, name));
    if (found.length === 0) volumes.set(name, volume);
    return found;
  });
  return { errors, volumes };
}

/** A pod makes a claim `POD-VOLUME` for each ephemeral volume: nothing else may mean that name. */
export function validateOwnClaims(
  volumes: readonly Volume[] | undefined,
  path: string,
  pod: { readonly name: string },
): FieldError[] {
  if (pod.name === "") return [];
  const made = (volumes ?? [])
    .filter(({ ephemeral }) => ephemeral)
    .map(({ name }) => `${pod.name}-${name}`);
  return each(volumes, path, ({ name, ephemeral, persistentVolumeClaim: claim }, at) => {
    if (claim && made.includes(claim.claimName)) {
      const detail = "must not reference a PVC that gets created for an ephemeral volume";
      const field = `${at}.persistentVolumeClaim.claimName`;
      return [invalid(field, { value: claim.claimName, detail })];
    }
    if (ephemeral === undefined || !name) return [];
    const claimName = `${pod.name}-${name}`;
    return dns1123Subdomain(claimName).map((why) =>
      invalid(`${at}.name`, { value: name, detail: `PVC name "${claimName}": ${why}` }),
    );
  });
}

type Check<S extends Source> = (source: NonNullable<Volume[S]>, path: string) => FieldError[];

const CHECKS: { readonly [S in Source]: Check<S> } = {
  ...SOURCE_CHECKS,
  emptyDir: ({ sizeLimit }, path) => {
    if (sizeLimit === undefined) return [];
    const size = Quantity.tryParse(sizeLimit);
    const at = `${path}.sizeLimit`;
    if (size === undefined) return [invalid(at, { value: sizeLimit, detail: QUANTITY_ERROR })];
    if (size.compare(Quantity.zero) >= 0) return [];
    return [forbidden(at, "SizeLimit field must be a valid resource quantity")];
  },
  gitRepo: ({ repository, directory = "" }, path) => [
    ...requiredFields(path, { repository }),
    ...validateDescendingPath(directory, `${path}.directory`),
  ],
  gcePersistentDisk: (source, path) =>
    SOURCE_CHECKS.gcePersistentDisk(source, path.replace(/gcePersistentDisk$/, "persistentDisk")),
  secret: ({ secretName, defaultMode, items }, path) => [
    ...requiredFields(path, { secretName }),
    ...validateFiles({ defaultMode, items }, path),
  ],
  persistentVolumeClaim: ({ claimName }, path) => requiredFields(path, { claimName }),
  downwardAPI: ({ defaultMode, items }, path) => [
    ...validateMode(defaultMode, `${path}.defaultMode`),
    ...(items ?? []).flatMap((item) => validateDownwardFile(item, path)),
  ],
  configMap: ({ name, defaultMode, items }, path) => [
    ...requiredFields(path, { name }),
    ...validateFiles({ defaultMode, items }, path),
  ],
  projected: ({ defaultMode, sources }, path) => [
    ...validateMode(defaultMode, `${path}.defaultMode`),
    ...validateProjections(sources ?? [], path),
  ],
  csi: ({ driver, nodePublishSecretRef: secret }, path) => {
    const errors = validateDriverName(driver, `${path}.driver`);
    if (secret === undefined) return errors;
    const { name } = secret;
    if (!name) return [...errors, required(`${path}.nodePublishSecretRef.name`)];
    return [...errors, ...formatted(`${path}.name`, { value: name, as: "subdomain" })];
  },
  ephemeral: ({ volumeClaimTemplate: claim }, path) => {
    const at = `${path}.volumeClaimTemplate`;
    return claim ? validateEphemeralClaim(claim, at) : [required(at)];
  },
  image: ({ reference, pullPolicy: value }, path) => {
    const errors = requiredFields(path, { reference });
    if (!value || PULL_POLICIES.includes(value)) return errors;
    return [...errors, notSupported(`${path}.pullPolicy`, { value, supported: PULL_POLICIES })];
  },
};

function checkSource<S extends Source>(
  path: string,
  { name, sources }: { name: S; sources: Omit<Volume, "name"> },
): FieldError[] {
  const source = sources[name];
  const check: Check<S> = CHECKS[name];
  return source ? check(source, `${path}.${name}`) : [];
}

/** In the order in which Kubernetes looks at them: the first one given is the one that counts. */
const SOURCES: readonly Source[] = [
  "emptyDir",
  "hostPath",
  "gitRepo",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "secret",
  "nfs",
  "iscsi",
  "glusterfs",
  "flocker",
  "persistentVolumeClaim",
  "rbd",
  "cinder",
  "cephfs",
  "quobyte",
  "downwardAPI",
  "fc",
  "flexVolume",
  "configMap",
  "azureFile",
  "vsphereVolume",
  "photonPersistentDisk",
  "portworxVolume",
  "azureDisk",
  "storageos",
  "projected",
  "scaleIO",
  "csi",
  "ephemeral",
  "image",
];

/** Kubernetes' own slips. */
const SLIPS: Readonly<Record<string, string>> = { cephfs: "cephFS", downwardAPI: "downwarAPI" };

function validateSource({ name, ...sources }: Volume, path: string): FieldError[] {
  const given = SOURCES.filter((source) => sources[source] !== undefined);
  if (given.length === 0) return [required(path, "must specify a volume type")];
  const { iscsi } = sources;
  return given.flatMap((source, index) => [
    ...(index === 0 || source === "flexVolume"
      ? checkSource(path, { name: source, sources })
      : [
          forbidden(
            `${path}.${SLIPS[source] ?? source}`,
            "may not specify more than 1 volume type",
          ),
        ]),
    ...(source === "iscsi" && iscsi
      ? validateInitiator(iscsi, name, { value: name, path: `${path}.name` })
      : []),
  ]);
}
