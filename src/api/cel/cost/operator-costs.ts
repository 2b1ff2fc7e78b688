import type { CelType } from "../types.ts";
import {
  type CostRule,
  type CostRules,
  type Fit,
  fitOf,
  isTextual,
  type Operand,
  orStep,
  STEP,
  sizeOf,
  traversal,
} from "./cost-rule.ts";
import { ONE, plus, scaled } from "./span.ts";

/** Kubernetes' bound of the text of a named format. */
const MAX_FORMAT_LENGTH = 64;

/** Whether all operands are texts, or all bytes. */
function areTexts(operands: readonly Operand[]): Fit {
  const mayAll = (is: "bytes" | "string"): boolean =>
    operands.every((operand) => fitOf(operand, is) !== "never");
  if (!mayAll("string") && !mayAll("bytes")) return "never";
  return operands.some(({ type }) => isTextual(type)) ? "always" : "maybe";
}

/** Both are read up to the end of the shorter one. */
const compares: CostRule = ([a, b]) => {
  const max = Math.min(sizeOf(a).max, sizeOf(b).max);
  return { cost: traversal({ min: Math.min(1, max), max }) };
};

const orders = orStep(compares, areTexts);

/** Compared without being read. */
const SMALL: readonly CelType["is"][] = ["ip", "cidr", "quantity", "semver"];

/** Kubernetes' own types have costs of their own, where both sides are of one. */
const equates: CostRule = (operands) => {
  const [a, b] = operands;
  if (a === undefined || b === undefined || a.type.is !== b.type.is) return compares(operands);
  const { is } = a.type;
  if (SMALL.includes(is)) return STEP;
  if (is === "format") return { cost: traversal({ min: 1, max: MAX_FORMAT_LENGTH }) };
  if (is !== "url") return compares(operands);
  return { cost: traversal({ min: 1, max: Number.isFinite(b.size.max) ? b.size.max : 1 }) };
};

/** Lists are put together without being read. */
const concatenates: CostRule = (operands) => {
  const [a, b] = operands;
  const size = plus(sizeOf(a), sizeOf(b));
  if (operands.some(({ type }) => type.is === "list")) return { cost: ONE, size };
  return orStep(() => ({ cost: traversal(size), size }), areTexts)(operands);
};

/** Of operators. */
export const OPERATOR_COSTS: CostRules = {
  "_==_": equates,
  "_!=_": compares,
  "_<_": orders,
  "_<=_": orders,
  "_>_": orders,
  "_>=_": orders,
  "_+_": concatenates,
  "@in": orStep(
    ([, list]) => ({ cost: scaled(sizeOf(list), 1) }),
    ([, list]) => fitOf(list, "list"),
  ),
};
