import { isJsonObject, type JsonObject, jsonType } from "../codec/json-value.ts";
import { parseApiVersion } from "../codec/kinds.ts";
import type { KubeObject, ManagedFieldsEntry } from "../object.ts";
import { badRequest, StatusError } from "../status.ts";
import { type Application, type Applied, type Applying, applyConfiguration } from "./apply.ts";
import { applyConflict } from "./conflicts.ts";
import { allowedByLastApplied, withLastApplied } from "./last-applied.ts";
import { decodeForeignOwners, decodeOwners, encodeOwners, type Owners } from "./owners.ts";
import { KeylessElement } from "./place.ts";
import { trackUpdate, type Writing } from "./track.ts";
import { appliedErrors, joinErrors } from "./validate-applied.ts";
import type { Versions } from "./versions.ts";

/** The manager for whom kubectl's client-side apply is taken into account. */
const KUBECTL = "kubectl";

type Entries = readonly ManagedFieldsEntry[] | undefined;

/** A version of an object that replaces another; `live` is undefined for a new object. */
export interface Update {
  readonly live: KubeObject | undefined;
  readonly next: KubeObject;
  /** The entries that the writer sent along; he may change them through the object itself only. */
  readonly sent: Entries;
}

/**
 * `metadata.managedFields` after a create, an update or a patch. The same array as before when
 * nothing changes; undefined when nobody is tracked.
 */
export function managedFieldsAfter({ live, next, sent }: Update, writing: Writing): Entries {
  const before = live?.metadata?.managedFields;
  const known = ownersOf({ before, sent: writing.subresource === "" ? sent : before });
  // An object that nobody was tracked on stays so until somebody applies to it.
  if (known.owners.size === 0 && live !== undefined) return undefined;
  const { apiVersion, kind } = next;
  const start = live ?? { apiVersion, kind };
  try {
    const owners = trackUpdate(known.owners, { live: start, next }, writing);
    if (owners === known.owners && known.entries !== undefined) return known.entries;
    return entriesOf(owners);
  } catch (error) {
    if (!(error instanceof KeylessElement)) throw error;
    // Validation will say what is wrong with such an object; if it does not, nobody is tracked.
    return undefined;
  }
}

/** What a client sends counts where it can be read and says something. */
function ownersOf({ before, sent }: { before: Entries; sent: Entries }): {
  readonly owners: Owners;
  readonly entries?: Entries;
} {
  if (sent !== before && sent !== undefined) {
    if (isReset(sent)) return { owners: new Map() };
    const owners = readable(() => decodeForeignOwners(sent));
    if (owners !== undefined && owners.size > 0) return { owners };
  }
  return { owners: readable(() => decodeOwners(before)) ?? new Map(), entries: before };
}

function readable(read: () => Owners): Owners | undefined {
  try {
    return read();
  } catch {
    // Entries that cannot be read are as good as none, upstream as here.
    return undefined;
  }
}

/** Entries that say: forget who owns what. */
function isReset(entries: readonly ManagedFieldsEntry[]): boolean {
  const [first, ...others] = entries;
  return others.length === 0 && (first === undefined || Object.keys(first).length === 0);
}

const entriesOf = (owners: Owners): Entries =>
  owners.size === 0 ? undefined : encodeOwners(owners);

/** An object as server-side apply leaves it, before nulls are dropped and defaults are set. */
export interface AppliedObject {
  readonly object: unknown;
  readonly managedFields: Entries;
}

/**
 * Applies a configuration to an object, `live` being as bare as its kind can be where there is none.
 * @throws StatusError what is wrong with the configuration; 409 for conflicts.
 */
export function applyToObject(live: KubeObject, body: unknown, applying: Applying): AppliedObject {
  const applied = checkedConfiguration(body ?? {}, applying.versions, live);
  const owners = decodeOwners(live.metadata?.managedFields);
  const result = keyed(() => resolved({ live, owners, applied }, applying));
  if (result.conflicts !== undefined) throw applyConflict(result.conflicts);
  const object =
    applying.manager === KUBECTL ? withLastApplied(result.object, applied) : result.object;
  return { object, managedFields: entriesOf(result.owners) };
}

/** @throws StatusError 500 where something in the way has no key, as Kubernetes has it. */
function keyed(apply: () => Applied): Applied {
  try {
    return apply();
  } catch (error) {
    if (!(error instanceof KeylessElement)) throw error;
    throw new StatusError(`failed to create typed live object: ${error.message}`, { code: 500 });
  }
}

/** @throws StatusError 400 for another kind, 500 for what does not fit the type, as Kubernetes has it. */
function checkedConfiguration(
  body: unknown,
  { type, apiVersion }: Versions,
  { kind }: KubeObject,
): KubeObject {
  if (!isJsonObject(body)) {
    throw badRequest(
      `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonType(body)} into Go value of type map[string]interface {}`,
    );
  }
  const named = namedKind(body);
  if (named.apiVersion !== apiVersion || named.kind !== kind)
    throw badRequest(`invalid object type: ${kindText(named)}`);
  const metadata = isJsonObject(body["metadata"]) ? body["metadata"] : {};
  if ((metadata["managedFields"] ?? null) !== null)
    throw badRequest("metadata.managedFields must be nil");
  const errors = appliedErrors(type, body);
  if (errors.length === 0) return body;
  const name = `${textOf(metadata["namespace"])}/${textOf(metadata["name"])}`;
  const message = `failed to create typed patch object (${name}; ${kindText(named)}): ${joinErrors(errors)}`;
  throw new StatusError(message, { code: 500 });
}

function namedKind(body: JsonObject): { apiVersion: string; kind: string } {
  const apiVersion = textOf(body["apiVersion"]);
  return parseApiVersion(apiVersion) === undefined
    ? { apiVersion: "", kind: "" }
    : { apiVersion, kind: textOf(body["kind"]) };
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** A kind as Go prints it: `apps/v1, Kind=Deployment`. */
export function kindText({ apiVersion, kind }: { apiVersion: string; kind: string }): string {
  return `${apiVersion.includes("/") ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;
}

/** kubectl may take over what its own client-side apply set and nobody changed since. */
function resolved(application: Application, applying: Applying): Applied {
  const result = applyConfiguration(application, applying);
  if (result.conflicts === undefined || applying.manager !== KUBECTL) return result;
  const isAllowed = allowedByLastApplied(application.live, applying.versions);
  if (isAllowed === undefined) return result;
  const left = result.conflicts.filter(({ path }) => !isAllowed(path));
  return left.length > 0
    ? { conflicts: left }
    : applyConfiguration(application, { ...applying, force: true });
}
