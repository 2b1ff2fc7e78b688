import { explain } from "#lib/errors.ts";
import type { Logger } from "#lib/log.ts";
import type { Message } from "./message.ts";

/** Kinds of messages that are remembered; what comes then is not logged. */
const LIMIT = 1_000;

/** Logs what a module does not understand: once per source, operation and resource type. */
export class Complaints {
  readonly #log: Logger;
  readonly #made = new Set<string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  about({ route }: Message, error: unknown): void {
    const { source, operation, resource = "" } = route;
    const [, type] = resource.split("/");
    const kind = `${source}/${operation}/${type}`;
    if (this.#made.has(kind) || this.#made.size >= LIMIT) return;
    this.#made.add(kind);
    const reason = explain(error);
    this.#log.warn("A message was refused", { source, operation, resource, reason });
  }
}
