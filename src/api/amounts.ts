import { Quantity } from "./quantity.ts";

/** How much of each resource, by its name. */
export type Amounts = ReadonlyMap<string, Quantity>;

/** The amounts of a wire list; what is no quantity counts as nothing. */
export function amountsOf(list: Readonly<Record<string, string>> = {}): Amounts {
  return new Map(
    Object.entries(list).map(([name, text]) => [name, Quantity.tryParse(text) ?? Quantity.zero]),
  );
}

/** All of `a` and all of `b`. */
export function sumOf(a: Amounts, b: Amounts): Amounts {
  return merged(a, b, (left, right) => left.plus(right));
}

/** The larger amount of each resource. */
export function mostOf(a: Amounts, b: Amounts): Amounts {
  return merged(a, b, (left, right) => (left.compare(right) < 0 ? right : left));
}

/** What `a` has more than `b`; never less than nothing. */
export function excessOf(a: Amounts, b: Amounts): Amounts {
  const excess = new Map<string, Quantity>();
  for (const [name, amount] of a) {
    const rest = amount.minus(b.get(name) ?? Quantity.zero);
    excess.set(name, rest.compare(Quantity.zero) < 0 ? Quantity.zero : rest);
  }
  return excess;
}

/** Only the resources of those names. */
export function masked(amounts: Amounts, names: ReadonlySet<string>): Amounts {
  return new Map([...amounts].filter(([name]) => names.has(name)));
}

/** As errors and events print them: `cpu=1,memory=1Gi`, in the order of names. */
export function amountsText(amounts: Amounts): string {
  return [...amounts]
    .map(([name, amount]) => `${name}=${amount}`)
    .toSorted()
    .join(",");
}

/** As a wire list, in the order of names. */
export function amountsList(amounts: Amounts): Record<string, string> {
  const names = [...amounts.keys()].toSorted();
  return Object.fromEntries(names.map((name) => [name, String(amounts.get(name))]));
}

function merged(
  a: Amounts,
  b: Amounts,
  both: (left: Quantity, right: Quantity) => Quantity,
): Amounts {
  const result = new Map(a);
  for (const [name, amount] of b) {
    const own = a.get(name);
    result.set(name, own === undefined ? amount : both(own, amount));
  }
  return result;
}
