import { type FieldError, invalid } from "../field-error.ts";

const atMost = (field: string, { value, max, of }: { value: number; max: number; of: string }) =>
  value > max
    ? [invalid(`status.${field}`, { value, detail: `cannot be greater than status.${of}` })]
    : [];

/** Counts of pods that are among all `replicas`. */
export function partsOf(
  counts: Readonly<Record<string, number | undefined>>,
  replicas = 0,
): FieldError[] {
  return Object.entries(counts).flatMap(([field, value = 0]) =>
    atMost(field, { value, max: replicas, of: "replicas" }),
  );
}

interface Ready {
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
}

/** Who is available is ready. */
export function notAboveReady({ readyReplicas = 0, availableReplicas = 0 }: Ready = {}) {
  const value = availableReplicas;
  return atMost("availableReplicas", { value, max: readyReplicas, of: "readyReplicas" });
}

interface Collisions {
  readonly collisionCount?: number;
}

/** Collisions of names are counted and never forgotten. */
export function notDecremented(next: Collisions = {}, current: Collisions = {}): FieldError[] {
  const before = current.collisionCount;
  const value = next.collisionCount ?? 0;
  if (before === undefined || (next.collisionCount !== undefined && value >= before)) return [];
  return [invalid("status.collisionCount", { value, detail: "cannot be decremented" })];
}
