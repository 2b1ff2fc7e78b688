import type { KubeObject, ObjectMeta } from "#api/object.ts";
import { present } from "#lib/present.ts";
import { cloneJson } from "./json.ts";

/**
 * Gives `next`, in place, the metadata of what is sent through a subresource, but for what is kept
 * and what only the server decides: Kubernetes' strategies hold back but little of it.
 */
export function takeSentMetadata<T extends KubeObject>(
  next: T,
  sent: KubeObject,
  kept: readonly (keyof ObjectMeta)[] = [],
): T {
  const own = kept.map((field) => [field, next.metadata?.[field]] as const);
  next.metadata = present({ ...cloneJson(sent.metadata ?? {}), ...Object.fromEntries(own) });
  return next;
}
