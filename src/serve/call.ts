import type { UserInfo, Verbs } from "#api/verbs.ts";
import type { Clock } from "#lib/clock.ts";
import type { RequestAudit } from "./audit/request-audit.ts";
import type { ResourcePath } from "./request-path.ts";

/** One authenticated request about a resource. */
export interface Call {
  readonly request: Request;
  readonly query: URLSearchParams;
  readonly path: ResourcePath;
  readonly user: UserInfo;
  readonly verbs: Verbs;
  readonly clock: Clock;
  /** See `Connection.stopping`. */
  readonly stopping?: AbortSignal | undefined;
  /** Where the request is recorded, if it is. */
  readonly audit?: RequestAudit | undefined;
  /** Adds a `Warning` header to the answer. */
  warn(text: string): void;
}

/** A verb on HTTP: everything it throws becomes the answer. */
export type Handler = (call: Call) => Promise<Response>;
