import type { Catalog } from "#api/catalog.ts";
import type { Resource } from "#api/resource.ts";

/**
 * What follows from the rows of a catalog: made when first asked for, and anew when it is asked
 * for after they changed. `previous` is what there was before.
 */
export function derived<T>(
  catalog: Catalog,
  make: (resources: readonly Resource[], previous: T | undefined) => T,
): () => T {
  let made: { readonly from: readonly Resource[]; readonly value: T } | undefined;
  return () => {
    const { resources } = catalog;
    if (made?.from !== resources) made = { from: resources, value: make(resources, made?.value) };
    return made.value;
  };
}
