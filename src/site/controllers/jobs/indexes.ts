import type { Job, Pod } from "#api/object.ts";

/** Says of a pod, as annotation and as label, which index of its Job it works on. */
export const INDEX = "batch.kubernetes.io/job-completion-index";

/** How often the index of a pod had failed when the pod was made. */
export const INDEX_FAILURES = "batch.kubernetes.io/job-index-failure-count";

/** True for Jobs whose pods are told apart by an index. */
export function isIndexed({ spec }: Job): boolean {
  return spec?.completionMode === "Indexed";
}

/** The index of a pod; undefined where it has none that its Job knows. */
export function indexOf({ metadata }: Pod, { spec }: Job): number | undefined {
  const text = metadata?.annotations?.[INDEX] ?? "";
  const index = /^\d{1,10}$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
  return index < (spec?.completions ?? 0) ? index : undefined;
}

/** How often its index has failed, if `pod` failed too. */
export function failuresWith({ metadata }: Pod): number {
  return (Number(metadata?.annotations?.[INDEX_FAILURES] ?? 0) || 0) + 1;
}
