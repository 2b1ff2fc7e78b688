import type { Event, Lease } from "#api/object.ts";
import { EVENTS, LEASES } from "#api/resources.ts";
import { hasReason, isMissing } from "#api/status.ts";
import type { Client, Key } from "#client/client.ts";

/** Writes an Event of a node; one that is there already is counted up to what the new one says. */
export async function writeEvent(client: Client, key: Key, event: Event): Promise<void> {
  try {
    await client.create(EVENTS, event);
  } catch (error) {
    // A namespace that goes, or is gone, takes its Events along.
    if (hasReason(error, "NotFound") || hasReason(error, "Forbidden")) return;
    if (!hasReason(error, "AlreadyExists")) throw error;
    const { count, lastTimestamp, message, series } = event;
    const body = {
      ...(count !== undefined && { count }),
      ...(lastTimestamp !== undefined && { lastTimestamp }),
      ...(message !== undefined && { message }),
      ...(series !== undefined && { series }),
    };
    await client.patch(EVENTS, key, { type: "merge", body });
  }
}

/** Renews a node's Lease; the first time makes it. */
export async function writeLease(client: Client, key: Key, lease: Lease): Promise<void> {
  try {
    const body = { spec: lease.spec };
    await client.patch(LEASES, key, { type: "merge", body });
  } catch (error) {
    if (!isMissing(error)) throw error;
    await client.create(LEASES, lease);
  }
}
