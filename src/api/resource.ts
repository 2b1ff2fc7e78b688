import type { CustomKind } from "./crd/custom-kind.ts";
import type { FieldError } from "./field-error.ts";
import type { Look } from "./looks.ts";
import type { NameFormat } from "./metadata.ts";
import type { KubeObject, ObjectMeta } from "./object.ts";

export type Verb =
  | "create"
  | "delete"
  | "deletecollection"
  | "get"
  | "list"
  | "patch"
  | "update"
  | "watch";

/** What identifies a kind on the wire. */
export interface GroupVersionKind {
  /** `""` for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** A subresource as discovery shows it; its kind may be of another group (Scale, Eviction). */
export interface Subresource extends GroupVersionKind {
  readonly name: string;
  readonly verbs: readonly Verb[];
  /** Older versions of its kind, the same but for their name, that bodies may still have. */
  readonly olderVersions?: readonly string[];
}

/** What the schema says of a field of a definition: build/schema.ts keeps these texts, and no others. */
export interface FieldText {
  readonly definition: string;
  readonly field: string;
}

export interface Column<T extends KubeObject> {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  readonly format?: string;
  readonly description: string | FieldText;
  /** 0 is always shown, everything above only by `-o wide`. */
  readonly priority: number;
  /** The cell for one object, null where there is nothing to show. `now` is the wall clock, for ages. */
  cell(object: T, now: Date): string | number | boolean | null;
}

/** Reads one field's value. A method type, so that a row of one kind is also a row of any kind. */
export type FieldReader<T extends KubeObject> = { read(object: T): string }["read"];

/** `metav1.TableRowCondition` */
export interface RowCondition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason?: string;
  readonly message?: string;
}

/**
 * How the objects of one row lie in the store: as those of another row, of the same kind in another
 * version or group. Both functions are pure, leave their argument as it is and may share its parts.
 */
export interface StoredAs<T extends KubeObject> {
  /**
   * The row that is stored. What holds for an object once it was decoded and defaulted is this
   * row's business alone: preparation, validation, generation, strategy.
   */
  readonly resource: Resource;
  toStored(object: T): KubeObject;
  fromStored(stored: KubeObject): T;
}

/**
 * Everything that makes a kind what it is: a row of the table in `resources.ts`. Discovery,
 * OpenAPI, verbs, Table output, defaulting and validation all read this row; the functions are pure.
 */
export interface Resource<T extends KubeObject = KubeObject> extends GroupVersionKind {
  readonly plural: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly Verb[];
  readonly subresources: readonly Subresource[];
  /** Name of its OpenAPI v2 definition, `io.k8s.api.core.v1.Pod`. */
  readonly definition: string;
  /** Of the kinds of CustomResourceDefinitions: what stands in for the definition. */
  readonly custom?: CustomKind;
  /** What a client is told that still uses this version. */
  readonly deprecationWarning?: string;
  /** Absent where objects lie in the store as they are served. */
  readonly storedAs?: StoredAs<T>;
  /** A change outside `metadata` and `status` raises `metadata.generation`. */
  readonly hasGeneration: boolean;
  /** So does a change of this part of metadata. */
  readonly generationCounts?: "labels" | "annotations";
  /** A PUT makes an object that is not there (upstream's AllowCreateOnUpdate). */
  readonly createsOnUpdate?: boolean;
  /** A PUT must say which version it was made from (no AllowUnconditionalUpdate). */
  readonly needsVersion?: boolean;
  /** True where finalizers need no domain. */
  readonly anyFinalizer?: boolean;
  /** What the names of its objects must look like; a DNS subdomain where absent. */
  readonly nameFormat?: NameFormat;
  /** Rows that clients may show apart: pods that have finished. */
  rowConditions?(object: T): readonly RowCondition[];
  /** The order of the rows of a list, where it is not that of the objects. */
  compareRows?(a: T, b: T): number;
  /**
   * All columns in their order, Age included. Table output adds Name in front, except where the
   * kind has a column of that name itself.
   */
  readonly columns: readonly Column<T>[];
  /** Values of the field selectors that this kind supports beside `metadata.name` and `metadata.namespace`. */
  readonly fields: Readonly<Record<string, FieldReader<T>>>;
  /** Fills in what Kubernetes would, in place, on a value that nobody else holds. */
  setDefaults(object: T): void;
  /** The same for what is said of an object through `/status`, where anything is left to fill in. */
  setStatusDefaults?(object: T): void;
  /**
   * What happens to a new object once, in place, before it is validated and after its name,
   * namespace and UID were filled in: its first status, generated labels.
   */
  prepareForCreate?(object: T): void;
  /** Takes over, in place, what a client need not repeat: allocated addresses and ports. */
  prepareForUpdate?(next: T, current: T): void;
  /**
   * Errors of an object, new or changed. Names and metadata are checked for all kinds by the
   * registry. `current` is the version before, absent for a new object: what was let in once stays.
   */
  validate(object: T, current?: T): FieldError[];
  /** Errors of a new object alone, which older ones are not held against: a name that is too long. */
  validateCreate?(object: T): FieldError[];
  /** Errors of a change, beside those of `validate(next)`: immutable fields and such. */
  validateUpdate(next: T, current: T): FieldError[];
  /** What is looked at in a new object, in Kubernetes' order; `NEW` where absent. */
  readonly newLooks?: readonly Look[];
  /** What is looked at in a changed one; `CHANGED` where absent. */
  readonly changeLooks?: readonly Look[];
  /** What is looked at beside the status where it is changed; `METADATA_CHANGED` where absent. */
  readonly statusLooks?: readonly Look[];
  /** Brings an object that is right into the form that is kept, in place. */
  canonicalize?(object: T): void;
  /** What of its metadata a change of its status leaves as it is; all else is as it is sent. */
  readonly statusKeeps?: readonly (keyof ObjectMeta)[];
  /** Errors of a change through `/status`. */
  validateStatus?(next: T, current: T): FieldError[];
  /**
   * Texts for the client's `Warning` header about what is allowed but not wise. `current` is the
   * version before, absent for a new object.
   */
  warnings?(next: T, current: T | undefined): string[];
}

/** `group/version`, or `version` for the core group: the `apiVersion` of its objects. */
export function apiVersionOf({ group, version }: { group: string; version: string }): string {
  return group === "" ? version : `${group}/${version}`;
}

/** `plural.group`, or `plural` for the core group, as error messages and CRDs name a resource. */
export function groupResource({ group, plural }: { group: string; plural: string }): string {
  return group === "" ? plural : `${plural}.${group}`;
}
