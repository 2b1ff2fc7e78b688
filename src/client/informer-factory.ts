import { type KubeObject, namespaceOf, objectKey } from "#api/object.ts";
import { groupResource, type Resource } from "#api/resource.ts";
import { abortReason } from "#lib/abort.ts";
import type { Clock } from "#lib/clock.ts";
import type { Logger } from "#lib/log.ts";
import { Indexer } from "./indexer.ts";
import type { Informer, InformerFactory, InformerHandler } from "./informer.ts";
import { type Reader, type ReflectorSink, reflect } from "./reflector.ts";

export interface InformerFactoryOptions {
  /** The user whose view of the API the informers show. */
  readonly verbs: Reader;
  /** Ends all informers. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly clock: Clock;
}

/** Makes informers on demand, one per kind; each lists and watches from its first mention on. */
export function createInformerFactory(options: InformerFactoryOptions): InformerFactory {
  const informers = new Map<string, Releasable>();
  return {
    informer<T extends KubeObject>(resource: Resource<T>): Informer<T> {
      const name = groupResource(resource);
      const known = informers.get(name);
      if (known !== undefined) return known as SharedInformer<T>;
      const informer = new SharedInformer(resource, options);
      informers.set(name, informer);
      return informer;
    },
    release(resource) {
      const name = groupResource(resource);
      if (informers.get(name)?.stopIfUnused()) informers.delete(name);
    },
  };
}

/** One map holds informers of many types; a resource's name decides which. */
interface Releasable {
  /** True when nobody has a handler on it, and it follows nothing any more. */
  stopIfUnused(): boolean;
}

class SharedInformer<T extends KubeObject> implements Informer<T>, ReflectorSink<T>, Releasable {
  readonly synced: Promise<void>;
  readonly #markSynced: () => void;
  readonly #log: Logger;
  readonly #cache = new Indexer<T>();
  readonly #handlers = new Set<InformerHandler<T>>();
  readonly #stop = new AbortController();

  constructor(resource: Resource<T>, { verbs, log, clock, ...options }: InformerFactoryOptions) {
    const signal = AbortSignal.any([options.signal, this.#stop.signal]);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.synced = promise;
    this.#markSynced = resolve;
    this.#log = log.child({ resource: groupResource(resource) });
    this.#cache.addIndex(BY_NAMESPACE, (object) => [namespaceOf(object)]);
    // Whoever waits learns of the end; nobody has to wait.
    promise.catch(() => undefined);
    void reflect({ verbs, resource, signal, clock, log: this.#log }, this).then(() =>
      reject(abortReason(signal)),
    );
  }

  get(key: string): T | undefined {
    return this.#cache.get(key);
  }

  list(namespace = ""): readonly T[] {
    return namespace === "" ? this.#cache.all() : this.#cache.byIndex(BY_NAMESPACE, namespace);
  }

  byIndex(index: string, value: string): readonly T[] {
    return this.#cache.byIndex(index, value);
  }

  addIndex(index: string, values: (object: T) => readonly string[]): void {
    this.#cache.addIndex(index, values);
  }

  addHandler(handler: InformerHandler<T>): () => void {
    this.#handlers.add(handler);
    for (const object of this.#cache.all()) this.#tell(handler, (h) => h.added?.(object));
    return () => this.#handlers.delete(handler);
  }

  stopIfUnused(): boolean {
    if (this.#handlers.size > 0) return false;
    this.#stop.abort();
    return true;
  }

  replace(objects: readonly T[]): void {
    const keys = new Set(objects.map(objectKey));
    for (const object of objects) this.put(object);
    for (const last of this.#cache.all()) if (!keys.has(objectKey(last))) this.remove(last);
    this.#markSynced();
  }

  put(object: T): void {
    const previous = this.#cache.put(objectKey(object), object);
    if (previous === undefined) {
      this.#tellAll((handler) => handler.added?.(object));
    } else if (previous.metadata?.uid !== object.metadata?.uid) {
      // Deleted and made anew while the watch was away: two objects, not one that changed.
      this.#tellAll((handler) => handler.deleted?.(previous));
      this.#tellAll((handler) => handler.added?.(object));
    } else if (previous.metadata?.resourceVersion !== object.metadata?.resourceVersion) {
      this.#tellAll((handler) => handler.updated?.(object, previous));
    }
  }

  remove(last: T): void {
    if (this.#cache.remove(objectKey(last)) === undefined) return;
    this.#tellAll((handler) => handler.deleted?.(last));
  }

  #tellAll(call: (handler: InformerHandler<T>) => void): void {
    for (const handler of [...this.#handlers]) this.#tell(handler, call);
  }

  /** A handler that breaks its promise not to throw must not take the others' events with it. */
  #tell(handler: InformerHandler<T>, call: (handler: InformerHandler<T>) => void): void {
    try {
      call(handler);
    } catch (error) {
      this.#log.error("An informer's handler threw", { error });
    }
  }
}

const BY_NAMESPACE = "namespace";
