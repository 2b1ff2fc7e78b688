import { isDeepStrictEqual } from "node:util";
import { type Job, objectKey } from "#api/object.ts";
import { isTerminal } from "#api/pod.ts";
import { JOBS, PODS } from "#api/resources.ts";
import { matcherOf } from "#api/selector.ts";
import { type Controller, createController, type Requeue } from "#client/controller.ts";
import type { EventRecorder } from "#client/events.ts";
import { ownerKey, queueItself, queueOwners } from "../children.ts";
import { type ControllerDeps, equip } from "../deps.ts";
import { OwnedPods } from "../owned-pods.ts";
import { claim, indexByController } from "../ownership.ts";
import { PodControl } from "../pod-control.ts";
import type { NewPod } from "./indexed.ts";
import { templateOf } from "./new-pod.ts";
import { finishedType, type JobPlan, planJob } from "./plan.ts";
import { RetryDelays } from "./retry-delays.ts";
import { jobStatus } from "./status.ts";

/** Who looks after a Job that names nobody. */
const CONTROLLER = "kubernetes.io/job-controller";

/** Runs pods until enough of them have succeeded. */
export function createJobController(deps: ControllerDeps): Controller {
  const { informers, client, events, queue, clock, log } = equip(deps, "job-controller");
  const jobs = informers.informer(JOBS);
  const pods = informers.informer(PODS);
  indexByController(pods);
  const selectorOf = ({ spec }: Job) => matcherOf(spec?.selector);
  const owned = { owners: jobs, resource: JOBS };
  const control = new PodControl({ client, events });
  const jobPods = new OwnedPods({ resource: JOBS, control, clock });
  const delays = new RetryDelays(clock);
  const removals = [
    pods.addHandler(jobPods.observer((pod) => ownerKey(owned, pod))),
    pods.addHandler(queueOwners({ ...owned, matcherOf: selectorOf, queue })),
    jobs.addHandler(queueItself(queue)),
    jobs.addHandler({
      deleted(last) {
        jobPods.forget(objectKey(last));
        delays.forget(objectKey(last));
      },
    }),
  ];

  async function reconcile(key: string): Promise<Requeue | undefined> {
    const job = jobs.get(key);
    if (job === undefined || finishedType(job) || job.metadata?.deletionTimestamp) return undefined;
    if ((job.spec?.managedBy ?? CONTROLLER) !== CONTROLLER) return undefined;
    const caughtUp = jobPods.isShown(key);
    const resources = { ownerResource: JOBS, childResource: PODS };
    const matcher = selectorOf(job);
    const claimed = await claim({ ...resources, client, owner: job, children: pods, matcher });
    if (!caughtUp) return undefined;
    const counted = claimed.filter((pod) => !(isTerminal(pod) && jobPods.wasRemoved(pod)));
    const { deadlineMs, retryMs } = delays.of(key, job, counted);
    const plan = planJob({ job, pods: counted, overdue: deadlineMs <= 0 });
    const patient = retryMs > 0 ? { ...plan, create: plan.create.filter(isFirst) } : plan;
    await jobPods.delete(job, patient.remove);
    await jobPods.create(
      job,
      patient.create.map((pod) => templateOf(job, pod)),
    );
    const status = jobStatus(job, patient, clock.now());
    if (!isDeepStrictEqual(status, job.status)) await client.updateStatus(JOBS, { ...job, status });
    if (plan.ended) tellEnd(events, job, plan.ended);
    return nextLook(plan, { deadlineMs, retryMs });
  }

  return createController({
    name: "job",
    reconcile,
    queue,
    log,
    workers: 2,
    synced: [jobs.synced, pods.synced],
    removals,
  });
}

/** An index that has not failed waits for no other, where each has a limit of its own. */
function isFirst({ failures }: NewPod): boolean {
  return failures === 0;
}

function tellEnd(events: EventRecorder, job: Job, ended: NonNullable<JobPlan["ended"]>): void {
  if (ended.type === "Complete") {
    events.event(job, { type: "Normal", reason: "Completed", message: "Job completed" });
    return;
  }
  const [reason, message] = ended.outcome;
  events.event(job, { type: "Warning", reason, message });
}

/** When the deadline or the next try is due, whichever comes first. */
function nextLook(
  { ended, create }: JobPlan,
  { deadlineMs, retryMs }: { readonly deadlineMs: number; readonly retryMs: number },
): Requeue | undefined {
  const waits = [deadlineMs, create.length > 0 ? retryMs : 0].filter((ms) => ms > 0);
  const requeueAfterMs = Math.min(...waits);
  return ended || requeueAfterMs === Number.POSITIVE_INFINITY ? undefined : { requeueAfterMs };
}
