import { deepFreeze } from "#api/object.ts";

/** Objects of one kind come in few shapes: pods of a ReplicaSet, all Leases. */
const SETS_PER_KIND = 8;

/** Lets objects that have the same fields share one frozen set of them, in place of one each. */
export class SharedFieldSets {
  readonly #recent = new Map<string, object[]>();

  /** The same set, perhaps as an object that others hold already. */
  share(kind: string, set: object): object {
    const recent = this.#recent.get(kind) ?? [];
    this.#recent.set(kind, recent);
    const found = recent.find((known) => Bun.deepEquals(known, set));
    if (found !== undefined) return found;
    recent.unshift(deepFreeze(set));
    if (recent.length > SETS_PER_KIND) recent.pop();
    return set;
  }
}
