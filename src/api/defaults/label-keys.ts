import type { LabelSelector, ObjectMeta, PodSpec } from "../object.ts";

interface Keyed {
  readonly matchLabelKeys?: readonly string[];
  readonly mismatchLabelKeys?: readonly string[];
  labelSelector?: LabelSelector;
}

/** What a new pod's `matchLabelKeys` and `mismatchLabelKeys` mean, in its selectors, in place. */
export function mergeLabelKeys(spec: PodSpec, labels: ObjectMeta["labels"] = {}): void {
  const { affinity, topologySpreadConstraints = [] } = spec;
  for (const { preferred, required } of [affinity?.podAffinity, affinity?.podAntiAffinity].map(
    (one) => ({
      preferred: one?.preferredDuringSchedulingIgnoredDuringExecution ?? [],
      required: one?.requiredDuringSchedulingIgnoredDuringExecution ?? [],
    }),
  )) {
    for (const { podAffinityTerm } of preferred) merge(podAffinityTerm, labels);
    for (const term of required) merge(term, labels);
  }
  for (const constraint of topologySpreadConstraints) merge(constraint, labels);
}

/** A selector that is absent selects nothing, with or without keys. */
function merge(keyed: Keyed, labels: Readonly<Record<string, string>>): void {
  const { matchLabelKeys = [], mismatchLabelKeys = [], labelSelector } = keyed;
  if (labelSelector === undefined) return;
  const added = [
    ...expressions(matchLabelKeys, { operator: "In", labels }),
    ...expressions(mismatchLabelKeys, { operator: "NotIn", labels }),
  ];
  if (added.length === 0) return;
  const matchExpressions = [...(labelSelector.matchExpressions ?? []), ...added];
  keyed.labelSelector = { ...labelSelector, matchExpressions };
}

function expressions(
  keys: readonly string[],
  { operator, labels }: { operator: string; labels: Readonly<Record<string, string>> },
): NonNullable<LabelSelector["matchExpressions"]> {
  return keys.flatMap((key) => {
    const value = labels[key];
    return value === undefined ? [] : [{ key, operator, values: [value] }];
  });
}
