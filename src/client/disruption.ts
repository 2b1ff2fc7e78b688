import { nameOf, namespaceOf, type Pod } from "#api/object.ts";
import { isTerminal } from "#api/pod.ts";
import { PODS } from "#api/resources.ts";
import { hasReason } from "#api/status.ts";
import { rfc3339 } from "#lib/clock.ts";
import type { Client } from "./client.ts";

/** Why a pod goes that did nothing wrong. */
export interface Disruption {
  /** In Kubernetes' words: `PreemptionByScheduler`. */
  readonly reason: string;
  readonly message: string;
  readonly now: Date;
  /** Nobody is left to say that it ended: it has failed, if it has not ended, and goes at once. */
  readonly isLost?: boolean;
}

/**
 * Says on a pod why it goes (its condition `DisruptionTarget`), and deletes it. What its node says
 * of it meanwhile stays.
 * @returns false where that very pod is gone already.
 */
export async function disrupt(
  client: Client,
  pod: Pod,
  { reason, message, now, isLost = false }: Disruption,
): Promise<boolean> {
  const key = { namespace: namespaceOf(pod), name: nameOf(pod) };
  const uid = pod.metadata?.uid;
  const lastTransitionTime = rfc3339(now);
  const condition = { type: "DisruptionTarget", status: "True", reason, message };
  const status = {
    ...(isLost && !isTerminal(pod) && { phase: "Failed" }),
    conditions: [{ ...condition, lastTransitionTime }],
  };
  const body = { metadata: { uid }, status };
  try {
    await client.patch(PODS, { ...key, subresource: "status" }, { type: "strategic", body });
    await client.delete(PODS, key, {
      ...(uid !== undefined && { preconditions: { uid } }),
      ...(isLost && { gracePeriodSeconds: 0 }),
    });
    return true;
  } catch (error) {
    if (hasReason(error, "NotFound") || hasReason(error, "Conflict")) return false;
    throw error;
  }
}
