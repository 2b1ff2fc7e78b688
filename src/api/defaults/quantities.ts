import { canonicalQuantity } from "../quantity.ts";

type Amounts = { [resource: string]: string };

/** Writes all quantities of a map in their canonical form. */
export function canonicalizeAmounts(amounts: Amounts | undefined): void {
  for (const [resource, amount] of Object.entries(amounts ?? {})) {
    if (amounts) amounts[resource] = canonicalQuantity(amount);
  }
}

/** Writes the quantities of requests and limits in their canonical form. */
export function canonicalizeResources(
  resources: { requests?: Amounts; limits?: Amounts } | undefined,
): void {
  canonicalizeAmounts(resources?.limits);
  canonicalizeAmounts(resources?.requests);
}
