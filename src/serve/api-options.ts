import type { Access } from "#api/access.ts";
import type { Catalog } from "#api/catalog.ts";
import type { NodeStreams } from "#api/node-streams.ts";
import type { Sender } from "#api/sender.ts";
import type { UserInfo, Verbs } from "#api/verbs.ts";
import type { Clock } from "#lib/clock.ts";
import type { Logger } from "#lib/log.ts";
import type { Metrics } from "#lib/metrics.ts";
import type { Timer } from "#lib/timer.ts";
import type { Aggregation } from "./aggregation.ts";
import type { Auditor } from "./audit/auditor.ts";
import type { Limits } from "./request-limits.ts";
import type { StreamCall } from "./stream-call.ts";
import type { Upgrade } from "./streams/stream-socket.ts";

/** What `/version` answers; kubectl reads `major`, `minor` and a semantic `gitVersion`. */
export interface VersionInfo {
  readonly major: string;
  readonly minor: string;
  readonly gitVersion: string;
  readonly gitCommit: string;
  readonly gitTreeState: string;
  readonly buildDate: string;
  readonly goVersion: string;
  readonly compiler: string;
  readonly platform: string;
}

/** One line of `/readyz?verbose`. */
export interface HealthCheck {
  readonly name: string;
  /** True for checks that say whether the process must be restarted: they are part of `/livez` too. */
  readonly live: boolean;
  /** The reason why it is not healthy, for the log; `undefined` when it is. */
  failure(): string | undefined;
  /** What everybody may read beside `ok`, where something is worth a word and fails nothing. */
  note?(): string | undefined;
}

/** The user that a client certificate proves; one that proves nothing is held against its bearer. */
export type Peer = UserInfo | "untrusted";

/** What the connection tells about a request beside its bytes. */
export interface Connection {
  /** Whom the client's certificate stands for, if it showed one. */
  readonly peer?: Peer;
  /** Where the client is, if that is told. */
  readonly address?: string;
  /** Passed through to `openStream`, which may upgrade the request on it. */
  readonly server?: Bun.Server<unknown>;
  /** Aborts when the server begins to stop: what would go on for ever ends. */
  readonly stopping?: AbortSignal;
  /**
   * The same answer, its head sent at once though its body may be long in coming, and quiet for
   * hours. Absent where the server sends a head with its body only.
   */
  readonly headFirst?: (answer: Response) => Response;
}

/** Texts that are the same for all who may read them, by path. */
export type Documents = Readonly<Record<string, { readonly type: string; readonly text: string }>>;

export interface ApiOptions {
  /** What is served. */
  readonly catalog: Catalog;
  readonly version: VersionInfo;
  readonly checks: readonly HealthCheck[];
  readonly nodeStreams: NodeStreams;
  readonly log: Logger;
  readonly clock: Clock;
  readonly timer: Timer;
  /** Where requests are counted; what `/metrics` answers. */
  readonly metrics: Metrics;
  /** Default: the apiserver's. */
  readonly limits?: Limits;
  /** The API as one user who may do what he asks for: see `authorize`. */
  verbs(user: UserInfo): Verbs;
  /**
   * Lets through who may do it, and says why he may; called for every request before anything of it
   * is read. The reason may be `""`.
   * @throws StatusError 403.
   */
  authorize(user: UserInfo, access: Access): string;
  /** Keeps a record of requests. Default: nobody does. */
  readonly audit?: Auditor;
  /** What other servers serve below this one. Default: nothing. */
  readonly aggregation?: Aggregation;
  /** What else is served, by path. */
  readonly documents?: Documents;
  /** Who sent these headers. */
  authenticate(headers: Headers): Sender;
  /** Speaks exec, attach and port-forward on a request that asks for an upgrade. */
  openStream(call: StreamCall, connection: Connection): Promise<Response>;
}

/** The HTTP API, without a listener. */
export interface Api {
  /** Answers every request; never rejects. */
  fetch(request: Request, connection?: Connection): Promise<Response>;
  /**
   * Checks an exec, attach or port-forward request that arrived outside `fetch`, on a raw socket.
   * @throws {StatusError} what should be answered instead of switching protocols.
   */
  resolveStream(request: Request, connection?: Connection): Promise<StreamCall>;
  /**
   * Hands a request for another protocol on, where its path is proxied to another server;
   * `undefined` where it is not.
   * @throws {StatusError} what should be answered instead of switching protocols.
   */
  upgradeProxied(
    request: Request,
    connection?: Connection,
  ): Promise<Upgrade | Response | undefined>;
  /** The answer for what `resolveStream` or `upgradeProxied` threw. */
  errorResponse(error: unknown): Response;
}
