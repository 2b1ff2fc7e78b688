import type { Event } from "#api/object.ts";
import type { Strategy } from "../strategy.ts";
import type { EventLimit } from "./event-limit.ts";

const HOUR_MS = 60 * 60_000;

/** Events: what is normal is worth no write to disk, a warning is, but never one of its own. */
export function events(limit: EventLimit): Strategy<Event> {
  return {
    prepareCreate(event, admission) {
      admission.onCommit(() => limit.created(event));
    },
    storage: ({ next }) =>
      next.type === "Normal"
        ? { durability: "never", ttlMs: HOUR_MS }
        : { durability: "lazy", ttlMs: 24 * HOUR_MS },
  };
}
