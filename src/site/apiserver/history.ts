import type { Item } from "#api/item.ts";
import { type KubeObject, nameOf, namespaceOf } from "#api/object.ts";
import { expired } from "#api/status.ts";
import { Expired, type ObjectStore } from "#db/object-store.ts";

/** The key of an object in its collection, which is in the order of these keys: `namespace/name`. */
export const pathOf = (object: KubeObject): string => `${namespaceOf(object)}/${nameOf(object)}`;

/**
 * A collection as it was at an older version: what is there now, with the changes since undone.
 * @throws StatusError 410 when history does not reach back.
 */
export function stateAt(
  store: ObjectStore,
  { collection, resourceVersion }: { collection: string; resourceVersion: number },
): readonly Item[] {
  const changes: (readonly [path: string, before: Item | undefined])[] = [];
  const { items } = store.list(collection);
  try {
    const past = store.subscribe(collection, resourceVersion, ({ item }, previous) => {
      changes.push([pathOf(item.value), previous]);
    });
    past.close();
  } catch (error) {
    if (!(error instanceof Expired)) throw error;
    throw expired("The resourceVersion for the provided list is too old.");
  }
  if (changes.length === 0) return items;
  const state = new Map(items.map((item) => [pathOf(item.value), item]));
  for (const [path, before] of changes.reverse()) {
    if (before === undefined) state.delete(path);
    else state.set(path, before);
  }
  return [...state].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}
