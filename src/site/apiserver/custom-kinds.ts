import type { LiveCatalog } from "#api/catalog.ts";
import { customRows, isReached } from "#api/crd/custom-resource.ts";
import type { CustomResourceDefinition } from "#api/crd/definition.ts";
import { nameOf } from "#api/object.ts";
import { CUSTOM_RESOURCE_DEFINITIONS } from "#api/resources.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { follow } from "./follow.ts";

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
  follow(store, CUSTOM_RESOURCE_DEFINITIONS, {
    onChange(next, previous) {
      if (next === undefined) {
        if (previous) catalog.set(nameOf(previous), []);
      } else if (previous === undefined || !isServedAlike(next, previous)) {
        catalog.set(nameOf(next), customRows(next));
      }
    },
    signal,
  });
}

/** A change that no row shows leaves the rows, and all who watch them, alone. */
function isServedAlike(next: CustomResourceDefinition, last: CustomResourceDefinition): boolean {
  const shown = (definition: CustomResourceDefinition) => ({
    spec: definition.spec,
    reached: definition.spec?.versions.filter((version) => isReached(definition, version)),
    names: definition.status?.acceptedNames,
    established: definition.status?.conditions?.find(({ type }) => type === "Established")?.status,
  });
  return Bun.deepEquals(shown(next), shown(last));
}
