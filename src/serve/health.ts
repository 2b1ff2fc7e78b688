import type { Logger } from "#lib/log.ts";
import type { HealthCheck } from "./api-options.ts";

const TEXT = { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" };

export type HealthPath = "healthz" | "livez" | "readyz";

interface HealthRequest {
  readonly path: HealthPath;
  /** One check alone: `/readyz/db`. */
  readonly name?: string;
  readonly query: URLSearchParams;
}

/** `/livez`, `/readyz`, `/healthz` and their single checks. Reasons go to the log, not to the client. */
export class Health {
  readonly #checks: readonly HealthCheck[];
  readonly #log: Logger;

  constructor(checks: readonly HealthCheck[], log: Logger) {
    this.#checks = [{ name: "ping", live: true, failure: () => undefined }, ...checks];
    this.#log = log;
  }

  answer({ path, name, query }: HealthRequest): Response {
    const excluded = query.getAll("exclude");
    const checks = this.#checks.filter(
      (check) =>
        (path !== "livez" || check.live) &&
        (name === undefined ? !excluded.includes(check.name) : check.name === name),
    );
    if (name !== undefined && checks.length === 0) return text("404 page not found\n", 404);
    const lines: string[] = [];
    let failed = false;
    for (const check of checks) {
      const reason = check.failure();
      if (reason !== undefined) {
        failed = true;
        this.#log.debug("A health check failed", { check: check.name, reason });
      }
      lines.push(
        reason === undefined ? `[+]${check.name} ok` : `[-]${check.name} failed: reason withheld`,
      );
    }
    if (failed) return text(`${lines.join("\n")}\n${path} check failed\n`, 500);
    if (query.has("verbose")) return text(`${lines.join("\n")}\n${path} check passed\n`, 200);
    return text("ok", 200);
  }
}

function text(body: string, status: number): Response {
  return new Response(body, { status, headers: TEXT });
}
