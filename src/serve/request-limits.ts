import { badRequest, StatusError } from "#api/status.ts";
import type { UserInfo } from "#api/verbs.ts";
import type { Metrics } from "#lib/metrics.ts";
import type { Timer } from "#lib/timer.ts";
import { isWatch } from "./request-metrics.ts";
import type { ResourcePath } from "./request-path.ts";

/** apiserver's `--max-requests-inflight`, `--max-mutating-requests-inflight`, `--request-timeout`. */
export interface Limits {
  readonly readOnly: number;
  readonly mutating: number;
  readonly timeoutMs: number;
}

export const DEFAULT_LIMITS: Limits = { readOnly: 400, mutating: 200, timeoutMs: 60_000 };

/** How exactly a request is ended whose time is up. */
const TICK_MS = 250;

const SUPERUSERS = "system:masters";
const LONG: ReadonlySet<string> = new Set(["attach", "exec", "log", "portforward", "proxy"]);

/** True for requests that go on for as long as the client likes. */
export function isLong(request: Request, path: ResourcePath): boolean {
  return LONG.has(path.subresource ?? "") || isWatch(request, path);
}

interface Limited {
  readonly request: Request;
  readonly path: ResourcePath;
  readonly user: UserInfo;
}

interface Running {
  readonly deadlineMs: number;
  readonly expire: () => void;
}

/**
 * Keeps a burst of requests from taking all memory, and a request from waiting for ever. Those that
 * are long by nature do not count; superusers are always let in, as by the apiserver.
 */
export class RequestLimits {
  readonly #limits: Limits;
  readonly #timer: Timer;
  readonly #nowMs: () => number;
  readonly #inFlight = { readOnly: 0, mutating: 0 };
  readonly #dropped = { readOnly: 0, mutating: 0 };
  readonly #running = new Set<Running>();
  /** Calls the alarm off that is set while anything runs. */
  #quiet: (() => void) | undefined;

  constructor(
    limits: Limits,
    { timer, nowMs, metrics }: { timer: Timer; nowMs: () => number; metrics: Metrics },
  ) {
    this.#limits = limits;
    this.#timer = timer;
    this.#nowMs = nowMs;
    const kinds = ["mutating", "readOnly"] as const;
    metrics.read(
      {
        type: "gauge",
        name: "apiserver_current_inflight_requests",
        help: "Requests that are worked on now, without those that are long by nature.",
      },
      () => kinds.map((kind) => [{ request_kind: kind }, this.#inFlight[kind]]),
    );
    metrics.read(
      {
        type: "counter",
        name: "apiserver_dropped_requests_total",
        help: "Requests that were turned away because too many were worked on.",
      },
      () => kinds.map((kind) => [{ request_kind: kind }, this.#dropped[kind]]),
    );
  }

  /**
   * Answers with `work`, with 429 when too much is worked on already, or with 504 when it takes
   * too long; the work itself goes on then.
   * @throws {StatusError} 400 for a time limit in the URL that is none, 504.
   */
  async run(limited: Limited, work: () => Promise<Response>): Promise<Response> {
    const { request, path, user } = limited;
    if (isLong(request, path)) return await work();
    const kind = request.method === "GET" || request.method === "HEAD" ? "readOnly" : "mutating";
    const timeoutMs = this.#timeoutMs(request);
    if (this.#inFlight[kind] >= this.#limits[kind] && !user.groups.includes(SUPERUSERS)) {
      this.#dropped[kind] += 1;
      return tooManyRequests();
    }
    this.#inFlight[kind] += 1;
    const working = work().finally(() => {
      this.#inFlight[kind] -= 1;
    });
    return await this.#inTime(working, timeoutMs);
  }

  async #inTime(working: Promise<Response>, timeoutMs: number): Promise<Response> {
    const answer = Promise.withResolvers<Response>();
    const running = {
      deadlineMs: this.#nowMs() + timeoutMs,
      expire: () => answer.reject(timedOut()),
    };
    this.#running.add(running);
    this.#tick();
    working.then(answer.resolve, answer.reject);
    try {
      return await answer.promise;
    } finally {
      this.#running.delete(running);
      if (this.#running.size === 0) {
        this.#quiet?.();
        this.#quiet = undefined;
      }
    }
  }

  /** One alarm for all. */
  #tick(): void {
    this.#quiet ??= this.#timer.after(TICK_MS, () => {
      this.#quiet = undefined;
      const nowMs = this.#nowMs();
      for (const { deadlineMs, expire } of this.#running) if (deadlineMs <= nowMs) expire();
      if (this.#running.size > 0) this.#tick();
    });
  }

  #timeoutMs({ url }: Request): number {
    const { timeoutMs } = this.#limits;
    if (!url.includes("timeout=")) return timeoutMs;
    const asked = new URL(url).searchParams.get("timeout") ?? "";
    if (asked === "") return timeoutMs;
    const ms = millisecondsOf(asked);
    if (ms === undefined) throw badRequest("invalid timeout specified in the request URL");
    return ms === 0 ? timeoutMs : Math.min(timeoutMs, ms);
  }
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Go's `time.ParseDuration`, for what is not negative. */
function millisecondsOf(text: string): number | undefined {
  if (text === "0") return 0;
  if (!/^\+?((\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, number = "", unit = ""] of text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)) {
    sum += Number(number) * (UNITS[unit] ?? 0);
  }
  return sum;
}

/** apiserver `tooManyRequests`: text, not a Status. */
function tooManyRequests(): Response {
  return new Response("Too many requests, please try again later.\n", {
    status: 429,
    headers: {
      "Content-Type": "text/plain; charset=utf-8",
      "Retry-After": "1",
      "X-Content-Type-Options": "nosniff",
    },
  });
}

function timedOut(): StatusError {
  return new StatusError("Timeout: request did not complete within the allotted timeout", {
    code: 504,
    reason: "Timeout",
    details: {},
  });
}
