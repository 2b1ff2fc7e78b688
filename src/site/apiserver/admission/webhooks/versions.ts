import type { KubeObject } from "#api/object.ts";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import type { Conversions } from "../../conversion/conversions.ts";
import { storedForm } from "../../kind.ts";
import type { ReviewRequest } from "./request.ts";

interface Shown {
  readonly from: Pick<ReviewRequest, "resource" | "subresource">;
  readonly object: KubeObject;
}

/** An object of a request, as another row of the same kind serves it; its webhook is asked where it has one. */
export async function servedBy(
  row: Resource,
  shown: Shown,
  conversions: Conversions,
): Promise<KubeObject> {
  const isAsked = row.custom?.conversion && shown.object.kind === row.kind;
  return isAsked ? await conversions.converted(row, shown.object) : servedAtOnce(row, shown);
}

/** The same without asking anybody: what only a webhook can convert stays as it is. */
export function servedAtOnce(row: Resource, { from, object }: Shown): KubeObject {
  // A subresource of another kind, Scale or Eviction, is the same under every row.
  const isOwnKind = object.kind === from.resource.kind;
  if (row === from.resource || !isOwnKind || row.custom?.conversion) return object;
  const stored = storedForm(from.resource, object);
  if (row.storedAs !== undefined) return row.storedAs.fromStored(stored);
  return { ...stored, apiVersion: apiVersionOf(row), kind: row.kind };
}
