/**
 * What follows from some sources: made when first asked for, and anew when it is asked for after
 * one of them is another than it was. `previous` is what there was before.
 */
export function derived<S extends readonly unknown[], T>(
  sourcesNow: () => S,
  make: (sources: S, previous: T | undefined) => T,
): () => T {
  let made: { readonly from: S; readonly value: T } | undefined;
  return () => {
    const sources = sourcesNow();
    const from = made?.from;
    if (made === undefined || sources.some((source, index) => source !== from?.[index])) {
      made = { from: sources, value: make(sources, made?.value) };
    }
    return made.value;
  };
}
