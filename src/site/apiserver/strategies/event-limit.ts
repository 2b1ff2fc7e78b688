import { type Event, type KubeObject, nameOf, namespaceOf } from "#api/object.ts";
import { EVENTS } from "#api/resources.ts";
import { notFound } from "#api/status.ts";
import type { ObjectKey, ObjectStore } from "#db/object-store.ts";
import { collectionOf, itemOf } from "../kind.ts";

/** A storm of events must not fill memory or the disk. */
const MAX_NORMAL = 4000;
const MAX_WARNINGS = 1000;

const HOUR_MS = 60 * 60_000;

/** How long an event is kept after it was written last. */
export function lifeMs({ type }: Event): number {
  return type === "Normal" ? HOUR_MS : 24 * HOUR_MS;
}

/** Keeps the number of events down: for each one too many the oldest of its type goes. */
export class EventLimit {
  readonly #store: ObjectStore;
  readonly #normal: ObjectKey[] = [];
  readonly #warnings: ObjectKey[] = [];

  constructor(store: ObjectStore) {
    this.#store = store;
    for (const item of store.list(collectionOf(EVENTS)).items) {
      const event = itemOf(EVENTS, item).value;
      this.created(event);
      // How long it had lived before the start nobody knows: a box may have no clock.
      store.expireIn(keyOf(event), lifeMs(event));
    }
  }

  /** Counts an event that was stored. */
  created(event: Event): void {
    const [keys, max] =
      event.type === "Normal" ? [this.#normal, MAX_NORMAL] : [this.#warnings, MAX_WARNINGS];
    keys.push(keyOf(event));
    const oldest = keys.length > max ? keys.shift() : undefined;
    if (oldest) this.#remove(oldest);
  }

  #remove(key: ObjectKey): void {
    const removed = this.#store.write(key, (current) => {
      if (current === undefined) throw notFound({ resource: EVENTS, name: key.name });
      return { remove: current.value };
    });
    // It may have expired before; and what cannot be removed now will expire.
    removed.catch(() => undefined);
  }
}

function keyOf(event: KubeObject): ObjectKey {
  return {
    collection: collectionOf(EVENTS),
    namespace: namespaceOf(event),
    name: nameOf(event),
  };
}
