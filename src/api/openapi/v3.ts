import { assertNever } from "#lib/errors.ts";
import type { DescribedResource, JsonValue } from "./described-resource.ts";

/** `api/v1`, `apis/apps/v1`: the name of a group version below `/openapi/v3/`. */
export function openapiV3Path({ group, version }: { group: string; version: string }): string {
  return group === "" ? `api/${version}` : `apis/${group}/${version}`;
}

/** The body of `/openapi/v3`: from each document's path (`openapiV3Path`) to the hash of its bytes. */
export function openapiV3Index(_hashes: Readonly<Record<string, string>>): JsonValue {
  return assertNever(undefined as never, "call");
}

/** The OpenAPI v3 document of one group version. */
export function openapiV3Document(
  _resources: readonly DescribedResource[],
  _groupVersion: { readonly group: string; readonly version: string },
): JsonValue {
  return assertNever(undefined as never, "call");
}
