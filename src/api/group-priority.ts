/** Where a group and its version stand in discovery: the higher, the earlier. */
export interface Priority {
  readonly group: number;
  readonly version: number;
}

/** How high the groups stand in discovery (`controlplane/apiserver/aggregator.go`). */
const GROUP_PRIORITIES: Readonly<Record<string, number>> = {
  "": 18_000,
  apps: 17_800,
  "events.k8s.io": 17_750,
  "authentication.k8s.io": 17_700,
  "authorization.k8s.io": 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  "certificates.k8s.io": 17_300,
  "networking.k8s.io": 17_200,
  policy: 17_100,
  "rbac.authorization.k8s.io": 17_000,
  "storage.k8s.io": 16_800,
  "apiextensions.k8s.io": 16_700,
  "admissionregistration.k8s.io": 16_700,
  "scheduling.k8s.io": 16_600,
  "coordination.k8s.io": 16_500,
  "node.k8s.io": 16_300,
  "discovery.k8s.io": 16_200,
  "flowcontrol.apiserver.k8s.io": 16_100,
};
const VERSION_PRIORITIES: Readonly<Record<string, number>> = {
  "/v1": 1,
  "autoscaling/v2": 30,
  "flowcontrol.apiserver.k8s.io/v1": 21,
};
const BUILT_IN_VERSION = 15;
/** Groups of custom kinds. */
export const CUSTOM_PRIORITY: Priority = { group: 1000, version: 100 };

/** The place in discovery of what is served here. */
export function priorityOf({ group, version }: { group: string; version: string }): Priority {
  const priority = Object.hasOwn(GROUP_PRIORITIES, group) ? GROUP_PRIORITIES[group] : undefined;
  if (priority === undefined) return CUSTOM_PRIORITY;
  const key = `${group}/${version}`;
  return { group: priority, version: VERSION_PRIORITIES[key] ?? BUILT_IN_VERSION };
}
