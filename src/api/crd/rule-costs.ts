import { type FieldError, forbidden } from "../field-error.ts";

/** Kubernetes' `StaticEstimatedCostLimit` and `StaticEstimatedCRDCostLimit`. */
const MAX_EXPRESSION_COST = 10_000_000;
const MAX_SCHEMA_COST = 100_000_000;
/** What costs less than a hundredth of all is not named. */
const NAMED_COST = MAX_SCHEMA_COST / 100;
const MAX_NAMED = 4;

/** What the expressions of a schema may cost together. */
export class RuleCosts {
  readonly #costs: { readonly field: string; readonly cost: number }[] = [];
  readonly #limitsEach: boolean;

  /** `limitsEach` false: only what they cost together is limited. */
  constructor({ limitsEach }: { readonly limitsEach: boolean }) {
    this.#limitsEach = limitsEach;
  }

  /** Counts an expression in, and says if it alone is too much. `what` it is: `rule`. */
  *add(
    what: "messageExpression" | "rule",
    { field, cost }: { readonly field: string; readonly cost: number },
  ): Iterable<FieldError> {
    this.#costs.push({ field, cost });
    if (this.#limitsEach && cost > MAX_EXPRESSION_COST)
      yield forbidden(field, exceeds(`estimated ${what} cost`, cost / MAX_EXPRESSION_COST));
  }

  /** What is wrong with all together, the most expensive ones first. */
  *total(field: string): Iterable<FieldError> {
    const total = this.#costs.reduce((sum, { cost }) => sum + cost, 0);
    if (total <= MAX_SCHEMA_COST) return;
    const named = this.#costs
      .filter(({ cost }) => cost >= NAMED_COST)
      .toSorted((a, b) => (a.cost === b.cost ? 0 : b.cost - a.cost))
      .slice(0, MAX_NAMED);
    for (const one of named)
      yield forbidden(
        one.field,
        "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema",
      );
    const what = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema";
    yield forbidden(field, exceeds(what, total / MAX_SCHEMA_COST));
  }
}

const exceeds = (what: string, factor: number): string =>
  `${what} exceeds budget by factor of ${shown(factor)} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;

function shown(factor: number): string {
  if (factor > 100) return "more than 100x";
  if (factor < 1.5) return `${factor.toFixed(6)}x`;
  // Of two that are as near, Go takes the even one.
  return `${(Number.isInteger(factor - 0.25) ? factor - 0.01 : factor).toFixed(1)}x`;
}
