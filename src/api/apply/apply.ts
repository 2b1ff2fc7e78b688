import { type Conflict, conflictsOf } from "./conflicts.ts";
import { fieldsOf } from "./extract.ts";
import { difference, differenceWithChildren, intersection, isEmpty } from "./field-set.ts";
import { mergeObjects } from "./merge.ts";
import { mapOwners, type Owner, type Owners, ownerId } from "./owners.ts";
import { prune } from "./prune.ts";
import { Comparisons, trackUpdate, type Writing, withoutUnowned } from "./track.ts";

/** The manager of what was there before anybody applied anything. */
const BEFORE_FIRST_APPLY = "before-first-apply";

export interface Applying extends Writing {
  /** Take over what others own. */
  readonly force: boolean;
}

export type Applied =
  | { readonly object: unknown; readonly owners: Owners; readonly conflicts?: undefined }
  | { readonly conflicts: readonly Conflict[] };

/** What is on the server, who owns it, and what is applied to it. */
export interface Application {
  readonly live: unknown;
  readonly owners: Owners;
  readonly applied: unknown;
}

/**
 * Server-side apply: `applied`, which fits its type, is laid over `live`; what the same manager
 * applied before and nobody else owns goes. `object` is `live` itself when nothing changes, and is
 * otherwise as bare as JSON makes it: with nulls, without defaults.
 */
export function applyConfiguration(application: Application, applying: Applying): Applied {
  const { versions, manager, subresource, now, reset, force } = applying;
  const { live, applied } = application;
  const { apiVersion, type } = versions;
  const owners = tracked(application, applying);

  const place = { manager, operation: "Apply", apiVersion, subresource } as const;
  const id = ownerId(place);
  const last = owners.get(id);
  const named = differenceWithChildren(fieldsOf(type, applied), reset);
  const applier: Owner = { ...place, time: last?.time, fields: named };
  const merged = mergeObjects(type, { live, applied });
  const all = new Map(owners).set(id, applier);
  const next = prune(merged, { versions, owners: all, last });

  const comparisons = new Comparisons({ live, next }, applying);
  const others = new Map(comparisons.known(all));
  others.delete(id);
  const taken = [...others.values()].flatMap((owner) => {
    const { changed } = comparisons.of(owner.apiVersion) ?? comparisons.own;
    const fields = intersection(owner.fields, changed);
    return isEmpty(fields) ? [] : [{ owner, fields }];
  });
  if (!force && taken.length > 0) return { conflicts: conflictsOf(taken) };

  const left = mapOwners(others, (owner) => {
    const { changed, removed } = comparisons.of(owner.apiVersion) ?? comparisons.own;
    return difference(difference(owner.fields, changed), removed);
  });
  const isSame = Bun.deepEquals(live, next, true);
  const fields = withoutUnowned(named);
  if (!isEmpty(fields)) left.set(id, { ...applier, fields, time: isSame ? last?.time : now });
  return { object: isSame ? live : next, owners: left };
}

/** The owners of the live object; all of it has one when nobody was tracked so far. */
function tracked({ live, owners }: Application, applying: Applying): Owners {
  if (owners.size > 0) return owners;
  const { apiVersion } = applying.versions;
  const empty = { apiVersion, kind: kindOf(live) };
  return trackUpdate(
    owners,
    { live: empty, next: live },
    { ...applying, manager: BEFORE_FIRST_APPLY },
  );
}

function kindOf(object: unknown): unknown {
  return typeof object === "object" && object !== null && "kind" in object
    ? object.kind
    : undefined;
}
