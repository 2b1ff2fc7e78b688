import { differenceWithChildren, type FieldSet, MEMBER } from "#api/apply/field-set.ts";
import { applyToObject, kindText, managedFieldsAfter } from "#api/apply/managed-fields.ts";
import { fieldElement } from "#api/apply/path-element.ts";
import {
  parentEntries,
  SCALE_VERSIONS,
  type ScaledParent,
  scaleEntries,
  untimedEntries,
} from "#api/apply/scale-owners.ts";
import type { Versions } from "#api/apply/versions.ts";
import { DecodeError } from "#api/codec/decode-error.ts";
import { normalize } from "#api/codec/normalize.ts";
import type { KubeObject, ManagedFieldsEntry } from "#api/object.ts";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import type { ObjectType } from "#api/schema.ts";
import { StatusError } from "#api/status.ts";
import type { Patch } from "#api/verbs.ts";
import { rfc3339 } from "#lib/clock.ts";
import type { Admission } from "./admission.ts";
import { collectionOf, hasStatus, servedForm, storedForm } from "./kind.ts";
import type { ObjectTypes } from "./object-types.ts";
import type { SharedFieldSets } from "./shared-field-sets.ts";

type Entries = readonly ManagedFieldsEntry[] | undefined;

export interface FieldManagerOptions {
  /** The row of the request, and all rows, among them other versions of it. */
  readonly served: Resource;
  readonly rows: readonly Resource[];
  /** `""` for the object itself. */
  readonly subresource: string;
  readonly admission: Admission;
  readonly sets: SharedFieldSets;
  readonly types: ObjectTypes;
}

/** Keeps `metadata.managedFields` in one write: who wrote which field. */
export class FieldManager {
  readonly #options: FieldManagerOptions;
  #applied: { readonly entries: Entries } | undefined;

  constructor(options: FieldManagerOptions) {
    this.#options = options;
  }

  /**
   * Sets the entries of a draft, in place. `current` is what it replaces, both as they are stored;
   * `sent` are the entries that came with it.
   */
  track(draft: KubeObject, current: KubeObject | undefined, sent: Entries): void {
    draft.metadata ??= {};
    const entries =
      this.#applied === undefined ? this.#after(draft, current, sent) : this.#applied.entries;
    if (entries === undefined) delete draft.metadata.managedFields;
    else draft.metadata.managedFields = entries.map((entry) => this.#shared(entry));
  }

  #shared(entry: ManagedFieldsEntry): ManagedFieldsEntry {
    const { served, sets } = this.#options;
    if (entry.fieldsV1 === undefined || Object.isFrozen(entry.fieldsV1)) return entry;
    return { ...entry, fieldsV1: sets.share(served.definition, entry.fieldsV1) };
  }

