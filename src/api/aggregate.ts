/** Several errors in one text; what was said twice is said once (`utilerrors.Aggregate.Error`). */
export function aggregated(messages: readonly string[]): string {
  const [first = "", ...others] = new Set(messages);
  return others.length === 0 ? first : `[${[first, ...others].join(", ")}]`;
}
