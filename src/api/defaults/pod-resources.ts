import type { PodSpec } from "../object.ts";
import { containerLimits, containerRequests, isOfPod } from "../pod-resources.ts";
import { isHugePages } from "../resource-name.ts";

/** What a pod says of itself as a whole is completed by what its containers say, and by its limits. */
export function setPodResourcesDefaults(spec: PodSpec): void {
  const { resources } = spec;
  if (resources === undefined) return;
  const { requests = {}, limits = {} } = resources;
  if (Object.keys(requests).length + Object.keys(limits).length === 0) return;
  for (const [name, amount] of containerLimits(spec)) {
    if (isHugePages(name) && requests[name] === undefined) limits[name] ??= String(amount);
  }
  if (Object.keys(limits).length === 0) return;
  resources.limits = limits;
  for (const [name, amount] of containerRequests(spec)) {
    if (isOfPod(name) && !isHugePages(name)) requests[name] ??= String(amount);
  }
  for (const [name, amount] of Object.entries(limits)) {
    if (isOfPod(name)) requests[name] ??= amount;
  }
  if (Object.keys(requests).length > 0) resources.requests = requests;
}
