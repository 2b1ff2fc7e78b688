import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  invalidAll,
  notSupported,
  required,
  tooLong,
} from "../field-error.ts";
import { held } from "../held/held-json.ts";
import { userId } from "../names.ts";
import type { Container, PodSpec } from "../object.ts";
import { each } from "./common.ts";
import { validateDescendingPath } from "./paths.ts";
import { validateWindowsOptions } from "./windows.ts";

type ContainerContext = NonNullable<Container["securityContext"]>;
type PodContext = NonNullable<PodSpec["securityContext"]>;
type Profile = NonNullable<ContainerContext["seccompProfile"]>;

const PROFILE_TYPES = ["Localhost", "RuntimeDefault", "Unconfined"] as const;
const FS_GROUP_POLICIES = ["Always", "OnRootMismatch"] as const;
const SYSCTL_PATTERN = "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
const SYSCTL = new RegExp(SYSCTL_PATTERN);
const IPC_SYSCTL =
  /^(kernel\.(sem|shm|shmall|shmmax|shmmni|shm_rmid_forced|msg|msgmax|msgmnb|msgmni)$|fs\.mqueue\.)/;
const SYSCTL_MAX_BYTES = 253;
const PROFILE_MAX_BYTES = 4095;

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

function validateSeccomp(profile: Profile | undefined, path: string): FieldError[] {
  if (profile === undefined) return [];
  const { type = "", localhostProfile } = profile;
  const at = `${path}.localhostProfile`;
  const errors = validateProfileType(type, { path, what: "seccompProfile" });
  if (type !== "Localhost") {
    const detail = "can only be set when seccomp type is Localhost";
    if (localhostProfile === undefined) return errors;
    return [
      ...errors,
      invalid(at, { value: held("io.k8s.api.core.v1.SeccompProfile", profile), detail }),
    ];
  }
  if (localhostProfile === undefined) {
    return [...errors, required(at, "must be set when seccomp type is Localhost")];
  }
  return [...errors, ...validateDescendingPath(localhostProfile, at)];
}

function validateProfileType(
  type: string,
  { path, what }: { path: string; what: string },
): FieldError[] {
  const at = `${path}.type`;
  if (!type) return [required(at, `type is required when ${what} is set`)];
  const supported: readonly string[] = PROFILE_TYPES;
  return supported.includes(type) ? [] : [notSupported(at, { value: type, supported })];
}

function validateAppArmor(profile: Profile | undefined, path: string): FieldError[] {
  if (profile === undefined) return [];
  const { type, localhostProfile: value } = profile;
  const at = `${path}.localhostProfile`;
  const errors = validateProfileType(type, { path, what: "appArmorProfile" });
  if (errors.length > 0) return errors;
  if (type !== "Localhost") {
    const detail = "can only be set when AppArmor type is Localhost";
    return value === undefined ? errors : [...errors, invalid(at, { value, detail })];
  }
  if (!value) return [...errors, required(at, "must be set when AppArmor type is Localhost")];
  if (value.trim() !== value) {
    errors.push(invalid(at, { value, detail: "must not be padded with whitespace" }));
  }
  if (Buffer.byteLength(value) > PROFILE_MAX_BYTES) errors.push(tooLong(at, PROFILE_MAX_BYTES));
  return errors;
}

/** Errors of a container's securityContext. */
export function validateContainerContext(
  context: ContainerContext | undefined,
  path: string,
  hostUsers: boolean,
): FieldError[] {
  if (context === undefined) return [];
  return [
    ...validateIds(context, path),
    ...validateProcMount(context.procMount, `${path}.procMount`, hostUsers),
    ...validateSeccomp(context.seccompProfile, `${path}.seccompProfile`),
    ...validateEscalation(context, path),
    ...validateWindowsOptions(context.windowsOptions, `${path}.windowsOptions`),
    ...validateAppArmor(context.appArmorProfile, `${path}.appArmorProfile`),
  ];
}

function validateProcMount(
  value: string | undefined,
  path: string,
  hostUsers: boolean,
): FieldError[] {
  if (value === undefined || value === "Default") return [];
  if (value !== "Unmasked") {
    return [notSupported(path, { value, supported: ["Default", "Unmasked"] })];
  }
  const detail = "`hostUsers` must be false to use `Unmasked`";
  return hostUsers ? [invalid(path, { value, detail })] : [];
}

