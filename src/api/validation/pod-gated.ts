import { type FieldError, invalid } from "../field-error.ts";
import { held } from "../held/held-json.ts";
import type { PodSpec } from "../object.ts";

type NodeAffinity = NonNullable<NonNullable<PodSpec["affinity"]>["nodeAffinity"]>;
type Term = NonNullable<
  NodeAffinity["requiredDuringSchedulingIgnoredDuringExecution"]
>["nodeSelectorTerms"][number];

const TERM = "io.k8s.api.core.v1.NodeSelectorTerm";
const TERMS =
  "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";

/** Errors of where a pod that is not placed yet may go: only ever to fewer nodes. */
export function validateNarrowing(next: PodSpec, current: PodSpec): FieldError[] {
  return [...validateSelector(next, current), ...validateTerms(next, current)];
}

function validateSelector(next: PodSpec, current: PodSpec): FieldError[] {
  const selector = next.nodeSelector ?? {};
  const kept = Object.entries(current.nodeSelector ?? {});
  if (kept.every(([key, value]) => selector[key] === value)) return [];
  const detail = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
  return [invalid("spec.nodeSelector", { value: next.nodeSelector ?? null, detail })];
}

const termsOf = ({ affinity }: PodSpec): readonly Term[] | undefined =>
  affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;

function validateTerms(next: PodSpec, current: PodSpec): FieldError[] {
  const [terms, before = []] = [termsOf(next), termsOf(current)];
  if (before.length === 0) return [];
  if (terms?.length !== before.length) {
    const detail = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
    return [invalid(TERMS, { value: held(TERM, terms), detail })];
  }
  return terms.flatMap((term, index) => {
    if (onlyAdds(term, before[index] ?? {})) return [];
    const detail = "only additions are allowed (no mutations or deletions)";
    return [invalid(`${TERMS}[${index}]`, { value: held(TERM, term), detail })];
  });
}

function onlyAdds(term: Term, before: Term): boolean {
  const lists = ["matchExpressions", "matchFields"] as const;
  const sizeOf = (one: Term) => lists.reduce((sum, list) => sum + (one[list] ?? []).length, 0);
  if (sizeOf(before) === 0) return sizeOf(term) === 0;
  return lists.every((list) => {
    const kept = before[list] ?? [];
    return Bun.deepEquals((term[list] ?? []).slice(0, kept.length), kept);
  });
}

/** The new spec with the old one's say of which nodes it may go to. */
export function withPlaceOf(next: PodSpec, current: PodSpec): PodSpec {
  const { nodeSelector: _selector, affinity, ...spec } = next;
  const { nodeAffinity: _node, ...others } = affinity ?? {};
  const before = current.affinity?.nodeAffinity;
  const place = { ...others, ...(before && { nodeAffinity: before }) };
  const hasAffinity = Object.keys(place).length > 0 || current.affinity !== undefined;
  return {
    ...spec,
    ...(current.nodeSelector && { nodeSelector: current.nodeSelector }),
    ...(hasAffinity && { affinity: place }),
  };
}
