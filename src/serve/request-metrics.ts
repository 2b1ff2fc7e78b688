import type { Cell, Metrics, Series } from "#lib/metrics.ts";
import { HEALTH_PATHS } from "./health-paths.ts";
import { flag } from "./query.ts";
import type { ResourcePath } from "./request-path.ts";

/** apiserver `apiserver_request_duration_seconds`. */
const SECONDS = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45,
  60,
];
/** What a turn of the event loop may be late. */
const LAG_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];
/** The event loop is not looked at more often, and only while there are requests. */
const LAG_EVERY_MS = 100;

/** A request that was answered. */
export interface Answered {
  readonly request: Request;
  /** What it was about, where that is a resource. */
  readonly path: ResourcePath | undefined;
  readonly status: number;
  readonly seconds: number;
}

/** The apiserver's numbers about requests. */
export class RequestMetrics {
  readonly #total: (labels: Record<string, string>) => Cell;
  readonly #seconds: (labels: Record<string, string>) => Series;
  readonly #lag: Series;
  /** What was counted before: a request costs a look-up. */
  readonly #known = new Map<
    string,
    { readonly total: Cell; readonly seconds: Series | undefined }
  >();
  #lagLookedAtMs = 0;

  constructor(metrics: Metrics) {
    this.#total = metrics.counter({
      name: "apiserver_request_total",
      help: "Requests by verb, what they are about, and HTTP response code.",
    });
    this.#seconds = metrics.histogram({
      name: "apiserver_request_duration_seconds",
      help: "Time until the answer, in seconds, by verb and what requests are about.",
      bounds: SECONDS,
    });
    this.#lag = metrics.histogram({
      name: "edgesite_eventloop_lag_seconds",
      help: "How late the event loop is, looked at while there are requests.",
      bounds: LAG_SECONDS,
    })({});
  }

  answered({ request, path, status, seconds }: Answered): void {
    const { resource, subresource = healthPath(request, path) } = path ?? {};
    const verb = verbOf(request, path);
    const scope = path === undefined ? "" : scopeOf(request, path);
    const dryRun = request.url.includes("dryRun=All") ? "All" : "";
    const about = resource ? `${resource.group}/${resource.version}/${resource.plural}` : "";
    const key = `${verb} ${about}/${subresource} ${scope} ${dryRun} ${status}`;
    let known = this.#known.get(key);
    if (known === undefined) {
      const labels = {
        ...{
          verb,
          dry_run: dryRun,
          group: resource?.group ?? "",
          version: resource?.version ?? "",
        },
        ...{ resource: resource?.plural ?? "", subresource, scope },
        component: resource === undefined ? "" : "apiserver",
      };
      // How long a watch lasts says nothing.
      const timed = verb === "WATCH" || verb === "CONNECT" ? undefined : this.#seconds(labels);
      known = { total: this.#total({ ...labels, code: String(status) }), seconds: timed };
      this.#known.set(key, known);
    }
    known.total.value += 1;
    known.seconds?.observe(seconds);
    this.#lookAtLag();
  }

  #lookAtLag(): void {
    const fromMs = performance.now();
    if (fromMs - this.#lagLookedAtMs < LAG_EVERY_MS) return;
    this.#lagLookedAtMs = fromMs;
    setTimeout(() => this.#lag.observe((performance.now() - fromMs) / 1000), 0);
  }
}

const STREAMS: ReadonlySet<string> = new Set(["attach", "exec", "portforward", "proxy"]);
const METHODS: ReadonlySet<string> = new Set(["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"]);

/** Upstream counts health endpoints as if they were subresources of nothing. */
function healthPath({ url }: Request, path: ResourcePath | undefined): string {
  if (path !== undefined || !url.includes("z")) return "";
  const { pathname } = new URL(url);
  return HEALTH_PATHS.some((one) => pathname === `/${one}`) ? pathname : "";
}

/** apiserver `canonicalVerb` and `cleanVerb`. */
function verbOf(request: Request, path: ResourcePath | undefined): string {
  const { method } = request;
  if (!METHODS.has(method)) return "other";
  if (path === undefined) return method;
  if (STREAMS.has(path.subresource ?? "")) return "CONNECT";
  if (method === "PATCH") {
    const isApply = request.headers.get("content-type")?.startsWith("application/apply-patch");
    return isApply ? "APPLY" : "PATCH";
  }
  if (method === "DELETE" && path.name === undefined) return "DELETECOLLECTION";
  if (method !== "GET" || path.subresource !== undefined) return method;
  if (isWatch(request, path)) return "WATCH";
  return path.name === undefined ? "LIST" : "GET";
}

/** Whether a request for a resource goes on for as long as the client likes. */
export function isWatch(request: Request, path: ResourcePath): boolean {
  if (path.watch) return true;
  if (path.name !== undefined) return false;
  return request.url.includes("watch=") && flag(new URL(request.url).searchParams, "watch");
}

/** apiserver `CleanScope` */
function scopeOf({ method }: Request, { resource, name, namespace }: ResourcePath): string {
  if (name !== undefined || method === "POST") return "resource";
  return resource.namespaced && namespace !== "" ? "namespace" : "cluster";
}
