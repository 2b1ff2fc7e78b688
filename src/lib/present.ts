type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The fields that have a value: what JSON would leave out anyhow is not there. */
export function present<T extends object>(fields: T): Present<T> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  // Fewer of the same fields.
  return Object.fromEntries(entries) as Present<T>;
}
