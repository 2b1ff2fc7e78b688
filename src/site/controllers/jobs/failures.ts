import { type Job, nameOf, namespaceOf, type Pod } from "#api/object.ts";

type Rule = NonNullable<NonNullable<Job["spec"]>["podFailurePolicy"]>["rules"][number];

/** What a Job makes of a pod that failed. */
export interface Verdict {
  readonly action: "Count" | "FailIndex" | "FailJob" | "Ignore";
  /** What matched, for `FailJob`. */
  readonly message: string;
}

const COUNT: Verdict = { action: "Count", message: "" };

/** The action of the first rule of the Job's `podFailurePolicy` that a failed pod matches. */
export function verdictOn(pod: Pod, { spec }: Job): Verdict {
  const rules = spec?.podFailurePolicy?.rules ?? [];
  for (const [index, rule] of rules.entries()) {
    const found = exitMatch(pod, rule) ?? conditionMatch(pod, rule);
    if (found === undefined) continue;
    const { action } = rule;
    const known = action === "FailIndex" || action === "FailJob" || action === "Ignore";
    return known
      ? { action, message: `${found} matching ${action} rule at index ${index}` }
      : COUNT;
  }
  return COUNT;
}

/** True once pods that are restarted in place have been so too often (`backoffLimit`). */
export function isRestartedTooOften({ spec }: Job, active: readonly Pod[]): boolean {
  if (spec?.template.spec?.restartPolicy !== "OnFailure") return false;
  const restarts = active
    .flatMap(({ status }) => [
      ...(status?.initContainerStatuses ?? []),
      ...(status?.containerStatuses ?? []),
    ])
    .reduce((sum, { restartCount }) => sum + restartCount, 0);
  return restarts > 0 && restarts >= (spec.backoffLimit ?? 6);
}

function exitMatch(pod: Pod, { onExitCodes }: Rule): string | undefined {
  if (!onExitCodes) return undefined;
  const { containerName, operator, values } = onExitCodes;
  const { status } = pod;
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  for (const { name, state } of all) {
    const code = state?.terminated?.exitCode ?? 0;
    if (code === 0 || (containerName && containerName !== name)) continue;
    if (values.includes(code) !== (operator === "In")) continue;
    return `Container ${name} for pod ${keyOf(pod)} failed with exit code ${code}`;
  }
  return undefined;
}

function conditionMatch(pod: Pod, { onPodConditions }: Rule): string | undefined {
  const found = (pod.status?.conditions ?? []).find(({ type, status }) =>
    onPodConditions?.some((wanted) => wanted.type === type && (wanted.status ?? "True") === status),
  );
  return found && `Pod ${keyOf(pod)} has condition ${found.type}`;
}

function keyOf(pod: Pod): string {
  return `${namespaceOf(pod)}/${nameOf(pod)}`;
}
