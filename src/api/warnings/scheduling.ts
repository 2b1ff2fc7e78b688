import type { PodSpec } from "../object.ts";

type Affinity = NonNullable<PodSpec["affinity"]>;
type NodeSelectorTerm = NonNullable<
  NonNullable<Affinity["nodeAffinity"]>["requiredDuringSchedulingIgnoredDuringExecution"]
>["nodeSelectorTerms"][number];

const DEPRECATED_LABELS: ReadonlyMap<string, string> = new Map([
  ["beta.kubernetes.io/arch", 'deprecated since v1.14; use "kubernetes.io/arch" instead'],
  ["beta.kubernetes.io/os", 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  [
    "failure-domain.beta.kubernetes.io/region",
    'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  ],
  [
    "failure-domain.beta.kubernetes.io/zone",
    'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  ],
  [
    "beta.kubernetes.io/instance-type",
    'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  ],
  ["app.kubernetes.io/created-by", "deprecated since v1.9"],
  [
    "scheduler.alpha.kubernetes.io/preferAvoidPods",
    "deprecated since v1.22; use Taints and Tolerations instead",
  ],
  ["node-role.kubernetes.io/master", 'use "node-role.kubernetes.io/control-plane" instead'],
]);

/** Warnings of each item of a list, each under its own index. */
export function warnEach<T>(
  items: readonly T[] | null | undefined,
  path: string,
  warn: (item: T, path: string) => readonly string[],
): string[] {
  return items?.flatMap((item, index) => warn(item, `${path}[${index}]`)) ?? [];
}

/** Warnings of labels of nodes that go by another name now. */
export function nodeLabelWarnings(
  labels: Readonly<Record<string, string>> | undefined,
  pathOf: (label: string) => string,
): string[] {
  return Object.keys(labels ?? {}).flatMap((label) => {
    const said = DEPRECATED_LABELS.get(label);
    return said === undefined ? [] : [`${pathOf(label)}: ${said}`];
  });
}

function keyWarnings(key: string, path: string): string[] {
  const said = DEPRECATED_LABELS.get(key);
  return said === undefined ? [] : [`${path}: ${key} is ${said}`];
}

/** Warnings of a term that selects nodes. */
export function nodeTermWarnings({ matchExpressions }: NodeSelectorTerm, path: string): string[] {
  return warnEach(matchExpressions, `${path}.matchExpressions`, ({ key }, at) =>
    keyWarnings(key, `${at}.key`),
  );
}

function nodeWarnings({ nodeAffinity }: Affinity, path: string): string[] {
  const {
    requiredDuringSchedulingIgnoredDuringExecution: must,
    preferredDuringSchedulingIgnoredDuringExecution: wish,
  } = nodeAffinity ?? {};
  const musts = `${path}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution`;
  const wishes = `${path}.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution`;
  return [
    ...warnEach(must?.nodeSelectorTerms, `${musts}.nodeSelectorTerms`, nodeTermWarnings),
    ...warnEach(wish, wishes, ({ preference }, at) =>
      nodeTermWarnings(preference, `${at}.preference`),
    ),
  ];
}

/** A selector that is not given selects nothing, which few expect. */
function selectsNothing({ labelSelector }: { labelSelector?: unknown }, path: string): string[] {
  if (labelSelector !== undefined) return [];
  return [`${path}.labelSelector: a null labelSelector results in matching no pod`];
}

/** Warnings of where a pod wants to run, by the labels of nodes. */
export function placementWarnings(spec: PodSpec, path: string): string[] {
  return [
    ...nodeLabelWarnings(spec.nodeSelector, (label) => `${path}.nodeSelector[${label}]`),
    ...nodeWarnings(spec.affinity ?? {}, `${path}.affinity`),
    ...warnEach(spec.topologySpreadConstraints, `${path}.topologySpreadConstraints`, (one, at) => [
      ...keyWarnings(one.topologyKey, `${at}.topologyKey`),
      ...selectsNothing(one, at),
    ]),
  ];
}

/** Warnings of which other pods a pod wants near or far. */
export function neighbourWarnings({ affinity }: PodSpec, path: string): string[] {
  return (["podAffinity", "podAntiAffinity"] as const).flatMap((side) => {
    const {
      requiredDuringSchedulingIgnoredDuringExecution: must,
      preferredDuringSchedulingIgnoredDuringExecution: wish,
    } = affinity?.[side] ?? {};
    const at = `${path}.affinity.${side}`;
    return [
      ...warnEach(must, `${at}.requiredDuringSchedulingIgnoredDuringExecution`, selectsNothing),
      ...warnEach(
        wish,
        `${at}.preferredDuringSchedulingIgnoredDuringExecution`,
        ({ podAffinityTerm }, item) => selectsNothing(podAffinityTerm, `${item}.podAffinityTerm`),
      ),
    ];
  });
}
