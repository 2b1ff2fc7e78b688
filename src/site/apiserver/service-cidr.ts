import type { ServiceCIDR } from "#api/object.ts";
import { SERVICE_CIDRS } from "#api/resources.ts";
import type { Verbs } from "#api/verbs.ts";
import { rfc3339 } from "#lib/clock.ts";
import { ensure } from "./ensure.ts";

const NAME = "kubernetes";

/** Makes sure of the object that says which range ClusterIPs come from, which is fixed for a site. */
export async function ensureServiceCidr(
  verbs: Verbs,
  { cidr, now }: { cidr: string; now: Date },
): Promise<void> {
  const range: ServiceCIDR = { metadata: { name: NAME }, spec: { cidrs: [cidr] } };
  if (!(await ensure(verbs, SERVICE_CIDRS, range))) return;
  const condition = {
    type: "Ready",
    status: "True",
    reason: "",
    message: "Kubernetes Service CIDR is ready",
    lastTransitionTime: rfc3339(now),
  };
  const target = { resource: SERVICE_CIDRS, namespace: "", name: NAME, subresource: "status" };
  const body = { status: { conditions: [condition] } };
  await verbs.patch(target, { type: "merge", body });
}
