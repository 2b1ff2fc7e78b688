import type { PodTemplateSpec } from "../object.ts";

const PLACEMENT = ["nodeSelector", "tolerations", "schedulingGates"] as const;

/**
 * The new template with what decides where pods go set back to the current one: that may change
 * until a Job starts, affinity to other pods excepted.
 */
export function placedAs(
  next: PodTemplateSpec | undefined,
  current: PodTemplateSpec | undefined,
): PodTemplateSpec | undefined {
  if (next?.spec === undefined || current?.spec === undefined) return next;
  const spec = { ...next.spec };
  for (const field of PLACEMENT) {
    delete spec[field];
    const value = current.spec[field];
    if (value !== undefined) Object.assign(spec, { [field]: value });
  }
  delete spec.affinity;
  const affinity = affinityAs(next.spec.affinity, current.spec.affinity);
  if (affinity !== undefined) spec.affinity = affinity;
  const { labels: _, annotations: __, ...metadata } = next.metadata ?? {};
  const { labels, annotations } = current.metadata ?? {};
  const placed = { ...metadata, ...(labels && { labels }), ...(annotations && { annotations }) };
  return { ...next, ...(Object.keys(placed).length > 0 && { metadata: placed }), spec };
}

type Affinity = NonNullable<PodTemplateSpec["spec"]>["affinity"];

function affinityAs(next: Affinity, current: Affinity): Affinity {
  const { nodeAffinity: _, ...others } = next ?? {};
  const { nodeAffinity, ...kept } = current ?? {};
  if (Bun.deepEquals(others, kept)) return current;
  return { ...others, ...(nodeAffinity && { nodeAffinity }) };
}
