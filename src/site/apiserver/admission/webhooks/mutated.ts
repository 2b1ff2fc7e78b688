import type { KubeObject } from "#api/object.ts";
import type { Review } from "./reviewing.ts";

/** How a draft is shown to webhooks, and how what they made of it becomes a draft again. */
export interface Drafting<T extends KubeObject> {
  readonly oldObject?: KubeObject;
  shown(draft: T): KubeObject;
  /** With defaults, and what mutating plug-ins make of it now. */
  redraft(object: KubeObject): T;
}

/**
 * Takes a draft through the mutating webhooks. Where they change it, plug-ins run once more, and
 * so do the webhooks that want to be asked again.
 * @throws StatusError the first refusal.
 */
export async function mutated<T extends KubeObject>(
  review: Review,
  draft: T,
  { oldObject, shown, redraft }: Drafting<T>,
): Promise<T> {
  const once = await review.mutate({ object: shown(draft), oldObject });
  if (!once.isChanged || once.object === undefined) return draft;
  const second = redraft(once.object);
  const object = shown(second);
  const hasMoved = !Bun.deepEquals(unmanaged(object), unmanaged(once.object));
  const twice = await review.mutateAgain({ object, oldObject }, hasMoved);
  return twice.isChanged && twice.object !== undefined ? redraft(twice.object) : second;
}

/** Who manages which field is noted again for every draft: no plug-in has moved anything by that. */
function unmanaged({ metadata, ...object }: KubeObject): KubeObject {
  const { managedFields: _, ...rest } = metadata ?? {};
  return { ...object, metadata: rest };
}
