import type { KubeObject } from "#api/object.ts";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import { storedForm } from "../../kind.ts";
import type { ReviewRequest } from "./request.ts";

/** An object of a request, as another row of the same kind serves it. */
export function servedBy(
  row: Resource,
  { from, object }: { from: Pick<ReviewRequest, "resource" | "subresource">; object: KubeObject },
): KubeObject {
  // A subresource of another kind, Scale or Eviction, is the same under every row.
  const isOwnKind = object.kind === from.resource.kind;
  if (row === from.resource || !isOwnKind) return object;
  const stored = storedForm(from.resource, object);
  if (row.storedAs !== undefined) return row.storedAs.fromStored(stored);
  return { ...stored, apiVersion: apiVersionOf(row), kind: row.kind };
}
