import type { Target } from "#api/verbs.ts";
import type { ObjectStore } from "#db/object-store.ts";
import type { Timer } from "#lib/timer.ts";
import { collectionOf } from "./kind.ts";
import { checkNotInFuture, parseResourceVersion } from "./resource-versions.ts";

/** As long as upstream's watch cache waits. */
const MAX_WAIT_MS = 3000;

/**
 * Waits for a version that is not there yet: the next write to the collection may bring it.
 * @throws StatusError 504 when it does not come, 400 for what is no version.
 */
export async function reachVersion(
  { store, timer }: { store: ObjectStore; timer: Timer },
  { resource }: Target,
  resourceVersion: string | undefined,
): Promise<void> {
  if (resourceVersion === undefined) return;
  const asked = parseResourceVersion(resourceVersion);
  if (asked <= store.resourceVersion) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      cancel();
      subscription.close();
      resolve();
    };
    const cancel = timer.after(MAX_WAIT_MS, end);
    const subscription = store.subscribe(collectionOf(resource), store.resourceVersion, () => {
      if (store.resourceVersion >= asked) end();
    });
  });
  checkNotInFuture({ asked, current: store.resourceVersion, retry: true });
}
