import type { Container } from "../object.ts";
import { APP_ARMOR, SECCOMP_CONTAINER, SECCOMP_POD } from "../profile-annotations.ts";
import {
  badSettings,
  type Check,
  containersOf,
  counted,
  namesWhere,
  plural,
  quoted,
  sorted,
} from "./check.ts";

/** Since when the field of seccomp counts, and its annotations do not. */
const SECCOMP_FIELD_MINOR = 19;
const PROFILES: ReadonlySet<string> = new Set(["RuntimeDefault", "Localhost"]);

/** Where host namespaces mean little: the users inside are nobody outside. */
export const USER_NAMESPACE_MINOR = 35;

export const appArmorProfile: Check = (pod) => {
  const bad = badSettings(pod, {
    ofPod: pod.spec.securityContext?.appArmorProfile?.type,
    of: ({ securityContext }) => securityContext?.appArmorProfile?.type,
    isBad: (type) => !PROFILES.has(type),
  });
  const annotations = Object.entries(pod.annotations)
    .filter(
      ([key, value]) =>
        key.startsWith(APP_ARMOR) &&
        !(value === "" || value === "runtime/default" || value.startsWith("localhost/")),
    )
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const who = [
    ...(bad === undefined ? [] : [bad.who]),
    ...(annotations.length > 0 ? [plural("annotation", annotations)] : []),
  ];
  if (who.length === 0) return undefined;
  const values = [...sorted(bad?.values ?? []), ...sorted(annotations)];
  return {
    reason: plural("forbidden AppArmor profile", values),
    detail: `${who.join(" and ")} must not set AppArmor profile type to ${quoted(values)}`,
  };
};

const CAPABILITIES: ReadonlySet<string> = new Set([
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
]);

export const capabilities: Check = (pod) => {
  const badOf = ({ securityContext }: Container): string[] =>
    (securityContext?.capabilities?.add ?? []).filter((name) => !CAPABILITIES.has(name));
  const names = namesWhere(pod, (container) => badOf(container).length > 0);
  if (names.length === 0) return undefined;
  const bad = sorted(containersOf(pod).flatMap(badOf));
  return {
    reason: "non-default capabilities",
    detail: `${counted("container", names)} must not include ${quoted(bad)} in securityContext.capabilities.add`,
  };
};

export const hostNamespaces: Check = ({ spec }) => {
  const shared = (["hostNetwork", "hostPID", "hostIPC"] as const).filter((name) => spec[name]);
  if (shared.length === 0) return undefined;
  return { reason: "host namespaces", detail: shared.map((name) => `${name}=true`).join(", ") };
};

export const hostPathVolumes: Check = ({ spec }) => {
  const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath).map(({ name }) => name);
  if (names.length === 0) return undefined;
  return { reason: "hostPath volumes", detail: counted("volume", names) };
};

export const hostPorts: Check = (pod) => {
  const portsOf = ({ ports = [] }: Container): number[] =>
    ports.flatMap(({ hostPort }) => hostPort || []);
  const names = namesWhere(pod, (container) => portsOf(container).length > 0);
  if (names.length === 0) return undefined;
  const ports = sorted(containersOf(pod).flatMap(portsOf).map(String));
  const uses = names.length === 1 ? "uses" : "use";
  return {
    reason: "hostPort",
    detail: `${counted("container", names)} ${uses} ${plural("hostPort", ports)} ${ports.join(", ")}`,
  };
};

export const hostProbes: Check = (pod) => {
  const hostsOf = (container: Container): string[] => {
    const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
    const handlers = [
      ...[livenessProbe, readinessProbe, startupProbe],
      ...[lifecycle?.postStart, lifecycle?.preStop],
    ];
    return handlers.flatMap((handler) => [
      ...(handler?.httpGet?.host ? [handler.httpGet.host] : []),
      ...(handler?.tcpSocket?.host ? [handler.tcpSocket.host] : []),
    ]);
  };
  const names = sorted(namesWhere(pod, (container) => hostsOf(container).length > 0));
  if (names.length === 0) return undefined;
  const hosts = sorted(containersOf(pod).flatMap(hostsOf));
  const uses = names.length === 1 ? "uses" : "use";
  return {
    reason: "probe or lifecycle host",
    detail: `${counted("container", names)} ${uses} ${counted("probe or lifecycle host", hosts)}`,
  };
};

export const privileged: Check = (pod) => {
  const names = namesWhere(pod, ({ securityContext }) => securityContext?.privileged === true);
  if (names.length === 0) return undefined;
  return {
    reason: "privileged",
    detail: `${counted("container", names)} must not set securityContext.privileged=true`,
  };
};

