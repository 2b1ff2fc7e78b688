import type { Container, Pod } from "#api/object.ts";
import { allContainers } from "#api/pod.ts";
import type { ContainerSecurity, ImageInfo, SecurityProfile } from "../runtime/types.ts";
import { ContainerConfigError } from "./config-error.ts";

/**
 * A container's security context over its pod's.
 * @throws {ContainerConfigError} when it would run as root though it must not.
 */
export function containerSecurity(
  pod: Pod,
  container: Container,
  image: ImageInfo,
): ContainerSecurity {
  const own = container.securityContext ?? {};
  const merged = { ...pod.spec?.securityContext, ...withoutUndefined(own) };
  const { runAsUser, runAsGroup, supplementalGroups = [], fsGroup } = merged;
  if (merged.runAsNonRoot) {
    refuseRoot(runAsUser ?? image.user, `(pod: "${formatPod(pod)}", container: ${container.name})`);
  }
  const user = userText(runAsUser, runAsGroup, image);
  return {
    ...(user !== undefined && { user }),
    supplementalGroups:
      fsGroup === undefined ? supplementalGroups : [...supplementalGroups, fsGroup],
    privileged: own.privileged ?? false,
    readOnlyRootFilesystem: own.readOnlyRootFilesystem ?? false,
    allowPrivilegeEscalation: own.allowPrivilegeEscalation ?? true,
    addCapabilities: own.capabilities?.add ?? [],
    dropCapabilities: own.capabilities?.drop ?? [],
    seccomp: profileOf(merged.seccompProfile),
    ...(merged.appArmorProfile && { appArmor: profileOf(merged.appArmorProfile) }),
    ...(merged.seLinuxOptions && { seLinux: merged.seLinuxOptions }),
    unmaskedProc: own.procMount === "Unmasked",
  };
}

/**
 * The user that all containers of a pod run as, where it says so and they are one (kubelet's
 * `FsUserFrom`): files that are for that user alone can be his.
 */
export function commonUser({ spec }: Pod): number | undefined {
  const ofPod = spec?.securityContext?.runAsUser;
  const users = new Set(
    allContainers(spec).map(({ securityContext }) => securityContext?.runAsUser ?? ofPod),
  );
  const [user] = users;
  return users.size === 1 ? user : undefined;
}

function profileOf(
  profile: { readonly type?: string; readonly localhostProfile?: string } | undefined,
): SecurityProfile {
  if (profile?.type === "Unconfined") return { type: "unconfined" };
  if (profile?.type !== "Localhost") return { type: "default" };
  return { type: "localhost", name: profile.localhostProfile ?? "" };
}

/** A group without a user keeps the image's user. */
function userText(
  user: number | undefined,
  group: number | undefined,
  image: ImageInfo,
): string | undefined {
  if (group === undefined) return user === undefined ? undefined : String(user);
  return `${user ?? (image.user.split(":")[0] || "0")}:${group}`;
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  const set: Partial<T> = { ...value };
  for (const key in set) if (set[key] === undefined) delete set[key];
  return set;
}

/** `name_namespace(uid)`, kubelet's way to name a pod in messages. */
export function formatPod({ metadata }: Pod): string {
  return `${metadata?.name}_${metadata?.namespace}(${metadata?.uid})`;
}

/** kubelet's `verifyRunAsNonRoot`; an image's user may be `uid`, `uid:gid` or a name. */
function refuseRoot(user: number | string, where: string): void {
  if (user === 0) {
    throw new ContainerConfigError(`container's runAsUser breaks non-root policy ${where}`);
  }
  if (typeof user === "number") return;
  const [name = ""] = user.split(":");
  if (name === "" || /^0+$/.test(name)) {
    throw new ContainerConfigError(
      `container has runAsNonRoot and image will run as root ${where}`,
    );
  }
  if (!/^\d+$/.test(name)) {
    throw new ContainerConfigError(
      `container has runAsNonRoot and image has non-numeric user (${name}), cannot verify user is non-root ${where}`,
    );
  }
}
