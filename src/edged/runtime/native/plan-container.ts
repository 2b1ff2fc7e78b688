import { readFile, stat, statfs } from "node:fs/promises";
import { release } from "node:os";
import { join } from "node:path";
import { DEFAULT_DEVICES } from "#linux/devices/rules.ts";
import { fileSystemName } from "#linux/file-system.ts";
import { parseMountInfo } from "#linux/mount-info.ts";
import type { StoredImage } from "../../image/image-store.ts";
import type { ContainerSpec, Mount } from "../types.ts";
import { cgroupViews } from "./cgroup-views.ts";
import { containerProcess } from "./container-settings.ts";
import { hostDevices } from "./host-devices.ts";
import { imageFiles } from "./image-files.ts";
import type { NativeSite } from "./native-site.ts";
import type { BindMount } from "./program/bind.ts";
import type { ContainerPlan } from "./program/container-program.ts";
import { checkPropagation } from "./propagation.ts";
import type { SandboxRecord } from "./records.ts";

export interface PlanInput {
  readonly spec: ContainerSpec;
  readonly sandbox: SandboxRecord;
  readonly image: StoredImage;
  /** The container's own directory. */
  readonly directory: string;
  readonly cgroupFiles: readonly string[];
  /** The memory that all containers of the pod share, on the host. */
  readonly sharedMemory: string;
  /** The file on the host that is its /etc/hostname. */
  readonly hostnameFile: string;
}

/**
 * Decides all that a container is to be.
 * @throws when it cannot be: no command, an unknown user or capability, a mount without a source, or
 * one that cannot spread as it is to.
 */
export async function planContainer(site: NativeSite, input: PlanInput): Promise<ContainerPlan> {
  const { spec, sandbox, image, directory, cgroupFiles, sharedMemory, hostnameFile } = input;
  const { security, resources } = spec;
  const { layersDirectory } = site.images;
  const { users } = sandbox;
  const process = await containerProcess({
    ...{ spec, ...(users && { users }) },
    config: image.config,
    hostname: sandbox.hostname,
    imageFile: imageFiles(layersDirectory, image.lowerDirectories),
  });
  const own = { readOnly: false, propagation: "private", isOwn: true } as const;
  const shm: Mount = { ...own, hostPath: sharedMemory, containerPath: "/dev/shm" };
  const hostname: Mount = { ...own, hostPath: hostnameFile, containerPath: "/etc/hostname" };
  const { capabilities } = process;
  const profile = security.privileged ? UNCONFINED : security.seccomp;
  const seccomp = await site.confinement.seccompFilter({ profile, capabilities });
  const seLinux = site.confinement.seLinuxLabels({ security, podLevel: sandbox.seLinuxLevel });
  const labels = site.confinement.processLabels(security, seLinux);
  const given = users ? await Promise.all(spec.mounts.map(mapped)) : spec.mounts;
  const mounts = [shm, hostname, ...given];
  const layers = image.lowerDirectories.map((path) => join(layersDirectory, path));
  if (seLinux) await site.confinement.labelFiles({ layers, mounts }, seLinux);
  return {
    root: {
      ...{ layersDirectory, lowerDirectories: image.lowerDirectories, directory },
      ...(users && { layersCarrier: await carrierOf(layersDirectory) }),
      ...(seLinux && { fileLabel: seLinux.file }),
    },
    readOnlyRoot: security.readOnlyRootFilesystem,
    cgroupFiles,
    oomScoreAdj: Math.max(resources.oomScoreAdj, site.lowestOomScore),
    kernel: {
      paths: site.kernelPaths,
      cgroups: cgroupViews(site.cgroups),
      writable: security.privileged,
    },
    unguarded: security.privileged || security.unmaskedProc,
    devices: security.privileged ? await hostDevices() : DEFAULT_DEVICES,
    mounts: await bindMounts(mounts),
    ...{ tty: spec.tty, stdin: spec.stdin },
    process: {
      ...process,
      ...(seccomp && { seccomp }),
      ...labels,
    },
  };
}

const UNCONFINED = { type: "unconfined" } as const;

/** A mount whose files are the pod's users'. @throws when it is to spread what they mount: it cannot. */
async function mapped(mount: Mount): Promise<Omit<BindMount, "directory">> {
  if (mount.propagation === "rshared") {
    const why = "the pod has users of its own";
    throw new Error(`mounts in "${mount.containerPath}" cannot spread to the host: ${why}`);
  }
  return { ...mount, carrier: await carrierOf(mount.hostPath) };
}

/**
 * What must be able to show files with other owners, as a person is told. Where its server is dead
 * nobody waits but who asks.
 */
async function carrierOf(path: string): Promise<string> {
  return `${fileSystemName((await statfs(path)).type)} with Linux ${release()}`;
}

/** In the order in which they are mounted: what lies deeper later, as it would be hidden otherwise. */
async function bindMounts(
  mounts: readonly Omit<BindMount, "directory">[],
): Promise<readonly BindMount[]> {
  if (mounts.some(({ propagation }) => propagation !== "private")) {
    checkPropagation(mounts, parseMountInfo(await readFile("/proc/self/mountinfo", "utf8")));
  }
  const sorted = mounts.toSorted((a, b) => depth(a) - depth(b));
  return Promise.all(
    sorted.map(async (mount) => ({
      ...mount,
      directory: (await stat(mount.hostPath)).isDirectory(),
    })),
  );
}

function depth({ containerPath }: Mount): number {
  return containerPath.split("/").filter((part) => part !== "").length;
}
