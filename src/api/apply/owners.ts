import { isJsonObject } from "../codec/json-value.ts";
import type { ManagedFieldsEntry } from "../object.ts";
import { type FieldSet, isEmpty, MEMBER } from "./field-set.ts";
import { canonicalElement } from "./path-element.ts";

/** What one manager owns through one way of writing: an entry of `metadata.managedFields`. */
export interface Owner {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource: string;
  /** RFC 3339 of the last change; undefined when it is not known. */
  readonly time: string | undefined;
  readonly fields: FieldSet;
}

/** The owners of an object by `ownerId`. */
export type Owners = ReadonlyMap<string, Owner>;

/** An applier stays itself in every version; an updater is another one in each. */
export function ownerId({
  manager,
  operation,
  apiVersion,
  subresource,
}: Omit<Owner, "fields" | "time">): string {
  return JSON.stringify([manager, operation, operation === "Apply" ? "" : apiVersion, subresource]);
}

/** The same owner with other fields; undefined where there are none left. */
export function withFields(owner: Owner, fields: FieldSet): Owner | undefined {
  if (isEmpty(fields)) return undefined;
  return fields === owner.fields ? owner : { ...owner, fields };
}

/** Each owner with what `change` leaves it; those without fields are gone. */
export function mapOwners(owners: Owners, change: (owner: Owner) => FieldSet): Map<string, Owner> {
  const changed = new Map<string, Owner>();
  for (const [id, owner] of owners) {
    const left = withFields(owner, change(owner));
    if (left !== undefined) changed.set(id, left);
  }
  return changed;
}

/**
 * Reads entries that this server wrote.
 * @throws Error for an entry that nobody can have written by the rules.
 */
export function decodeOwners(entries: readonly ManagedFieldsEntry[] | undefined): Owners {
  const owners = new Map<string, Owner>();
  for (const [index, entry] of (entries ?? []).entries()) {
    const owner = decodeOwner(entry, index);
    owners.set(ownerId(owner), owner);
  }
  return owners;
}

function decodeOwner(entry: ManagedFieldsEntry, index: number): Owner {
  const { manager = "", operation, apiVersion = "", subresource = "", time, fieldsType } = entry;
  if (operation !== "Apply" && operation !== "Update")
    throw new Error("operation must be `Apply` or `Update`");
  if (apiVersion === "") throw new Error("apiVersion must not be empty");
  if ((fieldsType ?? "") === "")
    throw new Error(`missing fieldsType in managed fields entry ${index}`);
  if (fieldsType !== "FieldsV1")
    throw new Error(
      `invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${index}`,
    );
  const { fieldsV1 = MEMBER } = entry;
  if (!isJsonObject(fieldsV1)) throw new Error("fieldsV1 is no set of fields");
  return { manager, operation, apiVersion, subresource, time, fields: fieldsV1 as FieldSet };
}

/**
 * Reads entries that a client wrote: its sets are brought into this server's form.
 * @throws Error for what is no set of fields.
 */
export function decodeForeignOwners(entries: readonly ManagedFieldsEntry[]): Owners {
  return decodeOwners(
    entries.map((entry) => ({ ...entry, fieldsV1: canonicalSet(entry.fieldsV1 ?? {}) ?? {} })),
  );
}

/** undefined where nothing known is left of a node that had something. */
function canonicalSet(value: unknown): FieldSet | undefined {
  if (!isJsonObject(value)) throw new Error("fieldsV1 is no set of fields");
  const nodes = Object.entries(value).flatMap(([element, node]): [string, FieldSet][] => {
    if (element === ".") return [[element, MEMBER]];
    const known = canonicalElement(element);
    const inside = known === undefined ? undefined : canonicalSet(node);
    return known === undefined || inside === undefined ? [] : [[known, inside]];
  });
  if (nodes.length === 0) return Object.keys(value).length === 0 ? MEMBER : undefined;
  const isAlone = nodes.length === 1 && nodes[0]?.[0] === ".";
  return isAlone ? MEMBER : Object.fromEntries(nodes);
}

/** The entries as Kubernetes orders them: appliers first, then by time and name. */
export function encodeOwners(owners: Owners): ManagedFieldsEntry[] {
  return [...owners.values()].sort(compareOwners).map((owner) => ({
    ...(owner.manager !== "" && { manager: owner.manager }),
    operation: owner.operation,
    apiVersion: owner.apiVersion,
    ...(owner.time !== undefined && { time: owner.time }),
    fieldsType: "FieldsV1",
    fieldsV1: owner.fields,
    ...(owner.subresource !== "" && { subresource: owner.subresource }),
  }));
}

const seconds = ({ time }: Owner): number =>
  time === undefined ? 0 : Math.floor(Date.parse(time) / 1000);

function compareOwners(a: Owner, b: Owner): number {
  return (
    compareTexts(a.operation, b.operation) ||
    seconds(a) - seconds(b) ||
    compareTexts(a.manager, b.manager) ||
    compareTexts(a.apiVersion, b.apiVersion) ||
    compareTexts(a.subresource, b.subresource)
  );
}

/** Byte order, near enough for names. */
export function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
