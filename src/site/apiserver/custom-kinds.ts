import type { LiveCatalog } from "#api/catalog.ts";
import { customRows } from "#api/crd/custom-resource.ts";
import type { CustomResourceDefinition } from "#api/crd/definition.ts";
import { nameOf } from "#api/object.ts";
import { CUSTOM_RESOURCE_DEFINITIONS } from "#api/resources.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { collectionOf, itemOf } from "./kind.ts";

interface CustomKindsOptions {
  readonly store: ObjectStore;
  readonly catalog: LiveCatalog;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Keeps the custom kinds of a catalog as the definitions in the store say, from the moment that
 * each is committed: whoever was answered finds the kind served, or gone.
 */
export function serveCustomKinds({ store, catalog, signal }: CustomKindsOptions): void {
  const collection = collectionOf(CUSTOM_RESOURCE_DEFINITIONS);
  const serve = (definition: CustomResourceDefinition, last?: CustomResourceDefinition): void => {
    if (last && isServedAlike(definition, last)) return;
    catalog.set(nameOf(definition), customRows(definition));
  };
  const { items, resourceVersion } = store.list(collection);
  for (const item of items) serve(itemOf(CUSTOM_RESOURCE_DEFINITIONS, item).value);
  const subscription = store.subscribe(collection, resourceVersion, ({ type, item }, previous) => {
    const { value } = itemOf(CUSTOM_RESOURCE_DEFINITIONS, item);
    if (type === "DELETED") catalog.set(nameOf(value), []);
    else serve(value, previous && itemOf(CUSTOM_RESOURCE_DEFINITIONS, previous).value);
  });
  signal.addEventListener("abort", () => subscription.close(), { once: true });
}

/** A change that no row shows leaves the rows, and all who watch them, alone. */
function isServedAlike(next: CustomResourceDefinition, last: CustomResourceDefinition): boolean {
  const shown = ({ spec, status }: CustomResourceDefinition) => ({
    spec,
    names: status?.acceptedNames,
    established: status?.conditions?.find(({ type }) => type === "Established")?.status,
  });
  return Bun.deepEquals(shown(next), shown(last));
}
