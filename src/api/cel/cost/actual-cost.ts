import { BOOL, type CelType, DYN, INT, listOf, mapOf, STRING } from "../types.ts";
import { type CelValue, isList, isMap, Opaque, Optional } from "../values.ts";
import { callCost } from "./call-cost.ts";
import type { Operand } from "./cost-rule.ts";
import { exactly, type Span } from "./span.ts";

/** What a call costs with the values that it is given; names as in `callCost`. */
export function actualCallCost(name: string, values: readonly CelValue[]): number {
  return callCost(name, values.map(operandOf)).cost.max;
}

const operandOf = (value: CelValue): Operand => ({
  type: typeOf(value),
  size: exactly(sizeOf(value)),
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

function sizeOf(value: CelValue): number {
  if (value instanceof Optional) return value.value === undefined ? 1 : sizeOf(value.value);
  if (typeof value === "string" || value instanceof Uint8Array) return value.length;
  if (value === null || typeof value !== "object") return 1;
  if (isList(value)) return value.length;
  return isMap(value) ? value.size : 1;
}

/** On the average, so that all elements together are as large as they are. */
function elementSize(value: CelValue): Span | undefined {
  if (value === null || typeof value !== "object" || !isList(value)) return undefined;
  const total = value.reduce<number>((sum, element) => sum + sizeOf(element), 0);
  return exactly(value.length === 0 ? 0 : total / value.length);
}