function validateEscalation(context: ContainerContext, path: string): FieldError[] {
  const { allowPrivilegeEscalation, privileged, capabilities } = context;
  const errors: FieldError[] = [];
  if (allowPrivilegeEscalation !== false) return errors;
  const value = held("io.k8s.api.core.v1.SecurityContext", context);
  if (privileged) {
    const detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
    errors.push(invalid(path, { value, detail }));
  }
  if (capabilities?.add?.includes("CAP_SYS_ADMIN")) {
    const detail =
      "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
    errors.push(invalid(path, { value, detail }));
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
    errors.push(invalid(`${at}.shareProcessNamespace`, { value: true, detail }));
  }
  errors.push(...validateSysctls(sysctls ?? [], `${at}.sysctls`, spec));
  errors.push(
    ...validateChoice(fsGroupChangePolicy, `${at}.fsGroupChangePolicy`, FS_GROUP_POLICIES),
  );
  return [
    ...errors,
    ...validateSeccomp(context.seccompProfile, `${at}.seccompProfile`),
    ...validateWindowsOptions(context.windowsOptions, `${at}.windowsOptions`),
    ...validateAppArmor(context.appArmorProfile, `${at}.appArmorProfile`),
    ...validateChoice(context.supplementalGroupsPolicy, `${at}.supplementalGroupsPolicy`, [
      "Merge",
      "Strict",
    ]),
    // by mount option volumes are labelled only where SELinuxMount is on, which it is not by default
    ...validateChoice(context.seLinuxChangePolicy, `${at}.seLinuxChangePolicy`, ["Recursive"]),
  ];
}

function validateChoice(
  value: string | undefined,
  path: string,
  supported: readonly string[],
): FieldError[] {
  if (value === undefined || supported.includes(value)) return [];
  return [notSupported(path, { value, supported })];
}

function validateSysctls(
  sysctls: readonly { name: string }[],
  path: string,
  spec: PodSpec,
): FieldError[] {
  const names = new Set<string>();
  return each(sysctls, path, ({ name = "" }, at) => {
    const field = `${at}.name`;
    const errors: FieldError[] = [];
    if (name === "") errors.push(required(field));
    else if (name.length > SYSCTL_MAX_BYTES || !SYSCTL.test(name)) {
      const detail = `must have at most ${SYSCTL_MAX_BYTES} characters and match regex ${SYSCTL_PATTERN}`;
      errors.push(invalid(field, { value: name, detail }));
    } else if (names.has(name)) errors.push(duplicate(field, name));
    names.add(name);
    const shared = hostNamespace(name, spec);
    if (shared === undefined) return errors;
    const detail = `may not be specified when '${shared}' is true`;
    return [...errors, invalid(field, { value: name, detail })];
  });
}

/** Of the host's own settings a pod changes none. */
function hostNamespace(
  name: string,
  { hostNetwork, hostIPC }: PodSpec,
): "hostNetwork" | "hostIPC" | undefined {
  const namespace = sysctlNamespace(name);
  if (hostNetwork && namespace === "net") return "hostNetwork";
  return hostIPC && namespace === "ipc" ? "hostIPC" : undefined;
}

/** Whose setting it is where each namespace of a kind has its own; undefined for the machine's. */
export function sysctlNamespace(name: string): "net" | "ipc" | "uts" | undefined {
  const dotted = name.replaceAll("/", ".");
  if (dotted.startsWith("net.")) return "net";
  if (dotted === "kernel.domainname") return "uts";
  return IPC_SYSCTL.test(dotted) ? "ipc" : undefined;
}

/** With user namespaces a pod shares none of its host's namespaces. */
export function validateHostUsers(spec: PodSpec, path: string): FieldError[] {
  if (spec.hostUsers !== false) return [];
  const detail = "when `hostUsers` is false";
  const shared = [
    ["hostNetwork", spec.hostNetwork],
    ["HostPID", spec.hostPID],
    ["HostIPC", spec.hostIPC],
  ] as const;
  return [
    ...shared.filter(([, is]) => is).map(([field]) => forbidden(`${path}.${field}`, detail)),
    ...(["initContainers", "containers", "ephemeralContainers"] as const).flatMap((list) =>
      each<Pick<Container, "volumeDevices">>(
        spec[list],
        `${path}.${list}`,
        ({ volumeDevices }, at) =>
          volumeDevices?.length ? [forbidden(`${at}.volumeDevices`, detail)] : [],
      ),
    ),
  ];
}