  /**
   * Lays an applied configuration over an object, or over what a subresource shows of it, both as
   * they are served. `parent` is the object itself, absent where there is none yet.
   * @throws StatusError what is wrong with the configuration; 409 for conflicts.
   */
  apply(
    { shown, parent }: { shown: KubeObject; parent: KubeObject | undefined },
    { body, force = false }: Pick<Patch, "body" | "force">,
  ): KubeObject {
    const { subresource } = this.#options;
    const before = parent?.metadata?.managedFields;
    const isScale = subresource === "scale";
    const versions = isScale ? SCALE_VERSIONS : versionsOf(this.#options);
    const entries = isScale ? scaleEntries(before, this.#scaled) : before;
    const { managedFields: _, ...metadata } = shown.metadata ?? {};
    const owned = entries && { managedFields: [...entries] };
    const live = { ...shown, metadata: { ...metadata, ...owned } };
    const reset = subresource === "status" ? allButStatus(versions.type) : this.#reset;
    const writing = { ...this.#writing(versions), reset, force };
    const { object, managedFields } = applyToObject(live, body, writing);
    this.#applied = {
      entries: isScale
        ? untimedEntries(
            parentEntries({ parent: before, scale: managedFields }, this.#scaled),
            before,
          )
        : managedFields,
    };
    return converted(live, () =>
      isScale
        ? normalize(versions.type, object).value
        : normalized(this.#options.served, { type: versions.type, object }),
    );
  }

  #after(draft: KubeObject, current: KubeObject | undefined, sent: Entries): Entries {
    const { served } = this.#options;
    const next = servedForm(served, draft);
    const live = current && servedForm(served, current);
    const writing = this.#writing(versionsOf(this.#options));
    const entries = managedFieldsAfter({ live, next, sent }, writing);
    const isScale = this.#options.subresource === "scale";
    return isScale ? untimedEntries(entries, current?.metadata?.managedFields) : entries;
  }

  #writing(versions: Versions) {
    const { admission, subresource } = this.#options;
    const { manager, now } = admission;
    return { versions, manager, subresource, now: rfc3339(now), reset: this.#reset };
  }

  /** The main resource does not write the status of kinds that have a subresource for it. */
  get #reset(): FieldSet {
    const { served, subresource } = this.#options;
    return subresource === "" && hasStatus(served) ? STATUS : {};
  }

  get #scaled(): ScaledParent {
    const { served } = this.#options;
    const { specReplicasPath = ".spec.replicas" } = served.custom?.scale ?? {};
    const replicas = specReplicasPath.split(".").slice(1).map(fieldElement);
    return { apiVersion: apiVersionOf(served), replicas };
  }
}

const STATUS: FieldSet = { "f:status": MEMBER };
const STATUS_WRITES: FieldSet = {
  ...STATUS,
  "f:metadata": { "f:labels": MEMBER, "f:annotations": MEMBER },
};

/** What `/status` leaves as it is. */
function allButStatus(type: ObjectType): FieldSet {
  const fields = [...type.fields.values()].map((field): [string, FieldSet] => {
    const isMetadata = field.name === "metadata" && field.type.is === "object";
    const below = isMetadata ? field.type.fields.keys() : [];
    return [fieldElement(field.name), members(below)];
  });
  return differenceWithChildren(Object.fromEntries(fields), STATUS_WRITES);
}

const members = (names: Iterable<string>): FieldSet =>
  Object.fromEntries([...names].map((name) => [fieldElement(name), MEMBER] as const));

/** @throws StatusError 500 for values that are none of their type, as Kubernetes has it. */
function converted({ apiVersion = "", kind = "" }: KubeObject, make: () => KubeObject): KubeObject {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const type = kindText({ apiVersion, kind });
    const message = `unable to convert unstructured object to ${type}: ${error.message}`;
    throw new StatusError(message, { code: 500 });
  }
}

/** What apply made, in the form that the kind's objects have. */
function normalized(
  { custom }: Resource,
  { type, object }: { type: ObjectType; object: unknown },
): KubeObject {
  if (custom === undefined) return normalize(type, object).value;
  return custom.normalize(object, "kept").value;
}

/** The row's own version, and those of other rows that lie in the store as the same one. */
function versionsOf({ served, rows, types }: FieldManagerOptions): Versions {
  const apiVersion = apiVersionOf(served);
  const collection = collectionOf(served);
  const find = (asked: string): Resource | undefined =>
    asked === apiVersion
      ? served
      : rows.find((row) => apiVersionOf(row) === asked && collectionOf(row) === collection);
  const convert = (object: unknown, { from, to }: { from: Resource; to: Resource }): unknown =>
    from === to
      ? object
      : servedForm(to, storedForm(from, normalized(from, { type: types.of(from), object })));
  return {
    apiVersion,
    type: types.of(served),
    convert(object, asked) {
      const to = find(asked);
      return to && { type: types.of(to), object: convert(object, { from: served, to }) };
    },
    restore(object, asked) {
      const from = find(asked);
      return from ? convert(object, { from, to: served }) : object;
    },
  };
}
