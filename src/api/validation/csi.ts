import {
  duplicate,
  type FieldError,
  immutable,
  invalid,
  invalidAll,
  nonNegative,
  notSupported,
  required,
  tooLong,
} from "../field-error.ts";
import { held, isHeldAlike, SELECTOR } from "../held/held-json.ts";
import { dns1123Subdomain, qualifiedName } from "../names.ts";
import type { CSIDriver, CSINode, CSIStorageCapacity } from "../object.ts";
import { SCHEMA } from "../schema.ts";
import { each, validateLabelSelector } from "./common.ts";
import { validateAmount } from "./resources.ts";

const DRIVER = SCHEMA.object("io.k8s.api.storage.v1.CSINodeDriver");

type TokenRequest = NonNullable<CSIDriver["spec"]["tokenRequests"]>[number];

const DRIVER_NAME_MAX_BYTES = 63;
const NODE_ID_MAX_BYTES = 256;
const MIN_TOKEN_SECONDS = 600;
const MIN_UPDATE_SECONDS = 10;
const GROUP_POLICIES = ["File", "None", "ReadWriteOnceWithFSType"];
const LIFECYCLE_MODES = ["Persistent", "Ephemeral"];

/** Errors in the name of a CSI driver where something refers to it. */
export function validateCsiDriverName(value: string, path: string): FieldError[] {
  const errors = value === "" ? [required(path)] : [];
  if (Buffer.byteLength(value) > DRIVER_NAME_MAX_BYTES)
    errors.push(tooLong(path, DRIVER_NAME_MAX_BYTES));
  return [
    ...errors,
    ...invalidAll(path, { value, details: dns1123Subdomain(value.toLowerCase()) }),
  ];
}

/** Errors of a CSIDriver after defaulting; the path of `attachRequired` is Kubernetes' own slip. */
export function validateCsiDriver({ spec }: CSIDriver): FieldError[] {
  const { attachRequired, podInfoOnMount, storageCapacity, fsGroupPolicy } = spec ?? {};
  const { tokenRequests, volumeLifecycleModes: modes = [], seLinuxMount } = spec ?? {};
  const period = spec?.nodeAllocatableUpdatePeriodSeconds;
  const must = { attachedRequired: attachRequired, podInfoOnMount, storageCapacity };
  const errors = Object.entries(must).flatMap(([field, value]) =>
    value === undefined ? [required(`spec.${field}`)] : [],
  );
  if (fsGroupPolicy !== undefined && !GROUP_POLICIES.includes(fsGroupPolicy)) {
    const rule = { value: fsGroupPolicy, supported: GROUP_POLICIES };
    errors.push(notSupported("spec.fsGroupPolicy", rule));
  }
  errors.push(...validateTokenRequests(tokenRequests, "spec.tokenRequests"));
  for (const value of modes.filter((mode) => !LIFECYCLE_MODES.includes(mode))) {
    const rule = { value, supported: LIFECYCLE_MODES };
    errors.push(notSupported("spec.volumeLifecycleModes", rule));
  }
  if (seLinuxMount === undefined) errors.push(required("spec.seLinuxMount"));
  if (period !== undefined && period < MIN_UPDATE_SECONDS) {
    const detail = `must be greater than or equal to ${MIN_UPDATE_SECONDS} seconds`;
    errors.push(invalid("spec.nodeAllocatableUpdatePeriodSeconds", { value: period, detail }));
  }
  const inSecrets = spec?.serviceAccountTokenInSecrets;
  if (inSecrets !== undefined && !tokenRequests?.length) {
    const detail = "serviceAccountTokenInSecrets is set but no tokenRequests are specified";
    errors.push(invalid("spec.serviceAccountTokenInSecrets", { value: inSecrets, detail }));
  }
  return errors;
}

