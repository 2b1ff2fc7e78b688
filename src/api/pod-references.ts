import type { Container, Pod, Volume } from "./object.ts";
import { allContainers } from "./pod.ts";

/** Names, sorted, of what a pod needs beside itself; all in its own namespace. */
export interface PodReferences {
  readonly configMaps: readonly string[];
  readonly secrets: readonly string[];
  readonly persistentVolumeClaims: readonly string[];
}

class Names {
  readonly #names = new Set<string>();

  add(name: string | undefined): void {
    if (name !== undefined && name !== "") this.#names.add(name);
  }

  get sorted(): string[] {
    return [...this.#names].sort();
  }
}

interface Collected {
  readonly configMaps: Names;
  readonly secrets: Names;
  readonly claims: Names;
}

/**
 * Every ConfigMap, Secret and PersistentVolumeClaim that a pod names: in volumes and projected
 * volumes, env, envFrom, in containers of all three sorts, and as pull secrets.
 */
export function podReferences(pod: Pod): PodReferences {
  const into: Collected = { configMaps: new Names(), secrets: new Names(), claims: new Names() };
  const { spec } = pod;
  for (const { name } of spec?.imagePullSecrets ?? []) into.secrets.add(name);
  for (const container of [...allContainers(spec), ...(spec?.ephemeralContainers ?? [])]) {
    fromContainer(container, into);
  }
  for (const volume of spec?.volumes ?? []) fromVolume(volume, into);
  for (const { name, ephemeral } of spec?.volumes ?? []) {
    if (ephemeral) into.claims.add(`${pod.metadata?.name ?? ""}-${name}`);
  }
  return {
    configMaps: into.configMaps.sorted,
    secrets: into.secrets.sorted,
    persistentVolumeClaims: into.claims.sorted,
  };
}

function fromContainer(
  { env = [], envFrom = [] }: Pick<Container, "env" | "envFrom">,
  { configMaps, secrets }: Collected,
): void {
  for (const { valueFrom } of env) {
    configMaps.add(valueFrom?.configMapKeyRef?.name);
    secrets.add(valueFrom?.secretKeyRef?.name);
  }
  for (const { configMapRef, secretRef } of envFrom) {
    configMaps.add(configMapRef?.name);
    secrets.add(secretRef?.name);
  }
}

function fromVolume(volume: Volume, { configMaps, secrets, claims }: Collected): void {
  configMaps.add(volume.configMap?.name);
  secrets.add(volume.secret?.secretName);
  claims.add(volume.persistentVolumeClaim?.claimName);
  for (const { configMap, secret } of volume.projected?.sources ?? []) {
    configMaps.add(configMap?.name);
    secrets.add(secret?.name);
  }
  secrets.add(volume.azureFile?.secretName);
  secrets.add(volume.csi?.nodePublishSecretRef?.name);
  const { cephfs, cinder, flexVolume, iscsi, rbd, scaleIO, storageos } = volume;
  for (const source of [cephfs, cinder, flexVolume, iscsi, rbd, scaleIO, storageos]) {
    secrets.add(source?.secretRef?.name);
  }
}
