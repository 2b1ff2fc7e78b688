import { type Job, parseObjectKey } from "#api/object.ts";
import { JOBS } from "#api/resources.ts";
import { hasReason } from "#api/status.ts";
import { type Controller, createController } from "#client/controller.ts";
import { queueItself } from "../children.ts";
import { type ControllerDeps, equip } from "../deps.ts";
import { finishedType } from "./plan.ts";

/** Deletes Jobs, and with them their pods, `ttlSecondsAfterFinished` after they have ended. */
export function createFinishedJobsController(deps: ControllerDeps): Controller {
  const { informers, client, queue, clock, log } = equip(deps, "ttl-after-finished-controller");
  const jobs = informers.informer(JOBS);
  return createController({
    name: "ttl-after-finished",
    async reconcile(key) {
      const job = jobs.get(key);
      const endMs = job && endOf(job);
      if (job === undefined || endMs === undefined) return undefined;
      const leftMs = endMs - clock.now().getTime();
      if (leftMs > 0) return { requeueAfterMs: leftMs };
      const uid = job.metadata?.uid;
      const options = {
        propagationPolicy: "Foreground" as const,
        ...(uid !== undefined && { preconditions: { uid } }),
      };
      await client.delete(JOBS, parseObjectKey(key), options).catch((error: unknown) => {
        if (!hasReason(error, "NotFound") && !hasReason(error, "Conflict")) throw error;
      });
      return undefined;
    },
    queue,
    log,
    synced: [jobs.synced],
    removals: [jobs.addHandler(queueItself(queue))],
  });
}

/** When a Job is to go; undefined for one that runs, stays, or is going already. */
function endOf(job: Job): number | undefined {
  const { metadata, spec, status } = job;
  const type = finishedType(job);
  const ttl = spec?.ttlSecondsAfterFinished;
  if (type === undefined || ttl === undefined || metadata?.deletionTimestamp) return undefined;
  const end = status?.conditions?.find((one) => one.type === type)?.lastTransitionTime;
  return Date.parse(end ?? metadata?.creationTimestamp ?? "") + ttl * 1000;
}
