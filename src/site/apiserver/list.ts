import type { Item } from "#api/item.ts";
import { type KubeObject, nameOf, namespaceOf } from "#api/object.ts";
import { expired, type StatusError } from "#api/status.ts";
import type { ListOptions, ListResult, Target } from "#api/verbs.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { decodeContinue, encodeContinue } from "./continue-token.ts";
import { collectionOf, itemOf } from "./kind.ts";
import { checkListOptions, checkNotInFuture, parseResourceVersion } from "./resource-versions.ts";
import { type Selection, selectionOf } from "./selection.ts";
import type { Snapshots } from "./snapshots.ts";

const CONTINUE_EXPIRED =
  "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

interface State {
  readonly items: readonly Item[];
  readonly resourceVersion: number;
  /** Index of the first item that was not sent yet. */
  readonly start: number;
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
    const limit = options.limit ?? 0;
    return limit > 0
      ? this.#page(target, { selection, state, limit })
      : {
          items: select(target, { selection, items: state.items.slice(state.start) }),
          resourceVersion: String(state.resourceVersion),
        };
  }

  #page<T extends KubeObject>(
    target: Target<T>,
    { selection, state, limit }: { selection: Selection<T>; state: State; limit: number },
  ): ListResult<T> {
    const { items, resourceVersion } = state;
    const page: Item<T>[] = [];
    let next = state.start;
    for (; next < items.length && page.length < limit; next++) {
      page.push(...select(target, { selection, items: items.slice(next, next + 1) }));
    }
    const last = items[next - 1];
    const result = { items: page, resourceVersion: String(resourceVersion) };
    if (next >= items.length || last === undefined) return result;
    this.#snapshots.hold(placeOf(target, resourceVersion), items);
    return {
      ...result,
      continue: encodeContinue({ resourceVersion, after: pathOf(last) }),
      ...(selection.everything && { remainingItemCount: items.length - next }),
    };
  }

  #state(target: Target, options: ListOptions): State {
    if ((options.continue ?? "") !== "") return this.#continued(target, options.continue ?? "");
    const now = this.#now(target);
    const asked = parseResourceVersion(options.resourceVersion);
    checkNotInFuture(asked, now.resourceVersion);
    if (options.resourceVersionMatch !== "Exact" || asked === now.resourceVersion) return now;
    const items = this.#snapshots.find(placeOf(target, asked));
    if (items) return { items, resourceVersion: asked, start: 0 };
    throw expired(`The resourceVersion for the provided list is too old.`);
  }

  #now(target: Target): State {
    const { collection, namespace } = placeOf(target, 0);
    return { ...this.#store.list(collection, namespace), start: 0 };
  }

  #continued(target: Target, text: string): State {
    const { resourceVersion, after } = decodeContinue(text);
    if (resourceVersion === -1) {
      const now = this.#now(target);
      return { ...now, start: indexAfter(now.items, after) };
    }
    const items = this.#snapshots.find(placeOf(target, resourceVersion));
    if (items === undefined) throw continueExpired(after);
    return { items, resourceVersion, start: indexAfter(items, after) };
  }
}

function continueExpired(after: string): StatusError {
  return expired(CONTINUE_EXPIRED, { continue: encodeContinue({ resourceVersion: -1, after }) });
}

function select<T extends KubeObject>(
  { resource }: Target<T>,
  { selection, items }: { selection: Selection<T>; items: readonly Item[] },
): Item<T>[] {
  const typed = items.map((item) => itemOf(resource, item));
  return selection.everything ? typed : typed.filter(({ value }) => selection.matches(value));
}

function placeOf(
  { resource, namespace }: Target,
  resourceVersion: number,
): { collection: string; namespace: string | undefined; resourceVersion: number } {
  return {
    collection: collectionOf(resource),
    namespace: namespace === "" ? undefined : namespace,
    resourceVersion,
  };
}

const pathOf = ({ value }: Item): string => `${namespaceOf(value)}/${nameOf(value)}`;

function indexAfter(items: readonly Item[], path: string): number {
  let low = 0;
  for (let high = items.length; low < high; ) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && pathOf(item) <= path) low = middle + 1;
    else high = middle;
  }
  return low;
}
