import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Backend } from "./backend.ts";

/** How long a connection is kept that nobody uses (Go's `http.DefaultTransport`). */
const IDLE_MS = 90_000;
/** Of one backend; more than that are closed after their request. */
const MAX_IDLE = 8;

/**
 * Connections to backends that were used and may be again. One that shows a certificate, or asks
 * for one, serves only requests that show and ask for the same. They keep no process alive.
 */
export class KeptConnections {
  readonly #plain = new HttpAgent(OPTIONS);
  readonly #tls = new HttpsAgent(OPTIONS);

  /** Where a request to a backend gets its connection from. */
  agentFor({ tls }: Backend): HttpAgent {
    return tls === undefined ? this.#plain : this.#tls;
  }
}

const OPTIONS = { keepAlive: true, maxFreeSockets: MAX_IDLE, timeout: IDLE_MS };
