import { type Amounts, amountsOf, mostOf, sumOf } from "./amounts.ts";
import type { Container, Pod, PodSpec } from "./object.ts";
import { isRestartable } from "./pod.ts";
import { Quantity } from "./quantity.ts";
import { isHugePages } from "./resource-name.ts";

/**
 * What a pod takes of its node: its containers and sidecars together, or what one init container
 * needs beside the sidecars before it where that is more; what the pod says as a whole counts
 * instead. Its overhead comes on top (component-helpers `PodRequests`).
 */
export function podRequests({ spec }: Pod): Amounts {
  const own = containerRequests(spec);
  return sumOf(overruled(own, spec?.resources?.requests), amountsOf(spec?.overhead));
}

/** How far a pod may go; overhead counts only where there is a limit at all (`PodLimits`). */
export function podLimits({ spec }: Pod): Amounts {
  const own = containerLimits(spec);
  const limits = new Map(overruled(own, spec?.resources?.limits));
  for (const [name, amount] of amountsOf(spec?.overhead)) {
    const limit = limits.get(name);
    if (limit !== undefined && limit.compare(Quantity.zero) > 0)
      limits.set(name, limit.plus(amount));
  }
  return limits;
}

/** What its containers ask for together, whatever the pod says as a whole. */
export function containerRequests(spec: PodSpec | undefined): Amounts {
  return inAll(spec, ({ resources }) => amountsOf(resources?.requests));
}

/** How far its containers may go together. */
export function containerLimits(spec: PodSpec | undefined): Amounts {
  return inAll(spec, ({ resources }) => amountsOf(resources?.limits));
}

function inAll(spec: PodSpec | undefined, amounts: (container: Container) => Amounts): Amounts {
  let running: Amounts = new Map();
  let starting: Amounts = new Map();
  for (const container of spec?.initContainers ?? []) {
    const beside = sumOf(running, amounts(container));
    if (isRestartable(container)) running = beside;
    starting = mostOf(starting, beside);
  }
  for (const container of spec?.containers ?? []) running = sumOf(running, amounts(container));
  return mostOf(running, starting);
}

/** True where something is said for the pod as a whole (component-helpers `IsPodLevelResourcesSet`). */
export function isWhole({
  resources: { requests, limits } = {},
}: Pick<PodSpec, "resources">): boolean {
  return [...Object.keys(requests ?? {}), ...Object.keys(limits ?? {})].some(isOfPod);
}

/** What may be said for the pod as a whole. */
export function isOfPod(name: string): boolean {
  return name === "cpu" || name === "memory" || isHugePages(name);
}

function overruled(amounts: Amounts, ofPod: Readonly<Record<string, string>> = {}): Amounts {
  const whole = [...amountsOf(ofPod)].filter(([name]) => isOfPod(name));
  return whole.length === 0 ? amounts : new Map([...amounts, ...whole]);
}
