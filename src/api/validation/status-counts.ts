import { type FieldError, invalid } from "../field-error.ts";

const atMost = (field: string, { value, max, of }: { value: number; max: number; of: string }) =>
  value > max
    ? [invalid(`status.${field}`, { value, detail: `cannot be greater than ${of}` })]
    : [];

/** Counts of pods that are among all `replicas`. */
export function partsOf(
  counts: Readonly<Record<string, number | undefined>>,
  replicas = 0,
): FieldError[] {
  return Object.entries(counts).flatMap(([field, value = 0]) =>
    atMost(field, { value, max: replicas, of: "status.replicas" }),
  );
}

interface Ready {
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
}

/** Who is available is ready; not every kind tells with a path where that is counted. */
export function notAboveReady(
  { readyReplicas = 0, availableReplicas = 0 }: Ready = {},
  of = "readyReplicas",
): FieldError[] {
  return atMost("availableReplicas", { value: availableReplicas, max: readyReplicas, of });
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
