import { assertNever } from "#lib/errors.ts";
import type { DescribedResource, JsonValue } from "./described-resource.ts";

/** The OpenAPI v2 document (`/openapi/v2` as JSON) of the resources. */
export function openapiV2Json(_resources: readonly DescribedResource[]): JsonValue {
  return assertNever(undefined as never, "call");
}

/** The same document as gnostic's `openapi.v2.Document`, the only form that kubectl reads. */
export function openapiV2Protobuf(_resources: readonly DescribedResource[]): Uint8Array {
  return assertNever(undefined as never, "call");
}
