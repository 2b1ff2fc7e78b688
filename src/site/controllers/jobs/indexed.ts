import type { Job, Pod } from "#api/object.ts";
import { isActive, isTerminal } from "#api/pod.ts";
import type { Verdict } from "./failures.ts";
import { IndexRanges } from "./index-ranges.ts";
import { failuresWith, indexOf } from "./indexes.ts";

/** Pods that one pass makes at most (Kubernetes `MaxPodCreateDeletePerSync`). */
export const BURST = 500;

/** A pod to make: of an index where the Job has some. */
export interface NewPod {
  readonly index?: number;
  /** How often the index failed before, where each has a limit of its own. */
  readonly failures?: number;
}

/** Where the indexes of a Job stand. */
export interface Indexes {
  readonly completed: IndexRanges;
  /** Given up, as each index has a limit of its own. */
  readonly failed: IndexRanges;
  /** Active pods of an index that is none, or that another pod works on. */
  readonly surplus: readonly Pod[];
  /** What to work on next, the lowest index first; no more than may run, or be made, at once. */
  readonly waiting: readonly NewPod[];
}

interface Given {
  readonly job: Job;
  readonly pods: readonly Pod[];
  readonly verdicts: ReadonlyMap<Pod, Verdict>;
}

/** What the pods of an Indexed Job say of its indexes, on top of what its status remembers. */
export function lookAtIndexes(given: Given): Indexes {
  const { job } = given;
  const { completions = 0, parallelism = 1 } = job.spec ?? {};
  const completed = IndexRanges.parse(job.status?.completedIndexes, completions).plus(
    indexesWith(given, ({ status }) => status?.phase === "Succeeded"),
  );
  const failures = failuresByIndex(given);
  const failed = failedIndexes(given, failures).minus(completed);
  const { taken, surplus } = workedOn(given);
  const isLimited = job.spec?.backoffLimitPerIndex !== undefined;
  const over = completed.plus(failed);
  const waiting: NewPod[] = [];
  let index = over.firstGap(0);
  while (index < completions && waiting.length < Math.min(parallelism, BURST)) {
    if (!taken.has(index)) {
      waiting.push({ index, ...(isLimited && { failures: failures.get(index) ?? 0 }) });
    }
    index = over.firstGap(index + 1);
  }
  return { completed, failed, surplus, waiting };
}

/** True once the limits of the indexes end the Job as a whole, and why. */
export function endOfIndexes(
  { spec }: Job,
  { completed, failed }: Indexes,
): readonly [reason: string, message: string] | undefined {
  if (spec?.backoffLimitPerIndex === undefined) return undefined;
  if (spec.maxFailedIndexes !== undefined && failed.size > spec.maxFailedIndexes) {
    const message = "Job has exceeded the specified maximal number of failed indexes";
    return ["MaxFailedIndexesExceeded", message];
  }
  const isOver = failed.size > 0 && failed.size + completed.size >= (spec.completions ?? 0);
  return isOver ? ["FailedIndexes", "Job has failed indexes"] : undefined;
}

/** The first rule of `successPolicy` that is met. */
export function metRule({ spec }: Job, { completed }: Indexes): number | undefined {
  const rules = spec?.successPolicy?.rules ?? [];
  const met = rules.findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return completed.size >= (succeededCount ?? Infinity);
    const wanted = IndexRanges.parse(succeededIndexes, spec?.completions ?? 0);
    const missing = wanted.minus(completed).size;
    return wanted.size - missing >= (succeededCount ?? wanted.size);
  });
  return met < 0 ? undefined : met;
}

function indexesWith({ job, pods }: Given, matches: (pod: Pod) => boolean): IndexRanges {
  return IndexRanges.of(pods.filter(matches).flatMap((pod) => indexOf(pod, job) ?? []));
}

function failuresByIndex({ job, pods, verdicts }: Given): Map<number, number> {
  const failures = new Map<number, number>();
  for (const pod of pods) {
    const index = indexOf(pod, job);
    const verdict = verdicts.get(pod);
    if (index === undefined || verdict === undefined) continue;
    const count = verdict.action === "Ignore" ? failuresWith(pod) - 1 : failuresWith(pod);
    failures.set(index, Math.max(count, failures.get(index) ?? 0));
  }
  return failures;
}

function failedIndexes(given: Given, failures: ReadonlyMap<number, number>): IndexRanges {
  const { job, verdicts } = given;
  const { completions = 0, backoffLimitPerIndex: limit } = job.spec ?? {};
  const known = IndexRanges.parse(job.status?.failedIndexes, completions);
  if (limit === undefined) return known;
  const beyond = [...failures].flatMap(([index, count]) => (count > limit ? [index] : []));
  return known
    .plus(IndexRanges.of(beyond))
    .plus(indexesWith(given, (pod) => verdicts.get(pod)?.action === "FailIndex"));
}

/** Which indexes are worked on; those of pods that are ending too, where these are waited for. */
function workedOn({ job, pods }: Given) {
  const taken = new Set<number>();
  const surplus: Pod[] = [];
  for (const pod of pods.filter(isActive)) {
    const index = indexOf(pod, job);
    if (index === undefined || taken.has(index)) surplus.push(pod);
    else taken.add(index);
  }
  const waitsForEnd = job.spec?.podReplacementPolicy === "Failed";
  for (const pod of waitsForEnd ? pods.filter((one) => !isTerminal(one)) : []) {
    const index = indexOf(pod, job);
    if (index !== undefined) taken.add(index);
  }
  return { taken, surplus };
}
