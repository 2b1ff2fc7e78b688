import type { Namespace } from "#api/object.ts";
import { withCondition } from "#client/conditions.ts";
import { rfc3339 } from "#lib/clock.ts";

type NamespaceCondition = NonNullable<NonNullable<Namespace["status"]>["conditions"]>[number];

/** What a pass over a namespace's content left. */
export interface Remains {
  /** `pods`, `deployments.apps` → how many there still are. */
  readonly counts: ReadonlyMap<string, number>;
  /** Finalizer → how many objects wait for it. */
  readonly finalizers: ReadonlyMap<string, number>;
  /** What could not be deleted, and why. */
  readonly failures: readonly string[];
}

/** The words of Kubernetes' `namespaceConditionUpdater`, by which people see what a deletion waits for. */
export function deletionConditions(
  present: readonly NamespaceCondition[],
  { counts, finalizers, failures }: Remains,
  now: Date,
): NamespaceCondition[] {
  const remaining = list(
    counts,
    (resource, count) => `${resource} has ${count} resource instances`,
  );
  const waiting = list(finalizers, (name, count) => `${name} in ${count} resource instances`);
  const found: readonly Finding[] = [
    {
      type: "NamespaceDeletionDiscoveryFailure",
      good: ["ResourcesDiscovered", "All resources successfully discovered"],
    },
    {
      type: "NamespaceDeletionGroupVersionParsingFailure",
      good: ["ParsedGroupVersions", "All legacy kube types successfully parsed"],
    },
    {
      type: "NamespaceDeletionContentFailure",
      good: ["ContentDeleted", "All content successfully deleted, may be waiting on finalization"],
      ...(failures.length > 0 && {
        bad: [
          "ContentDeletionFailed",
          `Failed to delete all resource types, ${failures.length} remaining: ${failures.join(", ")}`,
        ],
      }),
    },
    {
      type: "NamespaceContentRemaining",
      good: ["ContentRemoved", "All content successfully removed"],
      ...(counts.size > 0 && {
        bad: ["SomeResourcesRemain", `Some resources are remaining: ${remaining}`],
      }),
    },
    {
      type: "NamespaceFinalizersRemaining",
      good: ["ContentHasNoFinalizers", "All content-preserving finalizers finished"],
      ...(finalizers.size > 0 && {
        bad: [
          "SomeFinalizersRemain",
          `Some content in the namespace has finalizers remaining: ${waiting}`,
        ],
      }),
    },
  ];
  let conditions = [...present];
  for (const { type, good, bad } of found) {
    const [reason, message] = bad ?? good;
    const status = bad ? "True" : "False";
    const lastTransitionTime = rfc3339(now);
    const next = { type, status, reason, message, lastTransitionTime };
    conditions = withCondition(conditions, next);
  }
  return conditions;
}

interface Finding {
  readonly type: string;
  /** Reason and message where all is well, and where it is not. */
  readonly good: readonly [string, string];
  readonly bad?: readonly [string, string];
}

function list(
  counts: ReadonlyMap<string, number>,
  text: (name: string, count: number) => string,
): string {
  return [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => text(name, count))
    .join(", ");
}
