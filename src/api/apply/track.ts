import { capOwners } from "./cap-owners.ts";
import { type Comparison, compare } from "./compare.ts";
import {
  difference,
  differenceWithChildren,
  type FieldSet,
  isEmpty,
  MEMBER,
  union,
} from "./field-set.ts";
import { mapOwners, type Owner, type Owners, ownerId } from "./owners.ts";
import type { Versions } from "./versions.ts";

/** Nobody owns what only the server decides. */
const UNOWNED: FieldSet = {
  "f:apiVersion": MEMBER,
  "f:kind": MEMBER,
  "f:metadata": {
    ".": MEMBER,
    "f:name": MEMBER,
    "f:namespace": MEMBER,
    "f:creationTimestamp": MEMBER,
    "f:selfLink": MEMBER,
    "f:uid": MEMBER,
    "f:clusterName": MEMBER,
    "f:generation": MEMBER,
    "f:managedFields": MEMBER,
    "f:resourceVersion": MEMBER,
  },
};

export const withoutUnowned = (fields: FieldSet): FieldSet => difference(fields, UNOWNED);

/** Who writes, and what of it counts. */
export interface Writing {
  readonly versions: Versions;
  readonly manager: string;
  /** `""` for the object itself. */
  readonly subresource: string;
  /** RFC 3339. */
  readonly now: string;
  /** What this way of writing does not change, with all below it: the status of a main resource. */
  readonly reset: FieldSet;
}

/** Two versions of an object, in the version of the request. */
export interface Revision {
  readonly live: unknown;
  readonly next: unknown;
}

/**
 * The owners after an update: the writer owns what it added or changed, and nobody owns what is gone.
 */
export function trackUpdate(owners: Owners, revision: Revision, writing: Writing): Owners {
  const comparisons = new Comparisons(revision, writing);
  const { changed, removed } = comparisons.own;
  if (isEmpty(changed) && isEmpty(removed)) return comparisons.known(owners);

  const left = mapOwners(comparisons.known(owners), (owner) => {
    const other = comparisons.of(owner.apiVersion);
    return other === undefined
      ? owner.fields
      : difference(difference(owner.fields, other.changed), other.removed);
  });
  const own = withoutUnowned(changed);
  if (!isEmpty(own)) {
    const { versions, manager, subresource, now: time } = writing;
    const { apiVersion } = versions;
    const owner = { manager: manager || "unknown", apiVersion, subresource, time };
    const updater: Owner = { ...owner, operation: "Update", fields: own };
    const id = ownerId(updater);
    left.set(id, { ...updater, fields: union(own, left.get(id)?.fields ?? {}) });
  }
  return capOwners(left);
}

/** How the object changed, in each version that somebody owns fields in. */
export class Comparisons {
  readonly #revision: Revision;
  readonly #writing: Writing;
  readonly #known = new Map<string, Comparison | undefined>();
  readonly own: Comparison;

  constructor(revision: Revision, writing: Writing) {
    this.#revision = revision;
    this.#writing = writing;
    const { type, apiVersion } = writing.versions;
    this.own = this.#compare({ type, before: revision.live, after: revision.next });
    this.#known.set(apiVersion, this.own);
  }

  /** undefined for a version that is not served. */
  of(apiVersion: string): Comparison | undefined {
    if (this.#known.has(apiVersion)) return this.#known.get(apiVersion);
    const { versions } = this.#writing;
    const before = versions.convert(this.#revision.live, apiVersion);
    const after = versions.convert(this.#revision.next, apiVersion);
    const comparison =
      before && after
        ? this.#compare({ type: after.type, before: before.object, after: after.object })
        : undefined;
    this.#known.set(apiVersion, comparison);
    return comparison;
  }

  /** The owners whose versions are served. */
  known(owners: Owners): Owners {
    const gone = [...owners].filter(([, { apiVersion }]) => this.of(apiVersion) === undefined);
    if (gone.length === 0) return owners;
    const left = new Map(owners);
    for (const [id] of gone) left.delete(id);
    return left;
  }

  #compare({
    type,
    ...pair
  }: {
    type: Versions["type"];
    before: unknown;
    after: unknown;
  }): Comparison {
    const { changed, removed } = compare(type, pair);
    const { reset } = this.#writing;
    return {
      changed: differenceWithChildren(changed, reset),
      removed: differenceWithChildren(removed, reset),
    };
  }
}
