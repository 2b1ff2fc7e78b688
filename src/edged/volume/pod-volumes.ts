import { chmod, chown, mkdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Pod, Volume } from "#api/object.ts";
import { byteValue } from "#api/quantity.ts";
import { entriesOf } from "#lib/entries.ts";
import type { PodFacts } from "../container/field-ref.ts";
import type { Sources } from "../container/sources.ts";
import { writeAtomically } from "./atomic-writer.ts";
import { prepareHostPath } from "./host-path.ts";
import { volumePayload } from "./payload.ts";

/** File systems in memory, for what must not touch the disk. */
export interface MemoryMounts {
  mount(path: string, options: { readonly sizeBytes?: number; readonly mode?: number }): void;
  /** Takes off all that is mounted below a directory, by a container too. */
  unmountBelow(directory: string): void;
}

/** A volume could not be prepared; `FailedMount`. */
export class VolumeError extends Error {
  override readonly name = "VolumeError";
}

export interface PreparedVolume {
  /** Where it lies on the host. */
  readonly path: string;
  /** The node alone writes its files: containers see them read-only, whatever they ask for. */
  readonly readOnly: boolean;
  /** The node has made it for this pod alone. */
  readonly isOwn: boolean;
}

/** By volume name. */
export type PreparedVolumes = ReadonlyMap<string, PreparedVolume>;

/** The volumes of one pod under its directory, laid out as kubelet does. */
export class PodVolumes {
  readonly #directory: string;
  readonly #mounts: MemoryMounts;

  constructor(podDirectory: string, mounts: MemoryMounts) {
    this.#directory = join(podDirectory, "volumes");
    this.#mounts = mounts;
  }

  /**
   * Makes all volumes of a pod, or brings the files in them up to date.
   * @throws {VolumeError} naming the first volume that cannot be prepared.
   */
  async prepare(facts: PodFacts, sources: Sources): Promise<PreparedVolumes> {
    const prepared = new Map<string, PreparedVolume>();
    for (const volume of facts.pod.spec?.volumes ?? []) {
      try {
        const path = await this.#prepareOne(volume, facts, sources);
        const readOnly = volume.hostPath === undefined && volume.emptyDir === undefined;
        prepared.set(volume.name, { path, readOnly, isOwn: volume.hostPath === undefined });
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        const message = `MountVolume.SetUp failed for volume "${volume.name}" : ${why}`;
        throw new VolumeError(message, { cause: error });
      }
    }
    return prepared;
  }

  /** Removes what the volumes hold; what is only mounted there, and host paths, are left alone. */
  async remove(): Promise<void> {
    this.#mounts.unmountBelow(this.#directory);
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #prepareOne(volume: Volume, facts: PodFacts, sources: Sources): Promise<string> {
    const { hostPath, emptyDir } = volume;
    if (hostPath) {
      await prepareHostPath(hostPath.path, hostPath.type ?? "");
      return hostPath.path;
    }
    if (emptyDir) return this.#emptyDir(volume.name, emptyDir, facts.pod);
    const payload = await volumePayload(volume, facts, sources);
    if (!payload) throw new Error(`volumes of this sort are not supported yet: ${sortOf(volume)}`);
    const path = this.#pathOf(sortOf(volume), volume.name);
    await mkdir(path, { recursive: true, mode: 0o755 });
    // Secrets never reach the disk.
    if (holdsSecrets(volume)) await this.#mountOnce(path, { mode: 0o755 });
    await writeAtomically(path, payload, facts.pod.spec?.securityContext?.fsGroup);
    return path;
  }

  async #emptyDir(name: string, wanted: NonNullable<Volume["emptyDir"]>, pod: Pod) {
    const path = this.#pathOf("emptyDir", name);
    const existed = (await entriesOf(dirname(path))).includes(name);
    await mkdir(path, { recursive: true });
    if (wanted.medium === "Memory") {
      const sizeBytes = byteValue(wanted.sizeLimit);
      await this.#mountOnce(path, sizeBytes > 0 ? { sizeBytes } : {});
    }
    if (existed) return path;
    const group = pod.spec?.securityContext?.fsGroup;
    if (group !== undefined) await chown(path, 0, group);
    await chmod(path, group === undefined ? 0o777 : 0o2777);
    return path;
  }

  async #mountOnce(path: string, options: Parameters<MemoryMounts["mount"]>[1]): Promise<void> {
    if (!(await isMountPoint(path))) this.#mounts.mount(path, options);
  }

  #pathOf(sort: string, name: string): string {
    return join(this.#directory, `kubernetes.io~${PLUGIN[sort] ?? sort}`, name);
  }
}

/** Directory names of kubelet's volume plugins, where they are not the field's own. */
const PLUGIN: Readonly<Record<string, string>> = {
  configMap: "configmap",
  downwardAPI: "downward-api",
  emptyDir: "empty-dir",
};

function sortOf(volume: Volume): string {
  return Object.keys(volume).find((key) => key !== "name") ?? "none";
}

function holdsSecrets({ secret, projected }: Volume): boolean {
  const sources = projected?.sources ?? [];
  return secret !== undefined || sources.some((one) => one.secret ?? one.serviceAccountToken);
}

/** Where a file system is mounted the device differs from that of the directory above. */
async function isMountPoint(path: string): Promise<boolean> {
  const [here, above] = await Promise.all([stat(path), stat(dirname(path))]);
  return here.dev !== above.dev;
}
