import { BOOL, type CelType, DYN, INT, listOf, mapOf, STRING } from "../types.ts";
import { type CelValue, isList, isMap, Opaque } from "../values.ts";
import { callCost } from "./call-cost.ts";
import type { Operand } from "./cost-rule.ts";
import { RUN_TIME_COSTS, sizeOfValue } from "./run-time-costs.ts";
import { exactly, type Span } from "./span.ts";

/** What a call costs with the values that it is given; names as in `callCost`. */
export function actualCallCost(name: string, values: readonly CelValue[]): number {
  const own = Object.hasOwn(RUN_TIME_COSTS, name) ? RUN_TIME_COSTS[name] : undefined;
  return own ? own(values) : callCost(name, values.map(operandOf)).cost.max;
}

const operandOf = (value: CelValue): Operand => ({
  type: typeOf(value),
  size: exactly(sizeOfValue(value)),
  elementSize: () => elementSize(value),
  int: typeof value === "bigint" ? Number(value) : undefined,
});

/** As far as a cost depends on it; a list is taken for one of what comes first in it. */
function typeOf(value: CelValue): CelType {
  if (typeof value === "string") return STRING;
  if (typeof value === "bigint") return INT;
  if (value instanceof Uint8Array) return { is: "bytes" };
  if (value instanceof Opaque) return opaqueType(value.kind);
  if (value === null || typeof value !== "object") return BOOL;
  if (isList(value)) return listOf(value[0] === undefined ? DYN : typeOf(value[0]));
  return isMap(value) ? mapOf(DYN, DYN) : BOOL;
}

function opaqueType(kind: string): CelType {
  switch (kind) {
    case "cidr":
    case "format":
    case "ip":
    case "semver":
    case "url":
      return { is: kind };
    default:
      return { is: "opaque", name: kind };
  }
}

/** On the average, so that all elements together are as large as they are. */
function elementSize(value: CelValue): Span | undefined {
  if (value === null || typeof value !== "object" || !isList(value)) return undefined;
  const total = value.reduce<number>((sum, element) => sum + sizeOfValue(element), 0);
  return exactly(value.length === 0 ? 0 : total / value.length);
}
