import type { KubeObject, PersistentVolumeClaim, Pod, PodSpec, ResourceQuota } from "../object.ts";
import { qosClass } from "../pod.ts";
import type { Resource } from "../resource.ts";
import { matcherOf } from "../selector.ts";

interface ScopeSelector {
  readonly scopeName: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** True where all scopes of a quota hold for an object; only pods and claims have scopes. */
export function inScope(quota: ResourceQuota, resource: Pick<Resource, "group" | "plural">) {
  const selectors = scopesOf(quota);
  const holds = resource.group === "" ? SCOPES.get(resource.plural) : undefined;
  return (object: KubeObject): boolean =>
    selectors.every((selector) => holds?.(object, selector) ?? false);
}

function scopesOf({ spec }: ResourceQuota): readonly ScopeSelector[] {
  const plain = (spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: "Exists" }));
  return [...plain, ...(spec?.scopeSelector?.matchExpressions ?? [])];
}

function podInScope(pod: Pod, selector: ScopeSelector): boolean {
  const { spec } = pod;
  switch (selector.scopeName) {
    case "Terminating":
      return isTerminating(pod);
    case "NotTerminating":
      return !isTerminating(pod);
    case "BestEffort":
      return qosClass(pod) === "BestEffort";
    case "NotBestEffort":
      return qosClass(pod) !== "BestEffort";
    case "PriorityClass":
      return selects(selector, spec?.priorityClassName ? [spec.priorityClassName] : []);
    case "CrossNamespacePodAffinity":
      return affinityTerms(spec).some(
        ({ namespaces = [], namespaceSelector }) =>
          namespaces.length > 0 || namespaceSelector !== undefined,
      );
    default:
      return false;
  }
}

/** True for pods that have a time by which they are over. */
export function isTerminating({ spec }: Pod): boolean {
  return (spec?.activeDeadlineSeconds ?? -1) >= 0;
}

function affinityTerms(spec: PodSpec | undefined) {
  const { podAffinity, podAntiAffinity } = spec?.affinity ?? {};
  return [podAffinity, podAntiAffinity].flatMap((one) => [
    ...(one?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(one?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ podAffinityTerm }) => podAffinityTerm,
    ),
  ]);
}

function claimInScope({ spec, status }: PersistentVolumeClaim, selector: ScopeSelector): boolean {
  if (selector.scopeName !== "VolumeAttributesClass") return false;
  const classes = [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ];
  return selects(
    selector,
    classes.flatMap((name) => name || []),
  );
}

/** True where one of the names, or having none, is what the selector asks for. */
function selects(
  { scopeName, operator, values }: ScopeSelector,
  names: readonly string[],
): boolean {
  const matcher = matcherOf({
    matchExpressions: [{ key: scopeName, operator, ...(values && { values: [...values] }) }],
  });
  if (names.length === 0) return matcher.matches({});
  return names.some((name) => matcher.matches({ [scopeName]: name }));
}

type Holds = {
  bivarianceHack(object: KubeObject, selector: ScopeSelector): boolean;
}["bivarianceHack"];

const SCOPES: ReadonlyMap<string, Holds> = new Map<string, Holds>([
  ["pods", podInScope],
  ["persistentvolumeclaims", claimInScope],
]);
