import { Item } from "#api/item.ts";
import { type KubeObject, nameOf } from "#api/object.ts";
import { StatusError } from "#api/status.ts";
import type { ListOptions, ListResult, Target } from "#api/verbs.ts";
import { selectionOf } from "./selection.ts";
import type { Strategies } from "./strategies/strategies.ts";

/** The objects of a kind that is looked at and not kept. */
export interface Observation<T extends KubeObject> {
  /** @throws StatusError 500, as Kubernetes has it, where there is none of that name. */
  one(name: string): Item<T>;
  all(options: ListOptions): ListResult<T>;
}

/** Undefined for what is kept in the store. */
export function observation<T extends KubeObject>(
  strategies: Strategies,
  { resource }: Target<T>,
): Observation<T> | undefined {
  const { observe } = strategies.of(resource);
  if (observe === undefined) return undefined;
  return {
    one(name) {
      const found = observe().find((object) => nameOf(object) === name);
      if (found === undefined) throw new StatusError(`Component not found: ${name}`, { code: 500 });
      return new Item(found);
    },
    all(options) {
      const selection = selectionOf(resource, options);
      const items = observe().filter((object) => selection.matches(object));
      return { items: items.map((object) => new Item(object)), resourceVersion: "" };
    },
  };
}
