import type { KubeObject } from "#api/object.ts";
import type { DeleteOptions, WriteOptions } from "#api/verbs.ts";

const API_VERSION = "meta.k8s.io/v1";

/** The options of a write as a webhook sees them. */
export function shownOptions(
  kind: "CreateOptions" | "PatchOptions" | "UpdateOptions",
  { dryRun, fieldManager, fieldValidation }: WriteOptions,
): KubeObject {
  return Object.assign(
    { kind, apiVersion: API_VERSION },
    dryRun === true && { dryRun: ["All"] },
    fieldManager !== undefined && { fieldManager },
    fieldValidation !== undefined && { fieldValidation },
  );
}

/** The options of a deletion as a webhook sees them. */
export function shownDeleteOptions({ dryRun, warn: _, ...rest }: DeleteOptions): KubeObject {
  return Object.assign(
    { kind: "DeleteOptions", apiVersion: API_VERSION },
    rest,
    dryRun === true && { dryRun: ["All"] },
  );
}
