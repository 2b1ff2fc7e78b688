import type { KubeObject } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import type { InformerFactory, InformerHandler } from "#client/informer.ts";
import type { KindFollower } from "./follow-kinds.ts";

interface KindInformersOptions {
  readonly informers: InformerFactory;
  isWanted(row: Resource): boolean;
  handlerOf(row: Resource): InformerHandler<KubeObject>;
}

/** An informer and a handler on every kind that is wanted, for as long as it is served. */
export class KindInformers implements KindFollower {
  readonly #options: KindInformersOptions;
  readonly #followed = new Map<Resource, () => void>();

  constructor(options: KindInformersOptions) {
    this.#options = options;
  }

  /** The kinds that are followed now. */
  get kinds(): readonly Resource[] {
    return [...this.#followed.keys()];
  }

  /** When all that are followed now have their first list. */
  get synced(): readonly Promise<void>[] {
    return this.kinds.map((row) => this.#options.informers.informer(row).synced);
  }

  appeared(row: Resource): void {
    const { informers, isWanted, handlerOf } = this.#options;
    if (!isWanted(row)) return;
    const informer = informers.informer(row);
    this.#followed.set(row, informer.addHandler(handlerOf(row)));
  }

  disappeared(row: Resource): void {
    const { informers, handlerOf } = this.#options;
    const remove = this.#followed.get(row);
    if (remove === undefined) return;
    this.#followed.delete(row);
    remove();
    // What is still cached will not be heard of again.
    const handler = handlerOf(row);
    for (const object of informers.informer(row).list()) handler.deleted?.(object);
    informers.release(row);
  }

  close(): void {
    for (const remove of this.#followed.values()) remove();
    this.#followed.clear();
  }
}
