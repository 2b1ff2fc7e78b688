import type { Container, PodSpec } from "../object.ts";

/** What is checked: a pod, or the template of one. */
export interface CheckedPod {
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
}

/** Why a pod is not of a level: in a word, and in detail. */
export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

/** One rule of the Pod Security Standards; `minor` is the version of Kubernetes that is asked for. */
export type Check = (pod: CheckedPod, minor: number) => Violation | undefined;

/** Every container, of whatever sort. */
export function containersOf({ spec }: CheckedPod): readonly Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])];
}

/** The names of the containers that are so. */
export function namesWhere(
  pod: CheckedPod,
  isSo: (container: Container) => boolean,
): readonly string[] {
  return containersOf(pod)
    .filter(isSo)
    .map(({ name }) => name);
}

/** Quotation marks in a name stay as they are, as Kubernetes writes them. */
export const quoted = (names: Iterable<string>): string =>
  [...names].map((name) => `"${name}"`).join(", ");

/** `one`, or `one` and an s. */
export const plural = (one: string, { length }: { readonly length: number }): string =>
  length === 1 ? one : `${one}s`;

/** `container "a"`, `containers "a", "b"` */
export const counted = (one: string, names: readonly string[]): string =>
  `${plural(one, names)} ${quoted(names)}`;

export const sorted = (values: Iterable<string>): readonly string[] =>
  [...new Set(values)].toSorted();

/** Who set it: `pod and containers "a", "b"`; undefined where nobody did. */
export function setters({
  byPod,
  containers,
}: {
  byPod: boolean;
  containers: readonly string[];
}): string | undefined {
  const who = [
    ...(byPod ? ["pod"] : []),
    ...(containers.length > 0 ? [counted("container", containers)] : []),
  ];
  return who.length > 0 ? who.join(" and ") : undefined;
}

interface Setting<T> {
  readonly ofPod: T | undefined;
  of(container: Container): T | undefined;
  isBad(value: T): boolean;
}

/** Who set something bad, on the pod or on containers, and all that was set so. */
export function badSettings<T>(
  pod: CheckedPod,
  { ofPod, of, isBad }: Setting<T>,
): { readonly who: string; readonly values: readonly T[] } | undefined {
  const badly = (value: T | undefined): value is T => value !== undefined && isBad(value);
  const containers = containersOf(pod).filter((container) => badly(of(container)));
  const who = setters({
    byPod: badly(ofPod),
    containers: containers.map(({ name }) => name),
  });
  if (who === undefined) return undefined;
  return { who, values: [ofPod, ...containers.map(of)].filter(badly) };
}
