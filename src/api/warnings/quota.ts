import type { ResourceQuota } from "../object.ts";
import { Quantity } from "../quantity.ts";

/** Requests that cannot be used up, as limits end before, in Kubernetes' order and under the names given. */
export function warnOfResourceQuota(
  { spec }: ResourceQuota,
  current: ResourceQuota | undefined,
): string[] {
  if (current !== undefined) return [];
  const { hard = {} } = spec ?? {};
  const amount = (name: string) => Quantity.tryParse(hard[name] ?? "");
  return ["cpu", "memory", "storage", "ephemeral-storage"].flatMap((resource) => {
    const isBare = hard[`requests.${resource}`] === undefined && /^(cpu|memory)$/.test(resource);
    const [asked, limited] = [isBare ? resource : `requests.${resource}`, `limits.${resource}`];
    const [request, limit] = [amount(asked), amount(limited)];
    if (request === undefined || limit === undefined || request.compare(limit) <= 0) return [];
    return [`ResourceQuota ${asked} (${request}) should be less than ${limited} (${limit})`];
  });
}
