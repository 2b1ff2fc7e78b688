import type { Event } from "#api/object.ts";
import type { Strategy } from "../strategy.ts";
import { type EventLimit, lifeMs } from "./event-limit.ts";

/** Events: what is normal is worth no write to disk, a warning is, but never one of its own. */
export function events(limit: EventLimit): Strategy<Event> {
  return {
    prepareCreate(event, admission) {
      admission.onCommit(() => limit.created(event));
    },
    storage: ({ next }) => ({
      durability: next.type === "Normal" ? "never" : "lazy",
      ttlMs: lifeMs(next),
    }),
  };
}
