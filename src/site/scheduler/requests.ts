import type { Pod } from "#api/object.ts";
import { podRequests } from "#api/pod-resources.ts";
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

/** What a pod takes of its node. */
export function requestsOf(pod: Pod): Amounts {
  return new Map(
    [...podRequests(pod)].map(([name, { milli, value }]) => [
      name,
      Number(name === "cpu" ? milli : value),
    ]),
  );
}

export function plus(a: Amounts, b: Amounts): Map<string, number> {
  const total = new Map(a);
  for (const [name, amount] of b) total.set(name, (total.get(name) ?? 0) + amount);
  return total;
}

export function minus(a: Amounts, b: Amounts): Map<string, number> {
  return plus(a, new Map([...b].map(([name, amount]) => [name, -amount])));
}
