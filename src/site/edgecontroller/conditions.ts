interface Condition {
  readonly type: string;
  readonly status: string;
  lastTransitionTime?: string;
}

/**
 * The conditions of an object after a report: those of the report, with the time of the last
 * transition where nothing transited, and those of others that the report does not speak of.
 */
export function mergeConditions<T extends Condition>(
  current: readonly T[] = [],
  reported: readonly T[] = [],
): T[] {
  const merged = reported.map((next) => {
    const before = current.find(({ type }) => type === next.type);
    const lastTransitionTime = before?.status === next.status && before.lastTransitionTime;
    return lastTransitionTime ? { ...next, lastTransitionTime } : next;
  });
  const others = current.filter(({ type }) => !reported.some((next) => next.type === type));
  return [...others, ...merged];
}
