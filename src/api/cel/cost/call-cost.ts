import { type CallCost, type CostRules, type Operand, STEP } from "./cost-rule.ts";
import { LIST_COSTS } from "./list-costs.ts";
import { OPERATOR_COSTS } from "./operator-costs.ts";
import { TEXT_COSTS } from "./text-costs.ts";

const RULES: CostRules = { ...OPERATOR_COSTS, ...TEXT_COSTS, ...LIST_COSTS };

/**
 * What a call of a function, method (its name after a dot) or operator costs in cel-go's units,
 * beside its arguments: what cel-go's checker/cost.go and ext and Kubernetes'
 * pkg/cel/library/cost.go say, a step where they say nothing.
 */
export function callCost(name: string, operands: readonly Operand[]): CallCost {
  const rule = Object.hasOwn(RULES, name) ? RULES[name] : undefined;
  return rule ? rule(operands) : STEP;
}
