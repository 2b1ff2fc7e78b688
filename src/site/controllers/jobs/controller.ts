import { isDeepStrictEqual } from "node:util";
import { type Job, objectKey, type Pod } from "#api/object.ts";
import { JOBS, PODS } from "#api/resources.ts";
import { matcherOf } from "#api/selector.ts";
import { type Controller, createController, type Requeue } from "#client/controller.ts";
import type { EventRecorder } from "#client/events.ts";
import type { Clock } from "#lib/clock.ts";
import { ownerKey, queueItself, queueOwners } from "../children.ts";
import { type ControllerDeps, equip } from "../deps.ts";
import { Expectations } from "../expectations.ts";
import { claim, indexByController } from "../ownership.ts";
import { isNamespaceEnding, PodControl } from "../pod-control.ts";
import { observe } from "../replica-scaler.ts";
import { slowStart } from "../slow-start.ts";
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
  const runner = new Runner(new PodControl({ client, events }), clock);
  const removals = [
    pods.addHandler(observe(runner.expectations, (pod) => ownerKey(owned, pod))),
    pods.addHandler(queueOwners({ ...owned, matcherOf: selectorOf, queue })),
    jobs.addHandler(queueItself(queue)),
    jobs.addHandler({ deleted: (last) => runner.forget(objectKey(last)) }),
  ];

  async function reconcile(key: string): Promise<Requeue | undefined> {
    const job = jobs.get(key);
    if (job === undefined || finishedType(job) || job.metadata?.deletionTimestamp) return undefined;
    if ((job.spec?.managedBy ?? CONTROLLER) !== CONTROLLER) return undefined;
    const caughtUp = runner.expectations.satisfied(key);
    const resources = { ownerResource: JOBS, childResource: PODS };
    const matcher = selectorOf(job);
    const claimed = await claim({ ...resources, client, owner: job, children: pods, matcher });
    if (!caughtUp) return undefined;
    const { deadlineMs, retryMs } = runner.delays(job, claimed);
    const plan = planJob({ job, pods: claimed, overdue: deadlineMs <= 0 });
    const patient = retryMs > 0 ? { ...plan, create: plan.create.filter(isFirst) } : plan;
    await runner.run(job, patient);
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

/** Carries plans out. */
class Runner {
  readonly expectations: Expectations;
  readonly #pods: PodControl;
  readonly #delays: RetryDelays;

  constructor(pods: PodControl, clock: Clock) {
    this.#pods = pods;
    this.#delays = new RetryDelays(clock);
    this.expectations = new Expectations(clock);
  }

  delays(job: Job, pods: readonly Pod[]) {
    return this.#delays.of(objectKey(job), job, pods);
  }

  forget(key: string): void {
    this.expectations.forget(key);
    this.#delays.forget(key);
  }

  async run(job: Job, { create, remove }: JobPlan): Promise<void> {
    const key = objectKey(job);
    if (remove.length > 0) {
      const deletions = remove.map(({ metadata }) => metadata?.uid ?? "");
      this.expectations.expect(key, { deletions });
      await Promise.all(remove.map((pod) => this.#pods.delete(job, pod)));
    }
    const count = create.length;
    if (count === 0) return;
    this.expectations.expect(key, { creations: count });
    const next = create.values();
    const { succeeded, error } = await slowStart(count, async () => {
      await this.#pods.create(job, JOBS, templateOf(job, next.next().value ?? {}));
    });
    this.expectations.created(key, count - succeeded);
    if (error && !isNamespaceEnding(error)) throw error;
  }
}
