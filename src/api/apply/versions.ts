import type { ObjectType } from "../schema.ts";

/** An object in one version of its kind. */
export interface Versioned {
  readonly type: ObjectType;
  readonly object: unknown;
}

/**
 * The versions in which a kind's objects have owners. Objects go in and come out in the version of
 * the request; `type` is its type there.
 */
export interface Versions {
  /** `apps/v1`: the version of the request. */
  readonly apiVersion: string;
  readonly type: ObjectType;
  /** The object as another version has it; undefined for one that is not served any more. */
  convert(object: unknown, apiVersion: string): Versioned | undefined;
  /** The way back. */
  restore(object: unknown, apiVersion: string): unknown;
}

/** A kind that is served in one version. */
export function singleVersion(apiVersion: string, type: ObjectType): Versions {
  return {
    apiVersion,
    type,
    convert: (object, asked) => (asked === apiVersion ? { type, object } : undefined),
    restore: (object) => object,
  };
}
