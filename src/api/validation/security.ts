import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  invalidAll,
  notSupported,
  required,
} from "../field-error.ts";
import { userId } from "../names.ts";
import type { Container, PodSpec } from "../object.ts";
import { each, oneOf } from "./common.ts";

type ContainerContext = NonNullable<Container["securityContext"]>;
type PodContext = NonNullable<PodSpec["securityContext"]>;
type Profile = NonNullable<ContainerContext["seccompProfile"]>;

const PROFILE_TYPES = ["Localhost", "RuntimeDefault", "Unconfined"] as const;
const FS_GROUP_POLICIES = ["Always", "OnRootMismatch"] as const;
const SYSCTL = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;
const SYSCTL_MAX_BYTES = 253;

interface Ids {
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
}

function validateIds({ runAsUser, runAsGroup }: Ids, path: string): FieldError[] {
  return [
    ...validateId(runAsUser, `${path}.runAsUser`),
    ...validateId(runAsGroup, `${path}.runAsGroup`),
  ];
}

function validateId(id: number | undefined, path: string): FieldError[] {
  return id === undefined ? [] : invalidAll(path, { value: id, details: userId(id) });
}

function validateProfile(profile: Profile | undefined, path: string): FieldError[] {
  if (profile === undefined) return [];
  const { type, localhostProfile } = profile;
  const errors = oneOf(`${path}.type`, { value: type, supported: PROFILE_TYPES });
  const at = `${path}.localhostProfile`;
  if (type === "Localhost" && !localhostProfile) {
    errors.push(required(at, "must be set when seccomp type is Localhost"));
  }
  if (type !== "Localhost" && localhostProfile !== undefined) {
    const detail = "can only be set when seccomp type is Localhost";
    errors.push(invalid(at, { value: localhostProfile, detail }));
  }
  return errors;
}

/** Errors of a container's securityContext. */
export function validateContainerContext(
  context: ContainerContext | undefined,
  path: string,
): FieldError[] {
  if (context === undefined) return [];
  const { allowPrivilegeEscalation, privileged, capabilities, procMount } = context;
  const errors = validateIds(context, path);
  if (procMount !== undefined && procMount !== "Default" && procMount !== "Unmasked") {
    const supported = ["Default", "Unmasked"];
    errors.push(notSupported(`${path}.procMount`, { value: procMount, supported }));
  }
  errors.push(...validateProfile(context.seccompProfile, `${path}.seccompProfile`));
  if (allowPrivilegeEscalation !== false) return errors;
  if (privileged) {
    const detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
    errors.push(invalid(path, { value: context, detail }));
  }
  if (capabilities?.add?.includes("CAP_SYS_ADMIN")) {
    const detail =
      "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
    errors.push(invalid(path, { value: context, detail }));
  }
  return errors;
}

/** Errors of what a pod takes from its host: securityContext and the host's namespaces. */
export function validatePodContext(spec: PodSpec, path: string): FieldError[] {
  const at = `${path}.securityContext`;
  const context: PodContext = spec.securityContext ?? {};
  const { fsGroup, supplementalGroups, fsGroupChangePolicy, sysctls } = context;
  const errors = [
    ...validateId(fsGroup, `${at}.fsGroup`),
    ...validateIds(context, at),
    ...each(supplementalGroups, `${at}.supplementalGroups`, validateId),
  ];
  if (spec.shareProcessNamespace && spec.hostPID) {
    const detail = "ShareProcessNamespace and HostPID cannot both be enabled";
    errors.push(invalid(`${path}.shareProcessNamespace`, { value: true, detail }));
  }
  errors.push(...validateSysctls(sysctls ?? [], `${at}.sysctls`));
  if (fsGroupChangePolicy !== undefined) {
    const value = fsGroupChangePolicy;
    errors.push(...oneOf(`${at}.fsGroupChangePolicy`, { value, supported: FS_GROUP_POLICIES }));
  }
  errors.push(...validateProfile(context.seccompProfile, `${at}.seccompProfile`));
  return errors;
}

function validateSysctls(sysctls: readonly { name: string }[], path: string): FieldError[] {
  const names = new Set<string>();
  return each(sysctls, path, ({ name }, at) => {
    if (!name) return [required(`${at}.name`)];
    if (names.has(name)) return [duplicate(`${at}.name`, name)];
    names.add(name);
    if (name.length <= SYSCTL_MAX_BYTES && SYSCTL.test(name)) return [];
    const detail = `must have at most ${SYSCTL_MAX_BYTES} characters and match regex ${SYSCTL.source}`;
    return [invalid(`${at}.name`, { value: name, detail })];
  });
}

/** With user namespaces a pod shares none of its host's namespaces. */
export function validateHostUsers(spec: PodSpec, path: string): FieldError[] {
  if (spec.hostUsers !== false) return [];
  const detail = "when `pod.Spec.HostUsers` is false";
  const shared = [
    ["hostNetwork", spec.hostNetwork],
    ["HostPID", spec.hostPID],
    ["HostIPC", spec.hostIPC],
  ] as const;
  return shared.filter(([, is]) => is).map(([field]) => forbidden(`${path}.${field}`, detail));
}
