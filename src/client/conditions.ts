/** What conditions of all kinds share. */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

/**
 * `conditions` with `next` in the place of its type. The transition time stays where the status
 * did not change, and the list itself where nothing did.
 */
export function withCondition<C extends Condition>(conditions: readonly C[], next: C): C[] {
  const current = conditions.find(({ type }) => type === next.type);
  if (current === undefined) return [...conditions, next];
  if (
    current.status === next.status &&
    current.reason === next.reason &&
    current.message === next.message
  ) {
    return [...conditions];
  }
  const { lastTransitionTime } = current.status === next.status ? current : next;
  const replaced = { ...next, ...(lastTransitionTime !== undefined && { lastTransitionTime }) };
  return conditions.map((condition) => (condition === current ? replaced : condition));
}

/** The key of a number in a status that Go leaves out at zero. */
export function nonZero<K extends string>(key: K, value: number): { [P in K]?: number } {
  return value === 0 ? {} : ({ [key]: value } as { [P in K]: number });
}
