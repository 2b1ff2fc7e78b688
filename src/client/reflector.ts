import type { WatchEvent } from "#api/item.ts";
import type { KubeObject } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import { hasReason } from "#api/status.ts";
import type { Verbs } from "#api/verbs.ts";
import { abortable, sleep } from "#lib/abort.ts";
import { Backoff } from "#lib/backoff.ts";
import type { Clock } from "#lib/clock.ts";
import type { Logger } from "#lib/log.ts";

/** What a reflector keeps up to date. Called synchronously, in order; must not throw. */
export interface ReflectorSink<T extends KubeObject> {
  /** The state of the world, after a list. */
  replace(objects: readonly T[]): void;
  put(object: T): void;
  remove(last: T): void;
}

/** The verbs that following a kind takes. */
export type Reader = Pick<Verbs, "list" | "watch">;

export interface ReflectorOptions<T extends KubeObject> {
  readonly verbs: Reader;
  readonly resource: Resource<T>;
  readonly log: Logger;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly random?: () => number;
  /** How to wait between attempts; real time by default. */
  readonly pause?: (delayMs: number, signal: AbortSignal) => Promise<void>;
}

/** client-go `tools/cache.NewReflector`: 800 ms doubling to 30 s, forgotten after a good while. */
const BACKOFF = { initialMs: 800, maxMs: 30_000, jitter: 0.5 };
const HEALTHY_AFTER_MS = 120_000;
/** A watch that ends in peace sooner than this is a server that cannot keep one. */
const SHORT_WATCH_MS = 1_000;

/**
 * Lists a kind, then watches it from there; resumes an ended watch where it stood, and lists anew
 * when history no longer reaches back (410). Failures are logged and retried without end. Resolves
 * when `signal` aborts.
 */
export async function reflect<T extends KubeObject>(
  options: ReflectorOptions<T>,
  sink: ReflectorSink<T>,
): Promise<void> {
  const { clock, log, signal, random, pause = sleep } = options;
  const backoff = new Backoff({ ...BACKOFF, ...(random && { random }) });
  const position = new Position();
  while (!signal.aborted) {
    const startedMs = clock.monotonicMs();
    const error = await attempt(options, sink, position);
    const livedMs = clock.monotonicMs() - startedMs;
    if (signal.aborted) return;
    if (livedMs >= HEALTHY_AFTER_MS) backoff.reset();
    if (error === undefined && livedMs >= SHORT_WATCH_MS) continue;
    if (isExpired(error)) {
      log.debug("History no longer reaches back; listing anew", { from: position.version });
      position.version = undefined;
    } else if (error !== undefined) {
      log.warn("Cannot follow a kind; trying again", { error });
    }
    await pause(backoff.next(), signal).catch(() => undefined);
  }
}

/** How far the sink has come; `undefined` before the first list and after a 410. */
class Position {
  version: string | undefined;
}

/** One list, where needed, and one watch. Resolves with what ended it, `undefined` for a good end. */
async function attempt<T extends KubeObject>(
  { verbs, resource, signal }: ReflectorOptions<T>,
  sink: ReflectorSink<T>,
  position: Position,
): Promise<unknown> {
  const target = { resource, namespace: "" };
  const onEvent = ({ type, item: { value } }: WatchEvent<T>): void => {
    position.version = value.metadata?.resourceVersion;
    if (type === "DELETED") sink.remove(value);
    else if (type !== "BOOKMARK") sink.put(value);
  };
  try {
    if (position.version === undefined) {
      const { items, resourceVersion } = await abortable(verbs.list(target), signal);
      sink.replace(items.map(({ value }) => value));
      position.version = resourceVersion;
    }
    const { version: resourceVersion } = position;
    const options = { resourceVersion, allowWatchBookmarks: true, signal };
    const watch = await verbs.watch(target, options, onEvent);
    await watch.ended;
    return undefined;
  } catch (error) {
    return error;
  }
}

/** `Gone` is how servers before 1.17 said `Expired`. */
function isExpired(error: unknown): boolean {
  return hasReason(error, "Expired") || hasReason(error, "Gone");
}
