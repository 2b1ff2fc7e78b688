import type { PriorityClass, RuntimeClass } from "../object.ts";
import { canonicalizeAmounts } from "./quantities.ts";

export function setPriorityClassDefaults(priorityClass: PriorityClass): void {
  priorityClass.preemptionPolicy ??= "PreemptLowerPriority";
}

export function setRuntimeClassDefaults({ overhead }: RuntimeClass): void {
  canonicalizeAmounts(overhead?.podFixed);
}
