import type { PodTemplateSpec } from "../object.ts";

const PLACEMENT = ["nodeSelector", "tolerations", "schedulingGates"] as const;

/**
 * A template with what decides where pods go taken from another one: that may change until a Job
 * starts, affinity to other pods excepted.
 */
export function placedAs(template: PodTemplateSpec, other: PodTemplateSpec): PodTemplateSpec {
  if (template.spec === undefined || other.spec === undefined) return template;
  const spec = { ...template.spec };
  for (const field of PLACEMENT) {
    delete spec[field];
    const value = other.spec[field];
    if (value !== undefined) Object.assign(spec, { [field]: value });
  }
  delete spec.affinity;
  const affinity = affinityAs(template.spec.affinity, other.spec.affinity);
  if (affinity !== undefined) spec.affinity = affinity;
  const { labels: _, annotations: __, ...metadata } = template.metadata ?? {};
  const { labels, annotations } = other.metadata ?? {};
  const placed = { ...metadata, ...(labels && { labels }), ...(annotations && { annotations }) };
  return { ...template, metadata: placed, spec };
}

type Affinity = NonNullable<PodTemplateSpec["spec"]>["affinity"];

function affinityAs(affinity: Affinity, other: Affinity): Affinity {
  const { nodeAffinity: _, ...others } = affinity ?? {};
  const { nodeAffinity, ...kept } = other ?? {};
  if (Bun.deepEquals(others, kept)) return other;
  return { ...others, ...(nodeAffinity && { nodeAffinity }) };
}
