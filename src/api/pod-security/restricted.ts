import type { Container, Volume } from "../object.ts";
import { seccompProfile, USER_NAMESPACE_MINOR } from "./baseline.ts";
import {
  badSettings,
  type Check,
  type CheckedPod,
  containersOf,
  counted,
  namesWhere,
  quoted,
  sorted,
} from "./check.ts";

/** Since when pods that say they are for Windows need not say what only Linux knows. */
const WINDOWS_MINOR = 25;

const isWindows = ({ spec }: CheckedPod, minor: number): boolean =>
  minor >= WINDOWS_MINOR && spec.os?.name === "windows";

const hasOwnUsers = ({ spec }: CheckedPod, minor: number): boolean =>
  minor >= USER_NAMESPACE_MINOR && spec.hostUsers === false;

export const allowPrivilegeEscalation: Check = (pod, minor) => {
  if (isWindows(pod, minor)) return undefined;
  const names = namesWhere(
    pod,
    ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false,
  );
  if (names.length === 0) return undefined;
  return {
    reason: "allowPrivilegeEscalation != false",
    detail: `${counted("container", names)} must set securityContext.allowPrivilegeEscalation=false`,
  };
};

export const restrictedCapabilities: Check = (pod, minor) => {
  if (isWindows(pod, minor)) return undefined;
  const addedBy = ({ securityContext }: Container): string[] =>
    (securityContext?.capabilities?.add ?? []).filter((name) => name !== "NET_BIND_SERVICE");
  const keeping = namesWhere(
    pod,
    ({ securityContext }) => !(securityContext?.capabilities?.drop ?? []).includes("ALL"),
  );
  const adding = namesWhere(pod, (container) => addedBy(container).length > 0);
  const added = sorted(containersOf(pod).flatMap(addedBy));
  const details = [
    ...(keeping.length > 0
      ? [`${counted("container", keeping)} must set securityContext.capabilities.drop=["ALL"]`]
      : []),
    ...(adding.length > 0
      ? [
          `${counted("container", adding)} must not include ${quoted(added)} in securityContext.capabilities.add`,
        ]
      : []),
  ];
  if (details.length === 0) return undefined;
  return { reason: "unrestricted capabilities", detail: details.join("; ") };
};

const ALLOWED_VOLUMES: ReadonlySet<string> = new Set([
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
]);

export const restrictedVolumes: Check = ({ spec }) => {
  const typeOf = ({ name: _, ...source }: Volume): string => Object.keys(source)[0] ?? "unknown";
  const bad = (spec.volumes ?? []).filter((volume) => !ALLOWED_VOLUMES.has(typeOf(volume)));
  if (bad.length === 0) return undefined;
  const names = bad.map(({ name }) => name);
  const uses = names.length === 1 ? "uses" : "use";
  return {
    reason: "restricted volume types",
    detail: `${counted("volume", names)} ${uses} ${counted("restricted volume type", sorted(bad.map(typeOf)))}`,
  };
};

export const runAsNonRoot: Check = (pod, minor) => {
  if (hasOwnUsers(pod, minor)) return undefined;
  const reason = "runAsNonRoot != true";
  const ofPod = pod.spec.securityContext?.runAsNonRoot;
  const bad = badSettings(pod, {
    ofPod,
    of: ({ securityContext }) => securityContext?.runAsNonRoot,
    isBad: (value) => !value,
  });
  if (bad) return { reason, detail: `${bad.who} must not set securityContext.runAsNonRoot=false` };
  const silent = namesWhere(
    pod,
    ({ securityContext }) => ofPod !== true && securityContext?.runAsNonRoot === undefined,
  );
  if (silent.length === 0) return undefined;
  const who = `pod or ${counted("container", silent)}`;
  return { reason, detail: `${who} must set securityContext.runAsNonRoot=true` };
};

export const runAsUser: Check = (pod, minor) => {
  if (hasOwnUsers(pod, minor)) return undefined;
  const bad = badSettings(pod, {
    ofPod: pod.spec.securityContext?.runAsUser,
    of: ({ securityContext }) => securityContext?.runAsUser,
    isBad: (user) => user === 0,
  });
  return bad && { reason: "runAsUser=0", detail: `${bad.who} must not set runAsUser=0` };
};

export const restrictedSeccompProfile: Check = (pod, minor) => {
  if (isWindows(pod, minor)) return undefined;
  const bad = seccompProfile(pod, minor);
  if (bad || pod.spec.securityContext?.seccompProfile) return bad;
  const silent = namesWhere(pod, ({ securityContext }) => !securityContext?.seccompProfile);
  if (silent.length === 0) return undefined;
  return {
    reason: "seccompProfile",
    detail: `pod or ${counted("container", silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  };
};
