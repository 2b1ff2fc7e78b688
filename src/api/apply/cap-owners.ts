import { union } from "./field-set.ts";
import { compareTexts, type Owner, type Owners, ownerId } from "./owners.ts";

/** As many updaters are kept apart. */
const MAX_UPDATERS = 10;
/** Who owns what the oldest of too many updaters owned. */
const ANCIENT = "ancient-changes";

/** Puts the oldest updaters together, per version, until there are few enough. */
export function capOwners(owners: Owners): Owners {
  const updaters = [...owners].filter(([, { operation }]) => operation === "Update");
  if (updaters.length <= MAX_UPDATERS) return owners;
  updaters.sort(([idA, a], [idB, b]) => timeOf(a) - timeOf(b) || compareTexts(idA, idB));

  const capped = new Map(owners);
  const firstOf = new Map<string, string>();
  let count = updaters.length;
  for (const [id, owner] of updaters) {
    if (count <= MAX_UPDATERS) break;
    const first = firstOf.get(owner.apiVersion);
    if (first === undefined) {
      firstOf.set(owner.apiVersion, id);
      continue;
    }
    mergeInto(capped, { first, id, owner });
    count -= 1;
  }
  return capped;
}

function mergeInto(
  owners: Map<string, Owner>,
  { first, id, owner }: { first: string; id: string; owner: Owner },
): void {
  const { apiVersion, time } = owner;
  const place = { manager: ANCIENT, operation: "Update", apiVersion, subresource: "" } as const;
  const bucket = ownerId(place);
  const before = owners.get(bucket) ?? owners.get(first);
  if (!owners.has(bucket)) owners.delete(first);
  owners.delete(id);
  const fields = before === undefined ? owner.fields : union(owner.fields, before.fields);
  owners.set(bucket, { ...place, time, fields });
}

const timeOf = ({ time }: Owner): number => (time === undefined ? 0 : Date.parse(time));
