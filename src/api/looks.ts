/**
 * What Kubernetes looks at where it judges an object: its metadata, as that of a new object or of a
 * changed one, the object (`validate`), and what is new or different about it (`validateCreate`,
 * `validateUpdate`). Metadata is looked at once for all kinds beside.
 */
export type Look = "newMetadata" | "changedMetadata" | "object" | "difference";

/** A new object of most kinds. */
export const NEW: readonly Look[] = ["newMetadata", "object", "difference"];

/** A changed object of most kinds. */
export const CHANGED: readonly Look[] = ["changedMetadata", "object", "difference"];

/** A changed status of most kinds, beside the status. */
export const METADATA_CHANGED: readonly Look[] = ["changedMetadata"];

/** As a new object first, and then as a changed one. */
export const NEW_THEN_CHANGED: readonly Look[] = [
  "newMetadata",
  "object",
  "changedMetadata",
  "difference",
];

/** As a changed object first, and then as a new one. */
export const CHANGED_THEN_NEW: readonly Look[] = [
  "changedMetadata",
  "difference",
  "newMetadata",
  "object",
];

/** The same, but what is different comes last. */
export const CHANGED_NEW_DIFFERENT: readonly Look[] = [
  "changedMetadata",
  "newMetadata",
  "object",
  "difference",
];

/** As a new object, and then as a changed one, whole both times. */
export const WHOLE_TWICE: readonly Look[] = [
  "newMetadata",
  "object",
  "changedMetadata",
  "object",
  "difference",
];

/** As a new object, twice, and never as a changed one. */
export const NEW_TWICE: readonly Look[] = [
  "newMetadata",
  "object",
  "newMetadata",
  "object",
  "difference",
];

/** As a new object, twice, and then as a changed one (RBAC). */
export const NEW_TWICE_THEN_CHANGED: readonly Look[] = [
  "newMetadata",
  "object",
  "newMetadata",
  "object",
  "changedMetadata",
  "difference",
];

/** Nothing of metadata. */
export const WITHOUT_METADATA: readonly Look[] = ["object", "difference"];