/** Said by both levels: the baseline lets pods with users of their own see more. */
export const procMount: Check = (pod) => {
  const mountOf = ({ securityContext }: Container): string =>
    securityContext?.procMount ?? "Default";
  const names = namesWhere(pod, (container) => mountOf(container) !== "Default");
  if (names.length === 0) return undefined;
  const mounts = sorted(containersOf(pod).map(mountOf)).filter((mount) => mount !== "Default");
  return {
    reason: "procMount",
    detail: `${counted("container", names)} must not set securityContext.procMount to ${quoted(mounts)}`,
  };
};

export const procMountBaseline: Check = (pod, minor) =>
  minor >= USER_NAMESPACE_MINOR && pod.spec.hostUsers === false ? undefined : procMount(pod, minor);

export const seccompProfile: Check = (pod, minor) => {
  if (minor < SECCOMP_FIELD_MINOR) return seccompAnnotations(pod, minor);
  const bad = badSettings(pod, {
    ofPod: pod.spec.securityContext?.seccompProfile?.type,
    of: ({ securityContext }) => securityContext?.seccompProfile?.type,
    isBad: (type) => !PROFILES.has(type),
  });
  return (
    bad && {
      reason: "seccompProfile",
      detail: `${bad.who} must not set securityContext.seccompProfile.type to ${quoted(sorted(bad.values))}`,
    }
  );
};

const seccompAnnotations: Check = (pod) => {
  const keys = [
    SECCOMP_POD,
    ...namesWhere(pod, () => true).map((name) => SECCOMP_CONTAINER + name),
  ];
  const bad = keys.flatMap((key) => {
    const value = pod.annotations[key];
    const isGood =
      value === undefined ||
      value === "runtime/default" ||
      value === "docker/default" ||
      value.startsWith("localhost/");
    return isGood ? [] : `${key}=${JSON.stringify(value)}`;
  });
  if (bad.length === 0) return undefined;
  return {
    reason: "seccompProfile",
    detail: `forbidden ${plural("annotation", bad)} ${sorted(bad).join(", ")}`,
  };
};

const ENGINE_TYPE_MINOR = 31;
const SELINUX_TYPES = ["", "container_t", "container_init_t", "container_kvm_t"];

export const seLinuxOptions: Check = (pod, minor) => {
  const types = new Set([
    ...SELINUX_TYPES,
    ...(minor >= ENGINE_TYPE_MINOR ? ["container_engine_t"] : []),
  ]);
  const bad = badSettings(pod, {
    ofPod: pod.spec.securityContext?.seLinuxOptions,
    of: ({ securityContext }) => securityContext?.seLinuxOptions,
    isBad: ({ type = "", user, role }) => !types.has(type) || Boolean(user) || Boolean(role),
  });
  if (bad === undefined) return undefined;
  const badTypes = sorted(bad.values.map(({ type = "" }) => type)).filter((one) => !types.has(one));
  const what = [
    ...(badTypes.length > 0 ? [counted("type", badTypes)] : []),
    ...(bad.values.some(({ user }) => user) ? ["user may not be set"] : []),
    ...(bad.values.some(({ role }) => role) ? ["role may not be set"] : []),
  ];
  return {
    reason: "seLinuxOptions",
    detail: `${bad.who} set forbidden securityContext.seLinuxOptions: ${what.join("; ")}`,
  };
};

/** Safe sysctls, by the minor version that first let them pass. */
const SYSCTLS: ReadonlyMap<string, number> = new Map([
  ["kernel.shm_rmid_forced", 0],
  ["net.ipv4.ip_local_port_range", 0],
  ["net.ipv4.tcp_syncookies", 0],
  ["net.ipv4.ping_group_range", 0],
  ["net.ipv4.ip_unprivileged_port_start", 0],
  ["net.ipv4.ip_local_reserved_ports", 27],
  ["net.ipv4.tcp_keepalive_time", 29],
  ["net.ipv4.tcp_fin_timeout", 29],
  ["net.ipv4.tcp_keepalive_intvl", 29],
  ["net.ipv4.tcp_keepalive_probes", 29],
  ["net.ipv4.tcp_rmem", 32],
  ["net.ipv4.tcp_wmem", 32],
]);

function isSafe(sysctl: string, minor: number): boolean {
  const since = SYSCTLS.get(sysctl);
  return since !== undefined && since <= minor;
}

export const sysctls: Check = ({ spec }, minor) => {
  const names = (spec.securityContext?.sysctls ?? [])
    .map(({ name }) => name)
    .filter((name) => !isSafe(name, minor));
  if (names.length === 0) return undefined;
  return { reason: "forbidden sysctls", detail: names.join(", ") };
};

export const windowsHostProcess: Check = (pod) => {
  const bad = badSettings(pod, {
    ofPod: pod.spec.securityContext?.windowsOptions?.hostProcess,
    of: ({ securityContext }) => securityContext?.windowsOptions?.hostProcess,
    isBad: (hostProcess) => hostProcess,
  });
  return (
    bad && {
      reason: "hostProcess",
      detail: `${bad.who} must not set securityContext.windowsOptions.hostProcess=true`,
    }
  );
};
