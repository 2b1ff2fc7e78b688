import type { ContainerStatus, Pod, PodStatus } from "#api/object.ts";
import { PODS } from "#api/resources.ts";
import { hasReason, unlessNotFound } from "#api/status.ts";
import type { Client, Key } from "#client/client.ts";
import { mergeConditions } from "./conditions.ts";

/** KubeEdge's `edgeapi.PodStatusRequest`. */
export interface PodReport {
  readonly UID: string;
  readonly Name: string;
  readonly Status: PodStatus;
}

export interface PodWriterOptions {
  readonly client: Client;
  /** The pod as the cache has it. */
  cached(key: Key): Pod | undefined;
  /** The API has no such pod though a node reports on it. */
  onMissing(key: Key, uid: string): void;
}

/** How pods' statuses get into the API, and pods out of it. */
export class PodWriter {
  readonly #options: PodWriterOptions;

  constructor(options: PodWriterOptions) {
    this.#options = options;
  }

  /**
   * Writes what differs of a pod's status; a pod that is being deleted and has ended is gone then. The UID decides whose status it is, not the name: KubeEdge 1.3 gave the pod
   * that a StatefulSet had made anew the status of its predecessor.
   */
  async updateStatus(namespace: string, { UID, Name, Status }: PodReport): Promise<void> {
    const key = { namespace, name: Name };
    const current = await this.#find(key, UID);
    if (current === undefined) return this.#options.onMissing(key, UID);
    if (current.metadata?.uid !== UID) return;
    const status = mergeStatus(current.status, Status);
    if (!Bun.deepEquals(current.status, status)) {
      try {
        await this.#options.client.updateStatus(PODS, { ...current, status });
      } catch (error) {
        // It went while its last status was on the way; its delete goes down by itself.
        if (hasReason(error, "NotFound")) return;
        throw error;
      }
    }
    if (current.metadata.deletionTimestamp !== undefined && hasEnded(status)) {
      await this.delete(key, UID);
    }
  }

  /** Removes a pod whose containers are gone; one that is gone, or is a namesake, is no failure. */
  async delete(key: Key, uid: string): Promise<void> {
    try {
      await this.#options.client.delete(PODS, key, {
        gracePeriodSeconds: 0,
        preconditions: { uid },
      });
    } catch (error) {
      if (!hasReason(error, "NotFound") && !hasReason(error, "Conflict")) throw error;
    }
  }

  /** The cache may not know a pod yet, or no more: the API decides. */
  async #find(key: Key, uid: string): Promise<Pod | undefined> {
    const cached = this.#options.cached(key);
    if (cached?.metadata?.uid === uid) return cached;
    return await this.#options.client.get(PODS, key).catch(unlessNotFound);
  }
}

function mergeStatus(current: PodStatus = {}, reported: PodStatus): PodStatus {
  const { startTime } = current;
  return {
    ...current,
    ...reported,
    ...(startTime !== undefined && { startTime }),
    conditions: mergeConditions(current.conditions, reported.conditions),
  };
}

/**
 * That nothing runs is not enough: the report may have been on its way when the delete came, and
 * what was being created then has a right to its grace period. A node that knows of the delete
 * reports an end, also for a pod that never ran; one of KubeEdge's before 1.12 left such a pod
 * Pending, and so Terminating (kubeedge#1406).
 */
function hasEnded(status: PodStatus): boolean {
  if (status.phase !== "Succeeded" && status.phase !== "Failed") return false;
  const { containerStatuses, initContainerStatuses, ephemeralContainerStatuses } = status;
  const all: (ContainerStatus | undefined)[][] = [
    containerStatuses ?? [],
    initContainerStatuses ?? [],
    ephemeralContainerStatuses ?? [],
  ];
  return all.flat().every((container) => container?.state?.running === undefined);
}
