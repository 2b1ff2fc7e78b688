import type { Operation } from "./operation.ts";

/**
 * Operations on their way to another thread: one text and one buffer that changes hands. To clone
 * them one by one costs four times as much.
 */
export interface PackedOperations {
  /** JSON of the operations, the length of each value in the value's place. */
  readonly heads: string;
  /** The values, one behind the other. */
  readonly values: ArrayBuffer;
}

type WithBytes = Extract<Operation, { readonly value: Uint8Array }>;
type HeadOf<O> = O extends WithBytes ? Omit<O, "value"> & { readonly value: number } : O;
type Head = HeadOf<Operation>;

/** Copies the values. */
export function pack(operations: readonly Operation[]): PackedOperations {
  const values = new Uint8Array(operations.reduce((sum, one) => sum + lengthOf(one), 0));
  let at = 0;
  const heads = operations.map((operation): Head => {
    if (!hasBytes(operation)) return operation;
    values.set(operation.value, at);
    at += operation.value.length;
    return { ...operation, value: operation.value.length };
  });
  return { heads: JSON.stringify(heads), values: values.buffer };
}

/** What was packed; the values are parts of the buffer. */
export function unpack({ heads, values }: PackedOperations): readonly Operation[] {
  const parsed: readonly Head[] = JSON.parse(heads);
  let at = 0;
  return parsed.map((head): Operation => {
    if (!isShort(head)) return head;
    const value = new Uint8Array(values, at, head.value);
    at += head.value;
    return { ...head, value };
  });
}

const isShort = (head: Head): head is HeadOf<WithBytes> =>
  "value" in head && typeof head.value === "number";

const hasBytes = (operation: Operation): operation is WithBytes =>
  "value" in operation && operation.value instanceof Uint8Array;

const lengthOf = (operation: Operation): number =>
  hasBytes(operation) ? operation.value.length : 0;
