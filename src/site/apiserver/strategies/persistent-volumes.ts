import type { PersistentVolume } from "#api/object.ts";
import { rfc3339 } from "#lib/clock.ts";
import type { Strategy } from "../strategy.ts";

/** Volumes: they know since when they are in their phase. */
export const persistentVolumes: Strategy<PersistentVolume> = {
  prepareCreate(volume, { now }) {
    volume.status = { phase: "Pending", lastPhaseTransitionTime: rfc3339(now) };
  },
  prepareStatus({ next, current }, { now }) {
    const [after, before] = [next.status ?? {}, current.status ?? {}];
    const isSaid = after.lastPhaseTransitionTime !== before.lastPhaseTransitionTime;
    if (after.phase === before.phase || (isSaid && after.lastPhaseTransitionTime)) return;
    next.status = { ...after, lastPhaseTransitionTime: rfc3339(now) };
  },
};
