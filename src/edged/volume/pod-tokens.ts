import { nameOf, namespaceOf, type Pod, type Volume } from "#api/object.ts";
import type { Clock } from "#lib/clock.ts";
import type { MetaClient } from "#meta/meta-client.ts";
import { ContainerConfigError } from "../container/config-error.ts";

/** What a pod asks for in a projected volume. */
export type TokenProjection = NonNullable<
  NonNullable<NonNullable<Volume["projected"]>["sources"]>[number]["serviceAccountToken"]
>;

interface Held {
  readonly token: string;
  readonly obtainedMs: number;
  readonly lifeMs: number;
  /** Wall clock less monotonic clock: it changes when the wall clock steps. */
  readonly offsetMs: number;
}

/** kubelet's rule: after four fifths of its life, and in any case after a day. */
const RENEW_AFTER = 0.8;
const RENEW_AT_LATEST_MS = 24 * 3600 * 1000;
/** A clock that is set right by less than this takes nothing from a token of ten minutes. */
const STEP_MS = 60_000;
/** How long after a renewal failed the next one is tried, while the old token still holds. */
const RETRY_MS = 30_000;
const DEFAULT_SECONDS = 3600;

/**
 * The tokens of one pod, each kept until it is time to renew it. Time is the monotonic clock's; after
 * a step of the wall clock all are renewed, as those who check them may know no other.
 */
export class PodTokens {
  readonly #meta: MetaClient;
  readonly #clock: Clock;
  readonly #held = new Map<string, Held>();
  #retryAtMs = 0;

  constructor({ meta, clock }: { readonly meta: MetaClient; readonly clock: Clock }) {
    this.#meta = meta;
    this.#clock = clock;
  }

  /** The token for a projection; one that still holds where no newer one is to be had. */
  async get(pod: Pod, projection: TokenProjection, signal: AbortSignal): Promise<string> {
    const key = keyOf(projection);
    const held = this.#held.get(key);
    const nowMs = this.#clock.monotonicMs();
    if (held && this.#dueAtMs(held) > nowMs) return held.token;
    try {
      return await this.#fetch(pod, projection, signal);
    } catch (error) {
      if (held === undefined || signal.aborted || nowMs >= held.obtainedMs + held.lifeMs)
        throw error;
      this.#retryAtMs = nowMs + RETRY_MS;
      return held.token;
    }
  }

  /** When the first of a pod's tokens should be renewed, on the monotonic clock. */
  dueAtMs(pod: Pod): number {
    const times = projectionsOf(pod).map((projection) => {
      const held = this.#held.get(keyOf(projection));
      return held ? this.#dueAtMs(held) : 0;
    });
    const due = Math.min(Number.POSITIVE_INFINITY, ...times);
    return Number.isFinite(due) ? Math.max(due, this.#retryAtMs) : due;
  }

  async #fetch(pod: Pod, projection: TokenProjection, signal: AbortSignal): Promise<string> {
    const { audience = "", expirationSeconds = DEFAULT_SECONDS } = projection;
    const name = pod.spec?.serviceAccountName ?? "";
    const uid = pod.metadata?.uid;
    const answer = await this.#meta.requestToken(
      { namespace: namespaceOf(pod), name },
      {
        spec: {
          audiences: audience === "" ? [] : [audience],
          expirationSeconds,
          boundObjectRef: {
            apiVersion: "v1",
            kind: "Pod",
            name: nameOf(pod),
            ...(uid !== undefined && { uid }),
          },
        },
      },
      signal,
    );
    const token = answer?.status?.token;
    if (token === undefined) throw new ContainerConfigError(`serviceaccount "${name}" not found`);
    // The node is cut off: this is the one from before.
    if (token === this.#held.get(keyOf(projection))?.token) {
      this.#retryAtMs = this.#clock.monotonicMs() + RETRY_MS;
      return token;
    }
    this.#held.set(keyOf(projection), {
      token,
      obtainedMs: this.#clock.monotonicMs(),
      lifeMs: (answer?.spec?.expirationSeconds ?? expirationSeconds) * 1000,
      offsetMs: this.#offsetMs(),
    });
    return token;
  }

  #dueAtMs({ obtainedMs, lifeMs, offsetMs }: Held): number {
    if (Math.abs(this.#offsetMs() - offsetMs) > STEP_MS) return 0;
    return obtainedMs + Math.min(lifeMs * RENEW_AFTER, RENEW_AT_LATEST_MS);
  }

  #offsetMs(): number {
    return this.#clock.now().getTime() - this.#clock.monotonicMs();
  }
}

function projectionsOf({ spec }: Pod): readonly TokenProjection[] {
  return (spec?.volumes ?? []).flatMap(({ projected }) =>
    (projected?.sources ?? []).flatMap(({ serviceAccountToken }) => serviceAccountToken ?? []),
  );
}

function keyOf({ audience = "", expirationSeconds = DEFAULT_SECONDS }: TokenProjection): string {
  return `${expirationSeconds} ${audience}`;
}
