import type { FieldError } from "#api/field-error.ts";
import type { KubeObject } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import type { DeleteOptions } from "#api/verbs.ts";
import type { Put } from "#db/object-store.ts";
import type { Admission } from "./admission.ts";

/** An old and a new version of one object. */
export interface Revision<T extends KubeObject> {
  readonly current: T;
  /** Private to the write; changed in place. */
  readonly next: T;
}

/** A subresource that shows a part of an object, perhaps as another kind, and writes it back. */
export interface View<T extends KubeObject> {
  read(object: T): KubeObject;
  /** What a change starts from, where it may set what is not there to be read. */
  start?(object: T): KubeObject;
  /** The whole object with the part that `body` shows replaced. Neither of them is changed. */
  write(current: T, body: KubeObject, admission: Pick<Admission, "now">): T;
  /** False where the part is outside what the row validates: status, finalizers. */
  readonly validated: boolean;
  /** Errors of a change through this view alone. */
  validate?(next: T, current: T): FieldError[];
}

/** A subresource that is something to do: its answer goes back to the caller. */
export interface Action<T extends KubeObject> {
  /** Refuses what can be told from the body alone, whether its object is there or not. */
  check?(name: string, body: KubeObject): void;
  /** True where the body itself asks that nothing be stored. */
  isDryRun?(body: KubeObject): boolean;
  /** Decides on the newest version; returns the version to store, or what else is to come of it. */
  apply(current: T, body: KubeObject, admission: Admission): T | ActionDelete<T> | ActionAnswer;
}

/** Nothing is stored: the caller gets what he came for. */
export interface ActionAnswer {
  readonly answer: KubeObject;
}

/** An action that ends its object. */
export interface ActionDelete<T extends KubeObject> {
  readonly delete: DeleteOptions;
  /** The version that is deleted, where the action marks it first. */
  readonly from?: T;
  /** Writes, synchronously, what must be in the same commit. */
  alongside?(): void;
}

/** How a version is stored: see `Put`. */
export type Storage = Pick<Put, "durability" | "ttlMs">;

/**
 * What makes a kind behave as it does beyond its row in the resource table: what the server
 * decides for it, its subresources, how it goes. Everything is optional; the plain kind has none.
 * All functions are synchronous: they run inside the store's write.
 */
export interface Strategy<T extends KubeObject = KubeObject> {
  /**
   * Settles what the server decides about a new object beyond `Resource.prepareForCreate`. It is
   * private, defaulted and has a UID.
   */
  prepareCreate?(object: T, admission: Admission): void;
  /**
   * For kinds that are asked and not kept: what a POST is answered with. Nothing is stored, and
   * what is sent is private to this call.
   */
  answer?(object: T, admission: Admission): T;
  /** For kinds that are looked at and not kept: all that there are now, in the order of their names. */
  observe?(): readonly T[];
  /**
   * For kinds that are another way to do something to an object: what they do, to the object of the
   * same name and namespace.
   */
  readonly does?: { readonly to: Resource; readonly subresource: string };
  /** The same for a change through the main resource. */
  prepareUpdate?(revision: Revision<T>, admission: Admission): void;
  /** The same for a change through `/status`. */
  prepareStatus?(revision: Revision<T>, admission: Admission): void;
  /** How long the object may take to go; by default it goes at once. */
  graceSeconds?(current: T, requested: number | undefined): number;
  /** Marks an object whose deletion has begun and that lives on for a while. */
  beginDeletion?(next: T): void;
  /** True while something beside `metadata.finalizers` keeps a deleted object. */
  isHeld?(object: T): boolean;
  /** Gives back what the server allocated for it. */
  release?(removed: T): void;
  /** What becomes of dependents when the caller does not say. Default Background. */
  defaultPropagation?(admission: Pick<Admission, "warn">): DeleteOptions["propagationPolicy"];
  /** How long a version is kept, and how soon on disk; by default for ever, and before it is answered. */
  storage?(revision: { readonly next: T; readonly current: T | undefined }): Storage;
  readonly views?: Readonly<Record<string, View<T>>>;
  readonly actions?: Readonly<Record<string, Action<T>>>;
}
