import type { PriorityClass } from "./object.ts";

/** Names with this prefix are the system's. */
export const SYSTEM_PREFIX = "system-";
/** The highest priority that is not the system's (`scheduling.HighestUserDefinablePriority`). */
export const HIGHEST_USER_PRIORITY = 1_000_000_000;

/** Whether a class is one of those that every cluster has. */
export function isSystemPriorityClass(name: string): boolean {
  return SYSTEM_PRIORITY_CLASSES.some(({ metadata }) => metadata?.name === name);
}

/** The classes that every cluster has (`scheduling/v1/helpers.go`). */
export const SYSTEM_PRIORITY_CLASSES: readonly PriorityClass[] = [
  {
    metadata: { name: "system-node-critical" },
    value: 2 * HIGHEST_USER_PRIORITY + 1000,
    description: "Used for system critical pods that must not be moved from their current node.",
  },
  {
    metadata: { name: "system-cluster-critical" },
    value: 2 * HIGHEST_USER_PRIORITY,
    description:
      "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
  },
];
