import type { Catalog } from "#api/catalog.ts";
import { needsWebhook } from "#api/crd/needs-webhook.ts";
import { groupResource, type Resource } from "#api/resource.ts";

/** Called with one row per kind, however many of its versions are served, in whatever groups. */
export interface KindFollower {
  appeared(row: Resource): void;
  disappeared(row: Resource): void;
}

/**
 * Tells of every kind of a catalog, those that are there first, then as they come and go. A kind
 * that is served by another version goes and comes back. Returns the end of it.
 */
export function followKinds(catalog: Catalog, follower: KindFollower): () => void {
  const known = new Map<string, Resource>();
  const catchUp = (): void => {
    const served = kindsOf(catalog);
    for (const [name, row] of known) {
      if (served.get(name)?.version === row.version) continue;
      known.delete(name);
      follower.disappeared(row);
    }
    for (const [name, row] of served) {
      if (known.has(name)) continue;
      known.set(name, row);
      follower.appeared(row);
    }
  };
  catchUp();
  return catalog.onChange(catchUp);
}

function kindsOf({ resources }: Catalog): ReadonlyMap<string, Resource> {
  const kinds = new Map<string, Resource>();
  for (const row of resources) {
    const name = groupResource(row.storedAs?.resource ?? row);
    const known = kinds.get(name);
    // Nobody need be asked about objects that are followed as they are stored.
    if (known === undefined || (needsWebhook(known) && !needsWebhook(row))) kinds.set(name, row);
  }
  return kinds;
}
