import type { Item } from "#api/item.ts";
import type { KubeObject } from "#api/object.ts";
import { conflict, notFound, type Subject } from "#api/status.ts";
import type { ObjectStore } from "#db/object-store.ts";
import type { Review } from "./admission/webhooks/reviewing.ts";
import { itemOf } from "./kind.ts";
import type { Decision, Write, Writer } from "./writer.ts";

/** An object that changes all the time is given up after this many reviews. */
const ATTEMPTS = 10;

/** What a write to one object does, from the version that it finds. */
export interface Steps<T extends KubeObject> {
  readonly subject: Subject;
  /** The decision about the newest version. */
  decide(current: T): Decision<T>;
  /** Asks the webhooks about the write as it would be now, and answers the decision that they allow. */
  review(review: Review, current: T): Promise<(newest: T) => Decision<T>>;
}

/**
 * Writes in one synchronous decision where no webhook is concerned. Where one is, it is asked about
 * a version, and the decision holds only for that version: when it was overtaken, all begins again.
 * @throws StatusError 404 for no object, 409 when it was overtaken time and again.
 */
export async function reviewedWrite<T extends KubeObject>(
  { store, writer }: { store: ObjectStore; writer: Writer },
  { write, steps, review }: { write: Write<T>; steps: Steps<T>; review: Review | undefined },
): Promise<Item<T>> {
  const { subject } = steps;
  const present = (current: T | undefined): T => {
    if (current === undefined) throw notFound(subject);
    return current;
  };
  if (review === undefined) {
    return await writer.write(write, (current) => steps.decide(present(current)));
  }
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const item = store.newest(write.key);
    const shown = present(item && itemOf(write.resource, item).value);
    try {
      const decide = await steps.review(review, shown);
      return await writer.write(write, (newest) => {
        if (newest?.metadata?.resourceVersion !== shown.metadata?.resourceVersion)
          throw new Overtaken();
        return decide(present(newest));
      });
    } catch (error) {
      // What was set aside for this attempt.
      write.admission.settle("nothing");
      if (!(error instanceof Overtaken)) throw error;
    }
  }
  throw conflict(subject);
}

/** The version that the webhooks saw is not the newest any more. */
class Overtaken extends Error {}
