import { realpath } from "node:fs/promises";
import type { Container } from "#api/object.ts";
import { ContainerConfigError } from "../container/config-error.ts";
import { expand } from "../container/expand.ts";
import type { Mount } from "../runtime/types.ts";
import type { PreparedVolumes } from "../volume/pod-volumes.ts";
import { resolveSubPath } from "../volume/sub-path.ts";
import type { PodFiles } from "./pod-files.ts";

const PROPAGATION = {
  None: "private",
  HostToContainer: "rslave",
  Bidirectional: "rshared",
} as const;

interface Around {
  readonly volumes: PreparedVolumes;
  readonly files: PodFiles;
  readonly env: Readonly<Record<string, string>>;
  readonly terminationLog: string;
}

/** What is mounted into a container: its volumes, then the files that the node keeps for it. */
export async function containerMounts(container: Container, around: Around): Promise<Mount[]> {
  const { files, terminationLog } = around;
  const mounts: Mount[] = [];
  for (const wanted of container.volumeMounts ?? []) {
    mounts.push(await volumeMount(wanted, around));
  }
  const taken = new Set(mounts.map(({ containerPath }) => containerPath));
  const own = [
    { hostPath: files.resolvConf, containerPath: "/etc/resolv.conf" },
    { hostPath: files.hosts, containerPath: "/etc/hosts" },
    {
      hostPath: terminationLog,
      containerPath: container.terminationMessagePath ?? "/dev/termination-log",
    },
  ].filter(({ containerPath }) => !taken.has(containerPath));
  return [
    ...mounts,
    ...own.map((mount) => ({
      ...mount,
      ...{ readOnly: false, propagation: "private" as const, isOwn: true },
    })),
  ];
}

async function volumeMount(
  wanted: NonNullable<Container["volumeMounts"]>[number],
  { volumes, env }: Around,
): Promise<Mount> {
  const { name, mountPath, subPath, subPathExpr, readOnly = false, mountPropagation } = wanted;
  const volume = volumes.get(name);
  if (volume === undefined) throw new ContainerConfigError(`volume ${name} does not exist`);
  const inside = subPathExpr ? expand(subPathExpr, (key) => env[key]) : subPath;
  const propagation = PROPAGATION[mountPropagation as keyof typeof PROPAGATION] ?? "private";
  return {
    hostPath: inside ? await resolveSubPath(volume.path, inside) : await realpath(volume.path),
    containerPath: mountPath.startsWith("/") ? mountPath : `/${mountPath}`,
    readOnly: readOnly || volume.readOnly,
    propagation,
    isOwn: volume.isOwn,
  };
}
