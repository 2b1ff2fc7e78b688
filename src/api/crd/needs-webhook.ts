import { apiVersionOf, type Resource } from "../resource.ts";

/** True where the objects of a row are not stored as it shows them, and a webhook has to be asked. */
export function needsWebhook(row: Resource): boolean {
  const { conversion } = row.custom ?? {};
  return conversion !== undefined && conversion.storedApiVersion !== apiVersionOf(row);
}
