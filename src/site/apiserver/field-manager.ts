import { type FieldSet, MEMBER } from "#api/apply/field-set.ts";
import { applyToObject, kindText, managedFieldsAfter } from "#api/apply/managed-fields.ts";
import { fieldElement } from "#api/apply/path-element.ts";
import {
  parentEntries,
  SCALE_VERSIONS,
  type ScaledParent,
  scaleEntries,
  untimedEntries,
} from "#api/apply/scale-owners.ts";
import { isOfType } from "#api/apply/validate-applied.ts";
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
   * `sent` is what the draft was made of.
   */
  track(draft: KubeObject, current: KubeObject | undefined, sent: KubeObject): void {
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
    const reset = subresource === "status" ? this.#allButStatus(versions.type) : this.#reset;
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

  #after(draft: KubeObject, current: KubeObject | undefined, sent: KubeObject): Entries {
    const { served } = this.#options;
    if (!this.#isOfType(sent)) return undefined;
    const next = servedForm(served, draft);
    const live = current && servedForm(served, current);
    const writing = this.#writing(versionsOf(this.#options));
    const entries = managedFieldsAfter({ live, next, sent: sent.metadata?.managedFields }, writing);
    const isScale = this.#options.subresource === "scale";
    return isScale ? untimedEntries(entries, current?.metadata?.managedFields) : entries;
  }

  /** False for custom objects of which nothing can be told, though all that is wrong may be reset. */
  #isOfType(sent: KubeObject): boolean {
    const { served, subresource, types } = this.#options;
    if (served.custom === undefined || subresource === "scale") return true;
    return isOfType(types.of(served), sent);
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

  #allButStatus(type: ObjectType): FieldSet {
    const { served } = this.#options;
    return served.custom === undefined ? allButStatus(type, served) : CUSTOM_ALL_BUT_STATUS;
  }

  get #scaled(): ScaledParent {
    const { served } = this.#options;
    const { specReplicasPath = ".spec.replicas" } = served.custom?.scale ?? {};
    const replicas = specReplicasPath.split(".").slice(1).map(fieldElement);
    return { apiVersion: apiVersionOf(served), replicas };
  }
}

const STATUS: FieldSet = { "f:status": MEMBER };
/** What `/status` of a custom kind resets; what else is there is nobody's by name. */
const CUSTOM_ALL_BUT_STATUS: FieldSet = { "f:metadata": MEMBER, "f:spec": MEMBER };

/** What `/status` leaves as it is. */
function allButStatus(type: ObjectType, { statusKeeps = [] }: Resource): FieldSet {
  const others = [...type.fields.keys()].filter((name) => !["metadata", "status"].includes(name));
  const kept = statusKeeps.length > 0 && { "f:metadata": members(statusKeeps) };
  return { ...members(others), ...kept };
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
