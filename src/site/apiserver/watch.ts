import type { LiveCatalog } from "#api/catalog.ts";
import { Item, WatchEvent } from "#api/item.ts";
import type { KubeObject } from "#api/object.ts";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import { expired } from "#api/status.ts";
import type { Target, Watch, WatchOptions } from "#api/verbs.ts";
import { Expired, type ObjectStore, type Snapshot } from "#db/object-store.ts";
import type { Timer } from "#lib/timer.ts";
import type { Bookmarks } from "./bookmarks.ts";
import { collectionOf, eventOf, itemOf, objectOf } from "./kind.ts";
import { readVersion } from "./resource-versions.ts";
import { type Selection, selectionOf } from "./selection.ts";

export interface WatcherDeps {
  readonly store: ObjectStore;
  readonly catalog: LiveCatalog;
  readonly bookmarks: Bookmarks;
  readonly timer: Timer;
  /** Ends all watches. */
  readonly signal: AbortSignal;
}

type OnEvent<T extends KubeObject> = (event: WatchEvent<T>) => void;
type Options = WatchOptions & { readonly signal: AbortSignal };

/**
 * WATCH: what is there first, where asked for, then every change, filtered.
 * @throws StatusError 410 when history does not reach back, 400 for a bad selector, 500 for a bad version.
 */
export function startWatch<T extends KubeObject>(
  deps: WatcherDeps,
  { target, options }: { target: Target<T>; options: Options },
  onEvent: OnEvent<T>,
): Watch {
  const { resource, namespace } = target;
  const { store } = deps;
  const filter = new Filter(target, selectionOf(resource, options));
  const asked = readVersion(options.resourceVersion);

  const wantsState = options.sendInitialEvents ?? asked === 0;
  let since = asked === 0 ? store.resourceVersion : asked;
  if (wantsState) {
    const snapshot = store.list(collectionOf(resource), namespace === "" ? undefined : namespace);
    since = snapshot.resourceVersion;
    sendState(filter, snapshot, onEvent);
    if (options.sendInitialEvents && options.allowWatchBookmarks) {
      onEvent(bookmark(resource, { resourceVersion: since, ends: "initial events" }));
    }
  }
  const subscription = subscribe(store, { resource, since }, (event, previous) => {
    const seen = filter.apply(event, previous);
    if (seen) onEvent(seen);
  });
  const mark = (): void => {
    const resourceVersion = Math.max(store.resourceVersion, since);
    onEvent(bookmark(resource, { resourceVersion }));
  };
  const forget = options.allowWatchBookmarks ? deps.bookmarks.add(mark) : undefined;
  const ended = endOf(deps, { resource, ...options }, () => {
    subscription.close();
    forget?.();
  });
  return { ended: ended.then((why) => (why === "timeout" && forget ? mark() : undefined)) };
}

/** Resolves at the watch's timeout or when a signal says so or the kind goes, after `release` has run. */
function endOf(
  { timer, signal, catalog }: WatcherDeps,
  options: Options & { readonly resource: Resource },
  release: () => void,
): Promise<"timeout" | "signal"> {
  // Not AbortSignal.any: the server's signal would remember every watch that ever was.
  const served = catalog.whileServed(options.resource);
  const signals = [signal, options.signal, ...(served ? [served] : [])];
  return new Promise((resolve) => {
    const end = (why: "timeout" | "signal"): void => {
      for (const one of signals) one.removeEventListener("abort", onAbort);
      cancel?.();
      release();
      resolve(why);
    };
    const onAbort = (): void => end("signal");
    const { timeoutSeconds } = options;
    const cancel = timeoutSeconds
      ? timer.after(timeoutSeconds * 1000, () => end("timeout"))
      : undefined;
    if (signals.some(({ aborted }) => aborted)) return onAbort();
    for (const one of signals) one.addEventListener("abort", onAbort, { once: true });
  });
}

function sendState<T extends KubeObject>(
  filter: Filter<T>,
  { items }: Snapshot,
  onEvent: OnEvent<T>,
): void {
  for (const item of items) {
    const seen = filter.apply(new WatchEvent("ADDED", item), undefined);
    if (seen) onEvent(seen);
  }
}

/** Of a version that is yet to come, only what comes after it is told. */
function subscribe(
  store: ObjectStore,
  { resource, since }: { resource: Resource; since: number },
  onEvent: (event: WatchEvent, previous: Item | undefined) => void,
): { close(): void } {
  const afterwards: typeof onEvent = (event, previous) => {
    if (Number(event.item.value.metadata?.resourceVersion) > since) onEvent(event, previous);
  };
  const listener = since > store.resourceVersion ? afterwards : onEvent;
  try {
    return store.subscribe(collectionOf(resource), since, listener);
  } catch (error) {
    if (error instanceof Expired) throw expired(error.message);
    throw error;
  }
}

/** What one watcher sees of the events of a collection. */
class Filter<T extends KubeObject> {
  readonly #target: Target<T>;
  readonly #selection: Selection<T>;

  constructor(target: Target<T>, selection: Selection<T>) {
    this.#target = target;
    this.#selection = selection;
  }

  /** An object that leaves the selection goes as DELETED, one that enters comes as ADDED. */
  apply(event: WatchEvent, previous: Item | undefined): WatchEvent<T> | undefined {
    const { resource, namespace } = this.#target;
    if (namespace !== "" && event.item.value.metadata?.namespace !== namespace) return undefined;
    if (this.#selection.everything) return eventOf(resource, event);
    const matched = previous !== undefined && this.#matches(previous);
    const matches = event.type !== "DELETED" && this.#matches(event.item);
    if (!(matched || matches)) return undefined;
    const type = matches ? (matched ? "MODIFIED" : "ADDED") : "DELETED";
    // The shared event where it says the right thing: its frame is encoded once for all watchers.
    if (type === event.type) return eventOf(resource, event);
    const before = previous && itemOf(resource, previous);
    return WatchEvent.of(type, { item: itemOf(resource, event.item), before: before });
  }

  #matches(item: Item): boolean {
    return this.#selection.matches(itemOf(this.#target.resource, item).value);
  }
}

function bookmark<T extends KubeObject>(
  resource: Resource<T>,
  { resourceVersion, ends }: { resourceVersion: number; ends?: "initial events" },
): WatchEvent<T> {
  const value: KubeObject = {
    kind: resource.kind,
    apiVersion: apiVersionOf(resource),
    metadata: {
      resourceVersion: String(resourceVersion),
      ...(ends && { annotations: { "k8s.io/initial-events-end": "true" } }),
    },
  };
  return new WatchEvent("BOOKMARK", new Item(objectOf(resource, value)));
}
