import type { Logger } from "#lib/log.ts";
import { type Cell, type Labels, Metrics } from "#lib/metrics.ts";
import type { HealthCheck } from "./api-options.ts";
import { HEALTH_PATHS, type HealthPath } from "./health-paths.ts";

const TEXT = { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" };

interface HealthRequest {
  readonly path: HealthPath;
  readonly query: URLSearchParams;
  /** Aborts when the server begins to stop. */
  readonly stopping?: AbortSignal | undefined;
}

const PING: HealthCheck = { name: "ping", live: true, failure: () => undefined };

/** A server that stops still answers, and wants no new clients. */
const shutdown = (stopping: AbortSignal | undefined): HealthCheck => ({
  name: "shutdown",
  live: false,
  failure: () => (stopping?.aborted ? "process is shutting down" : undefined),
});

/**
 * `/livez`, `/readyz` and `/healthz`, and their single checks (apiserver `healthz`). Why a check
 * fails goes to the log and to those who may read that check, not to everybody.
 */
export class Health {
  readonly #checks: readonly HealthCheck[];
  readonly #log: Logger;
  /** Endpoint → the checks that failed when it was last asked: a failure is logged as it comes. */
  readonly #failing = new Map<HealthPath, string>();

  /** What checks found when they were asked, by endpoint: what `/metrics/slis` answers. */
  readonly slis = new Metrics();
  readonly #found = new Map<string, readonly [labels: Labels, value: 0 | 1]>();
  readonly #total: (labels: Labels) => Cell;

  constructor(checks: readonly HealthCheck[], log: Logger) {
    this.#checks = [PING, ...checks];
    this.#log = log;
    this.slis.read(
      {
        type: "gauge",
        name: "kubernetes_healthcheck",
        help: "The result of a single healthcheck: 1 where it passed.",
      },
      () => this.#found.values(),
    );
    this.#total = this.slis.counter({
      name: "kubernetes_healthchecks_total",
      help: "The results of all healthchecks.",
    });
  }

  /** The answer to a whole endpoint. */
  all({ path, query, stopping }: HealthRequest): Response {
    const excluded = new Set(query.getAll("exclude"));
    const lines: string[] = [];
    const failed: string[] = [];
    for (const { name, failure, note } of this.#of(path, stopping)) {
      if (excluded.delete(name)) {
        lines.push(`[+]${name} excluded: ok`);
        continue;
      }
      const reason = failure();
      this.#note({ name, type: path }, reason === undefined);
      if (reason !== undefined) {
        failed.push(`${name}: ${reason}`);
        lines.push(`[-]${name} failed: reason withheld`);
      } else {
        const remark = note?.();
        lines.push(remark === undefined ? `[+]${name} ok` : `[+]${name} ok: ${remark}`);
      }
    }
    if (excluded.size > 0) {
      const names = [...excluded].sort().map((name) => JSON.stringify(name));
      lines.push(`warn: some health checks cannot be excluded: no matches for ${names.join(",")}`);
    }
    // Whoever asks for less than all learns of less: that is no change.
    if (!query.has("exclude")) this.#tell(path, failed.join("; "));
    if (failed.length > 0) return text(`${lines.join("\n")}\n${path} check failed\n`, 500);
    if (query.has("verbose")) return text(`${lines.join("\n")}\n${path} check passed\n`, 200);
    return text("ok", 200);
  }

  /** The answer to one check alone, `/readyz/database`; undefined when there is no such check. */
  one({ path, stopping }: Omit<HealthRequest, "query">, name: string): Response | undefined {
    const check = this.#of(path, stopping).find((one) => one.name === name);
    if (check === undefined) return undefined;
    const reason = check.failure();
    return reason === undefined ? text("ok", 200) : text(`internal server error: ${reason}\n`, 500);
  }

  /** Paths of all checks: `/livez/ping`. */
  get paths(): readonly string[] {
    return HEALTH_PATHS.flatMap((path) => this.#of(path).map(({ name }) => `/${path}/${name}`));
  }

  #note(check: { readonly name: string; readonly type: HealthPath }, passed: boolean): void {
    this.#found.set(`${check.type}/${check.name}`, [check, passed ? 1 : 0]);
    const { name, type } = check;
    this.#total({ name, status: passed ? "success" : "error", type }).value += 1;
  }

  #of(path: HealthPath, stopping?: AbortSignal): readonly HealthCheck[] {
    const checks = this.#checks.filter(({ live }) => path !== "livez" || live);
    return path === "readyz" ? [...checks, shutdown(stopping)] : checks;
  }

  #tell(path: HealthPath, failing: string): void {
    if (failing === (this.#failing.get(path) ?? "")) return;
    this.#failing.set(path, failing);
    if (failing === "") this.#log.info("Healthy again", { endpoint: path });
    else this.#log.warn("Health checks fail", { endpoint: path, failing });
  }
}

function text(body: string, status: number): Response {
  return new Response(body, { status, headers: TEXT });
}
