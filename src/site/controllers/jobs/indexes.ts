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

/** The indexes that a text such as `0-2,5` names, of a Job of so many. */
export function parseIndexes(text: string | undefined, completions: number): Set<number> {
  const indexes = new Set<number>();
  for (const part of (text ?? "").split(",").filter(Boolean)) {
    const [first = "", last = first] = part.split("-");
    for (let index = Number(first); index <= Number(last) && index < completions; index++) {
      indexes.add(index);
    }
  }
  return indexes;
}

/** The other way round: three in a row and more are written as a range. */
export function formatIndexes(indexes: Iterable<number>): string {
  const ranges: [first: number, last: number][] = [];
  for (const index of [...indexes].sort((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range?.[1] === index - 1) range[1] = index;
    else ranges.push([index, index]);
  }
  return ranges
    .map(([first, last]) => {
      if (first === last) return `${first}`;
      return last === first + 1 ? `${first},${last}` : `${first}-${last}`;
    })
    .join(",");
}
