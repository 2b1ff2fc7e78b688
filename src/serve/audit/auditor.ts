import { AUDIT_LEVELS, type AuditPolicy, auditDecision } from "#api/audit/policy.ts";
import type { Clock } from "#lib/clock.ts";
import { jsonText } from "#lib/json-text.ts";
import type { Cell, Metrics } from "#lib/metrics.ts";
import { type Received, RequestAudit } from "./request-audit.ts";

/** Where events go, a line each. */
export interface AuditSink {
  /** False where there is no room for it: nobody waits. */
  write(line: string): boolean;
}

interface AuditorOptions {
  readonly policy: AuditPolicy;
  readonly sink: AuditSink;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** Keeps of each request what the policy says. */
export class Auditor {
  readonly #options: AuditorOptions;
  readonly #levels: ReadonlyMap<string, Cell>;
  readonly #events: Cell;
  readonly #lost: Cell;

  constructor(options: AuditorOptions) {
    const { metrics } = options;
    this.#options = options;
    const levels = metrics.counter({
      name: "apiserver_audit_level_total",
      help: "Requests by the level of what is kept of them.",
    });
    this.#levels = new Map(AUDIT_LEVELS.map((level) => [level, levels({ level })]));
    this.#events = metrics.counter({
      name: "apiserver_audit_event_total",
      help: "Events that were sent to the audit log.",
    })({});
    this.#lost = metrics.counter({
      name: "apiserver_audit_error_total",
      help: "Events that the audit log had no room for, or could not write.",
    })({ plugin: "log" });
  }

  /** Begins the record of a request; `undefined` where nothing is kept of it. */
  begin(received: Omit<Received, "receivedAt">): RequestAudit | undefined {
    const { policy, clock } = this.#options;
    const { access, sender } = received;
    const decision = auditDecision(policy, { access, user: sender.user });
    const count = this.#levels.get(decision.level);
    if (count) count.value += 1;
    if (decision.level === "None") return undefined;
    return new RequestAudit({
      ...received,
      decision,
      receivedAt: clock.now(),
      now: () => clock.now(),
      monotonicMs: () => clock.monotonicMs(),
      write: (event) => this.#write(event),
    });
  }

  #write(event: object): void {
    this.#events.value += 1;
    if (!this.#options.sink.write(jsonText(event))) this.#lost.value += 1;
  }
}
