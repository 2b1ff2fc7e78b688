import { abortable } from "#lib/abort.ts";

/**
 * Tells watchers which pods have changed. A watcher that is slow gets each pod once, however often it
 * changed meanwhile: what waits is bounded by the pods that there are.
 */
export class PodNews {
  readonly #watchers = new Set<Watcher>();

  tell(uid: string): void {
    for (const watcher of this.#watchers) {
      watcher.changed.add(uid);
      watcher.wake.resolve();
    }
  }

  /** UIDs from the moment of the call on, until `signal` aborts. */
  watch(signal: AbortSignal): AsyncIterable<string> {
    const watcher: Watcher = { changed: new Set(), wake: Promise.withResolvers() };
    this.#watchers.add(watcher);
    return this.#follow(watcher, signal);
  }

  async *#follow(watcher: Watcher, signal: AbortSignal): AsyncGenerator<string> {
    try {
      while (!signal.aborted) {
        await abortable(watcher.wake.promise, signal);
        watcher.wake = Promise.withResolvers();
        const changed = [...watcher.changed];
        watcher.changed.clear();
        yield* changed;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#watchers.delete(watcher);
    }
  }
}

interface Watcher {
  readonly changed: Set<string>;
  wake: PromiseWithResolvers<void>;
}