function validateTokenRequests(
  requests: readonly TokenRequest[] | undefined,
  path: string,
): FieldError[] {
  const audiences = new Set<string>();
  return each(requests, path, ({ audience, expirationSeconds: value }, at) => {
    if (audiences.has(audience)) return [duplicate(`${at}.audience`, audience)];
    audiences.add(audience);
    if (value === undefined) return [];
    const details: string[] = [];
    if (value < MIN_TOKEN_SECONDS) details.push("may not specify a duration less than 10 minutes");
    if (value > 2 ** 32) details.push("may not specify a duration larger than 2^32 seconds");
    return invalidAll(`${at}.expirationSeconds`, { value, details });
  });
}

export function validateCsiDriverUpdate(next: CSIDriver, current: CSIDriver): FieldError[] {
  const [now, before] = [next.spec ?? {}, current.spec ?? {}];
  return [
    ...immutable("spec.attachedRequired", {
      next: now.attachRequired,
      current: before.attachRequired,
    }),
    ...immutable("spec.volumeLifecycleModes", {
      next: now.volumeLifecycleModes,
      current: before.volumeLifecycleModes,
    }),
  ];
}

/** Errors of a CSINode. */
export function validateCsiNode({ spec }: CSINode): FieldError[] {
  const names = new Set<string>();
  return each(spec?.drivers, "spec.drivers", (driver, at) => {
    const { name, nodeID = "", allocatable, topologyKeys } = driver;
    const errors = validateCsiDriverName(name, `${at}.name`);
    if (nodeID === "") errors.push(required(`${at}.nodeID`));
    if (Buffer.byteLength(nodeID) > NODE_ID_MAX_BYTES) {
      const detail = `must be ${NODE_ID_MAX_BYTES} characters or less`;
      errors.push(invalid(`${at}.nodeID`, { value: nodeID, detail }));
    }
    errors.push(...nonNegative(`${at}.allocatable.count`, allocatable?.count));
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    return [...errors, ...validateTopologyKeys(topologyKeys, at)];
  });
}

function validateTopologyKeys(keys: readonly string[] | undefined, path: string): FieldError[] {
  const seen = new Set<string>();
  return (keys ?? []).flatMap((key) => {
    const errors = key === "" ? [required(path)] : [];
    if (seen.has(key)) errors.push(duplicate(path, key));
    seen.add(key);
    return [...errors, ...invalidAll(path, { value: key, details: qualifiedName(key) })];
  });
}

/**
 * Errors of a change: a driver that stays on a node stays as it is, but for how much it can hold.
 * Kubernetes looks here again at what it looks at in a new one.
 */
export function validateCsiNodeUpdate(next: CSINode, current: CSINode): FieldError[] {
  const changed = (current.spec?.drivers ?? []).flatMap((before) =>
    (next.spec?.drivers ?? []).flatMap(({ allocatable: _, ...now }) => {
      const { allocatable: __, ...old } = before;
      if (now.name !== old.name || isHeldAlike(DRIVER, now, old)) return [];
      const value = held(DRIVER.name, now);
      return [invalid("spec.drivers", { value, detail: "field is immutable" })];
    }),
  );
  return [...validateCsiNode(next), ...changed];
}

/** Errors of a CSIStorageCapacity. */
export function validateCsiStorageCapacity(given: CSIStorageCapacity): FieldError[] {
  const { nodeTopology, storageClassName: value = "", capacity } = given;
  return [
    ...validateLabelSelector(nodeTopology, "nodeTopology"),
    ...invalidAll("storageClassName", { value, details: dns1123Subdomain(value) }),
    ...(capacity === undefined
      ? []
      : validateAmount("capacity", { name: "storage", amount: capacity })),
  ];
}

export function validateCsiStorageCapacityUpdate(
  next: CSIStorageCapacity,
  current: CSIStorageCapacity,
): FieldError[] {
  const [now, before] = [next, current].map(({ nodeTopology }) => held(SELECTOR, nodeTopology));
  const { storageClassName } = current;
  return [
    ...immutable("nodeTopology", { next: now, current: before }),
    ...immutable("storageClassName", { next: next.storageClassName, current: storageClassName }),
  ];
}
