import type { Item, WatchEvent } from "#api/item.ts";
import type { KubeObject } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import type {
  CreateTarget,
  DeleteOptions,
  DeleteResult,
  ListOptions,
  ListResult,
  NamedTarget,
  Patch,
  ReadOptions,
  Target,
  Verbs,
  Watch,
  WatchOptions,
  WriteOptions,
} from "#api/verbs.ts";
import { explain } from "#lib/errors.ts";
import { collectionOf } from "../kind.ts";
import type { VerbsDeps } from "../verbs-deps.ts";
import { Writer } from "../writer.ts";
import { ConvertingStore } from "./converting-store.ts";

/** Makes the verbs of one user over other parts. */
export type MakeVerbs = (deps: VerbsDeps) => Verbs;

/**
 * The verbs over all kinds: those that a webhook converts are worked on in the version that is asked
 * for, all others as they are.
 */
export class ConvertingVerbs implements Verbs {
  readonly #deps: VerbsDeps;
  readonly #make: MakeVerbs;
  readonly #plain: Verbs;

  constructor(deps: VerbsDeps, make: MakeVerbs) {
    this.#deps = deps;
    this.#make = make;
    this.#plain = make(deps);
  }

  get<T extends KubeObject>(target: NamedTarget<T>, options?: ReadOptions): Promise<Item<T>> {
    return this.#one(target, (verbs) => verbs.get(target, options));
  }

  list<T extends KubeObject>(target: Target<T>, options?: ListOptions): Promise<ListResult<T>> {
    return this.#many(target, (verbs) => verbs.list(target, options));
  }

  create<T extends KubeObject>(
    target: CreateTarget<T>,
    object: KubeObject,
    options?: WriteOptions,
  ): Promise<Item> {
    return this.#one(target, (verbs) => verbs.create(target, object, options));
  }

  update<T extends KubeObject>(
    target: NamedTarget<T>,
    object: KubeObject,
    options?: WriteOptions,
  ): Promise<Item> {
    return this.#one(target, (verbs) => verbs.update(target, object, options));
  }

  patch<T extends KubeObject>(
    target: NamedTarget<T>,
    patch: Patch,
    options?: WriteOptions,
  ): Promise<Item> {
    return this.#one(target, (verbs) => verbs.patch(target, patch, options));
  }

  delete<T extends KubeObject>(
    target: NamedTarget<T>,
    options?: DeleteOptions,
  ): Promise<DeleteResult<T>> {
    return this.#one(target, (verbs) => verbs.delete(target, options));
  }

  deleteCollection<T extends KubeObject>(
    target: Target<T>,
    options?: DeleteOptions & ListOptions,
  ): Promise<ListResult<T>> {
    return this.#many(target, (verbs) => verbs.deleteCollection(target, options));
  }

  async connect(target: NamedTarget, object: KubeObject): Promise<void> {
    await this.#plain.connect?.(target, object);
  }

  async watch<T extends KubeObject>(
    target: Target<T>,
    options: WatchOptions & { readonly signal: AbortSignal },
    onEvent: (event: WatchEvent<T>) => void,
  ): Promise<Watch> {
    const row = this.#convertedRow(target);
    if (row === undefined) return await this.#plain.watch(target, options, onEvent);
    const { conversions, store } = this.#deps;
    const lost = new AbortController();
    const verbs = this.#over(row, () => lost.abort());
    await conversions.prepareAll(row, () => store.list(collectionOf(row)).items);
    const signal = AbortSignal.any([options.signal, lost.signal]);
    return await verbs.watch(target, { ...options, signal }, onEvent);
  }

  #one<R>(target: Target, run: (verbs: Verbs) => Promise<R>): Promise<R> {
    return this.#converting(target, false, run);
  }

  #many<R>(target: Target, run: (verbs: Verbs) => Promise<R>): Promise<R> {
    return this.#converting(target, true, run);
  }

  #converting<R>(target: Target, many: boolean, run: (verbs: Verbs) => Promise<R>): Promise<R> {
    const row = this.#convertedRow(target);
    if (row === undefined) return run(this.#plain);
    const verbs = this.#over(row, () => undefined);
    return this.#deps.conversions.converting({ row, many }, () => run(verbs));
  }

  #convertedRow({ resource }: Target): Resource | undefined {
    const row = this.#deps.catalog.current(resource);
    return row?.custom?.conversion && row;
  }

  #over(row: Resource, onLost: () => void): Verbs {
    const { conversions, strategies, watching, log } = this.#deps;
    const store = new ConvertingStore({
      store: this.#deps.store,
      conversions,
      row,
      onLost(error) {
        const kind = `${row.plural}.${row.version}.${row.group}`;
        log.warn("A watch ends: its events cannot be converted", { kind, error: explain(error) });
        onLost();
      },
    });
    const writer = new Writer(store, strategies);
    return this.#make({ ...this.#deps, store, writer, watching: { ...watching, store } });
  }
}
