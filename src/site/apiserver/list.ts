import type { Item } from "#api/item.ts";
import type { KubeObject } from "#api/object.ts";
import { badRequest, expired, type StatusError } from "#api/status.ts";
import type { ListOptions, ListResult, Target } from "#api/verbs.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { decodeContinue, encodeContinue } from "./continue-token.ts";
import { pathOf, stateAt } from "./history.ts";
import { collectionOf, itemOf } from "./kind.ts";
import {
  checkListOptions,
  checkNotInFuture,
  isContinued,
  isExact,
  parseResourceVersion,
} from "./resource-versions.ts";
import { type Selection, selectionOf } from "./selection.ts";
import type { Snapshots } from "./snapshots.ts";

const CONTINUE_EXPIRED =
  "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

/** A collection as it is or was, and how far it was sent. */
interface State {
  readonly collection: readonly Item[];
  readonly resourceVersion: number;
  /** The first key that may be sent. */
  readonly start: string;
}

/** LIST: whole, or page by page from one snapshot. */
export class Lister {
  readonly #store: ObjectStore;
  readonly #snapshots: Snapshots;

  constructor(store: ObjectStore, snapshots: Snapshots) {
    this.#store = store;
    this.#snapshots = snapshots;
  }

  /** @throws StatusError for options that contradict each other, 410 for a page of a lost snapshot. */
  list<T extends KubeObject>(target: Target<T>, options: ListOptions): ListResult<T> {
    checkListOptions(options);
    const selection = selectionOf(target.resource, options);
    const state = this.#state(target, options);
    const items = within(state, target);
    const limit = options.resourceVersion === "0" ? 0 : (options.limit ?? 0);
    return limit > 0
      ? this.#page(target, { selection, state, items, limit })
      : {
          items: select(target, { selection, items }),
          resourceVersion: String(state.resourceVersion),
        };
  }

  #page<T extends KubeObject>(
    target: Target<T>,
    { selection, state, items, limit }: Paging<T>,
  ): ListResult<T> {
    const { collection, resourceVersion } = state;
    const page: Item<T>[] = [];
    let next = 0;
    for (; next < items.length && page.length < limit; next++) {
      page.push(...select(target, { selection, items: items.slice(next, next + 1) }));
    }
    const last = items[next - 1];
    const result = { items: page, resourceVersion: String(resourceVersion) };
    const isLast = next >= items.length || (isOne(target, selection) && page.length === 1);
    if (isLast || last === undefined) return result;
    this.#snapshots.hold(
      { collection: collectionOf(target.resource), resourceVersion },
      collection,
    );
    const start = `${pathOf(last.value).slice(prefixOf(target).length)}\0`;
    return {
      ...result,
      continue: encodeContinue({ resourceVersion, start }),
      ...(selection.everything && { remainingItemCount: items.length - next }),
    };
  }

  #state(target: Target, options: ListOptions): State {
    if (isContinued(options)) return this.#continued(target, options);
    const now = this.#now(target);
    const asked = parseResourceVersion(options.resourceVersion);
    checkNotInFuture({ asked, current: now.resourceVersion, retry: !isExact(options) });
    if (!isExact(options) || asked === now.resourceVersion) return now;
    const place = { collection: collectionOf(target.resource), resourceVersion: asked };
    const collection = this.#snapshots.find(place) ?? stateAt(this.#store, place);
    return { ...now, collection, resourceVersion: asked };
  }

  #now(target: Target): State {
    const { items, resourceVersion } = this.#store.list(collectionOf(target.resource));
    return { collection: items, resourceVersion, start: prefixOf(target) };
  }

  #continued(target: Target, options: ListOptions): State {
    const token = decodeContinue(options.continue ?? "");
    const { resourceVersion: asked = "" } = options;
    if (asked !== "" && asked !== "0") {
      throw badRequest("specifying resource version is not allowed when using continue");
    }
    const { resourceVersion } = token;
    const now = this.#now(target);
    const start = prefixOf(target) + token.start;
    if (resourceVersion < 0) return { ...now, start };
    checkNotInFuture({ asked: resourceVersion, current: now.resourceVersion, retry: false });
    const place = { collection: collectionOf(target.resource), resourceVersion };
    const collection = this.#snapshots.find(place);
    if (collection === undefined) throw continueExpired(token.start);
    return { collection, resourceVersion, start };
  }
}

interface Paging<T extends KubeObject> {
  readonly selection: Selection<T>;
  readonly state: State;
  readonly items: readonly Item[];
  readonly limit: number;
}

function continueExpired(start: string): StatusError {
  return expired(CONTINUE_EXPIRED, { continue: encodeContinue({ resourceVersion: -1, start }) });
}

function select<T extends KubeObject>(
  { resource }: Target<T>,
  { selection, items }: { selection: Selection<T>; items: readonly Item[] },
): Item<T>[] {
  const typed = items.map((item) => itemOf(resource, item));
  return selection.everything ? typed : typed.filter(({ value }) => selection.matches(value));
}

/** True where a selector names the one object that there can be. */
function isOne<T extends KubeObject>(
  { resource, namespace }: Target<T>,
  { name }: Selection<T>,
): boolean {
  return name !== undefined && (namespace !== "" || !resource.namespaced);
}

/** How the keys of all that a target is about begin. */
function prefixOf({ resource, namespace }: Target): string {
  if (!resource.namespaced) return "/";
  return namespace === "" ? "" : `${namespace}/`;
}

/** What a state has of a target, from where it is to be sent on. */
function within({ collection, start }: State, target: Target): readonly Item[] {
  const prefix = prefixOf(target);
  // "0" is the character after "/".
  const end = prefix === "" ? collection.length : indexOf(collection, `${prefix.slice(0, -1)}0`);
  return collection.slice(indexOf(collection, start), end);
}

/** Where `path` stands, or would. */
function indexOf(items: readonly Item[], path: string): number {
  let low = 0;
  for (let high = items.length; low < high; ) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && pathOf(item.value) < path) low = middle + 1;
    else high = middle;
  }
  return low;
}
