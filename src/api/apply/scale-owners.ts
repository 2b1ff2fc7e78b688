import type { ManagedFieldsEntry } from "../object.ts";
import { SCHEMA } from "../schema.ts";
import { difference, type FieldSet, hasField, isEmpty, MEMBER } from "./field-set.ts";
import { decodeOwners, encodeOwners, type Owner, ownerId } from "./owners.ts";
import { singleVersion, type Versions } from "./versions.ts";

type Entries = readonly ManagedFieldsEntry[] | undefined;

/** Where a workload says how many it wants to be, as a path of a field set. */
export interface ScaledParent {
  readonly apiVersion: string;
  readonly replicas: readonly string[];
}

/** The version of the Scale that all scalable kinds show. */
export const SCALE_VERSIONS: Versions = singleVersion(
  "autoscaling/v1",
  SCHEMA.object("io.k8s.api.autoscaling.v1.Scale"),
);

const SCALE_REPLICAS: readonly string[] = ["f:spec", "f:replicas"];

const setOf = (path: readonly string[]): FieldSet =>
  path.reduceRight<FieldSet>((node, element) => ({ [element]: node }), MEMBER);

/** Who owns the replicas of a parent, as the owners of its Scale. */
export function scaleEntries(parent: Entries, { apiVersion, replicas }: ScaledParent): Entries {
  const owners = [...decodeOwners(parent).values()].filter(
    (owner) => owner.apiVersion === apiVersion && hasField(owner.fields, replicas),
  );
  const fields = setOf(SCALE_REPLICAS);
  return encodeOwners(
    byId(owners.map((owner) => ({ ...owner, apiVersion: SCALE_VERSIONS.apiVersion, fields }))),
  );
}

/** The owners of a parent after its Scale was written: the replicas are whose Scale they are. */
export function parentEntries(
  { parent, scale }: { parent: Entries; scale: Entries },
  { apiVersion, replicas }: ScaledParent,
): Entries {
  const ofScale = new Map(decodeOwners(scale));
  const owned = setOf(replicas);
  const left = [...decodeOwners(parent)].flatMap(([id, owner]): Owner[] => {
    const known = owner.apiVersion === apiVersion && hasField(owner.fields, replicas);
    if (!known) return [owner];
    const scaled = ownerId({ ...owner, apiVersion: SCALE_VERSIONS.apiVersion });
    if (ofScale.delete(scaled) || ofScale.delete(id)) return [owner];
    const fields = difference(owner.fields, owned);
    return isEmpty(fields) ? [] : [{ ...owner, fields }];
  });
  const added = [...ofScale.values()].filter(({ fields }) => hasField(fields, SCALE_REPLICAS));
  return encodeOwners(
    byId([...left, ...added.map((owner) => ({ ...owner, apiVersion, fields: owned }))]),
  );
}

/** The owners of a parent whose Scale was written: upstream does not note when that was. */
export function untimedEntries(after: Entries, before: Entries): Entries {
  const known = decodeOwners(before);
  const owners = [...decodeOwners(after)].map(([id, owner]) => ({
    ...owner,
    time: known.get(id)?.time,
  }));
  return encodeOwners(byId(owners));
}

const byId = (owners: readonly Owner[]) => new Map(owners.map((one) => [ownerId(one), one]));
