import { type Node, nameOf, type PodSpec } from "#api/object.ts";
import { matcherOfLabels } from "#api/selector.ts";

type NodeAffinity = NonNullable<NonNullable<PodSpec["affinity"]>["nodeAffinity"]>;
type Required = NonNullable<NodeAffinity["requiredDuringSchedulingIgnoredDuringExecution"]>;
type Term = Required["nodeSelectorTerms"][number];
type Requirement = NonNullable<Term["matchExpressions"]>[number];

/** True when the node is one that the pod asks for by `nodeSelector` and required affinity. */
export function isWanted(spec: PodSpec | undefined, node: Node): boolean {
  const labels = node.metadata?.labels;
  if (!matcherOfLabels(spec?.nodeSelector ?? {}).matches(labels)) return false;
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || required.nodeSelectorTerms.some((term) => matches(term, node));
}

/** The weights of the preferred terms that the node matches. */
export function preference(spec: PodSpec | undefined, node: Node): number {
  const preferred =
    spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return preferred
    .filter((term) => matches(term.preference, node))
    .reduce((total, { weight }) => total + weight, 0);
}

/** A term without requirements matches nothing; `matchFields` knows only the name. */
function matches({ matchExpressions = [], matchFields = [] }: Term, node: Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  const labels = node.metadata?.labels ?? {};
  return (
    matchExpressions.every((one) => holds(one, labels[one.key])) &&
    matchFields.every((one) => one.key === "metadata.name" && holds(one, nameOf(node)))
  );
}

function holds({ operator, values = [] }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return value !== undefined && Number(value) > Number(values[0]);
    case "Lt":
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}
