import type { Container, Pod } from "#api/object.ts";
import { isRestartable } from "#api/pod.ts";
import { Quantity } from "#api/quantity.ts";

/** Resource name → amount, in thousandths for `cpu`, in whole units for all else. */
export type Amounts = ReadonlyMap<string, number>;

export function amountsOf(list: Readonly<Record<string, string>> = {}): Amounts {
  return new Map(Object.entries(list).map(([name, text]) => [name, amountOf(name, text)]));
}

function amountOf(name: string, text: string): number {
  const quantity = Quantity.tryParse(text) ?? Quantity.zero;
  return Number(name === "cpu" ? quantity.milli : quantity.value);
}

/**
 * What a pod takes of its node: its containers and sidecars together, or what one init container
 * needs beside the sidecars before it where that is more, and its overhead (`PodRequests`).
 */
export function requestsOf({ spec }: Pod): Amounts {
  let running = new Map<string, number>();
  let starting = new Map<string, number>();
  for (const container of spec?.initContainers ?? []) {
    const own = requestsOfContainer(container);
    if (isRestartable(container)) running = plus(running, own);
    starting = most(starting, isRestartable(container) ? running : plus(running, own));
  }
  for (const container of spec?.containers ?? []) {
    running = plus(running, requestsOfContainer(container));
  }
  return plus(most(running, starting), amountsOf(spec?.overhead));
}

/** Where only a limit is given it is the request as well. */
function requestsOfContainer({ resources }: Container): Amounts {
  return amountsOf({ ...resources?.limits, ...resources?.requests });
}

export function plus(a: Amounts, b: Amounts): Map<string, number> {
  const total = new Map(a);
  for (const [name, amount] of b) total.set(name, (total.get(name) ?? 0) + amount);
  return total;
}

export function minus(a: Amounts, b: Amounts): Map<string, number> {
  return plus(a, new Map([...b].map(([name, amount]) => [name, -amount])));
}

function most(a: Amounts, b: Amounts): Map<string, number> {
  const highest = new Map(a);
  for (const [name, amount] of b) highest.set(name, Math.max(highest.get(name) ?? 0, amount));
  return highest;
}
