import type { Access } from "#api/access.ts";
import { AccessRefused } from "#api/access-refused.ts";
import type { Sender } from "#api/sender.ts";
import { hasReason } from "#api/status.ts";
import type { UserInfo } from "#api/verbs.ts";
import type { Cell } from "#lib/metrics.ts";
import type { ApiOptions, Connection } from "./api-options.ts";
import type { RequestAudit } from "./audit/request-audit.ts";
import type { Call } from "./call.ts";
import { impersonated } from "./impersonation.ts";
import { accessOfResource, accessOfUnknown, type Wish } from "./request-access.ts";
import { isProxy, isStream, PathTable, type ResourcePath } from "./request-path.ts";
import { withProtocolToken } from "./streams/handshake.ts";

/** A call, and the warnings that came up while it was answered. */
export interface OpenCall {
  readonly call: Call;
  readonly warnings: ReadonlySet<string>;
}

type CallsOptions = Pick<
  ApiOptions,
  "authenticate" | "authorize" | "audit" | "verbs" | "clock" | "metrics"
>;

/** Who asks for what. */
export interface Asking {
  readonly url: URL;
  readonly user: UserInfo;
  readonly audit: RequestAudit | undefined;
}

/** Somebody who did not say who he is. */
const ANONYMOUS: UserInfo = { name: "system:anonymous", groups: ["system:unauthenticated"] };
const DECISION = "authorization.k8s.io/decision";
const REASON = "authorization.k8s.io/reason";
const DEPRECATED = "k8s.io/deprecated";
/** One that a client made is kept, where it is as long as one of ours at most (apiserver `WithAuditInit`). */
const AUDIT_ID = /^[!-~]{1,64}$/;

/** The name of a request in the audit log, and in its answer. */
export function auditId({ headers }: Request): string {
  const given = headers.get("audit-id") ?? "";
  return AUDIT_ID.test(given) ? given : crypto.randomUUID();
}

/** Makes calls of requests that may be made. */
export class Calls {
  readonly #options: CallsOptions;
  readonly #paths: PathTable;

  readonly #known: Cell;
  readonly #unknown: Cell;
  readonly #allowed: Cell;
  readonly #denied: Cell;

  constructor(options: CallsOptions & Pick<ApiOptions, "catalog">) {
    this.#options = options;
    this.#paths = new PathTable(options.catalog);
    const { metrics } = options;
    const attempts = metrics.counter({
      name: "authentication_attempts",
      help: "Requests by whether their sender proved to be somebody.",
    });
    this.#known = attempts({ result: "success" });
    this.#unknown = attempts({ result: "failure" });
    const decisions = metrics.counter({
      name: "authorization_attempts_total",
      help: "What requests wanted, by whether their sender may.",
    });
    this.#allowed = decisions({ result: "allowed" });
    this.#denied = decisions({ result: "denied" });
  }

  /** Who sent a request. */
  senderOf(request: Request, connection: Connection): Sender {
    const { clock } = this.#options;
    const fromMs = clock.monotonicMs();
    const shown = this.#shownBy(request, connection);
    const sender = { ...shown, tookMs: clock.monotonicMs() - fromMs };
    const counted = sender.user === undefined ? this.#unknown : this.#known;
    counted.value += 1;
    return sender;
  }

  /** Who sent a request that everybody may make. */
  visitorOf(request: Request, connection: Connection): Sender {
    return { user: ANONYMOUS, ...this.#shownBy(request, connection) };
  }

  #shownBy(request: Request, { peer }: Connection): Sender {
    if (peer !== undefined && peer !== "untrusted") return { user: peer };
    return this.#options.authenticate(withProtocolToken(request));
  }

  /** As whom a sender is heard. @throws StatusError 403 where he may not be that. */
  userOf(request: Request, sender: UserInfo, audit: RequestAudit | undefined): UserInfo {
    const access = (): Access => this.#accessOfRequest(request);
    const asked = { user: sender, headers: request.headers, access };
    const play = (): UserInfo => impersonated(asked, this.#options.authorize);
    const user = audit?.timed("impersonation", play) ?? play();
    if (user !== sender) audit?.playedBy(user);
    return user;
  }

  /** Begins the record of a request, where one is kept. */
  record(
    request: Request,
    { sender, address }: { readonly sender: Sender; readonly address?: string | undefined },
  ): RequestAudit | undefined {
    const { audit } = this.#options;
    if (audit === undefined) return undefined;
    const access = this.#accessOfRequest(request);
    return audit.begin({ id: auditId(request), request, access, sender, address });
  }

  /** @throws StatusError 403 for a path that another server answers, where the user may not ask for it. */
  authorizeRemote(request: Request, { url, user, audit }: Asking): void {
    this.#authorize(accessOfUnknown({ method: request.method, url }), { user, audit });
  }

  /** @throws StatusError 403 for a path of no resource that the user may not read. */
  authorizePath(request: Request, { url, user, audit }: Asking): void {
    const access = { verb: request.method.toLowerCase(), path: url.pathname };
    this.#authorize(access, { user, audit });
  }

  /**
   * The call that a request is; `undefined` when its path is below nothing that is served.
   * @throws StatusError 403 when the user may not do it; 404 for an unknown resource.
   */
  open(
    request: Request,
    { url, user, audit, connection }: Asking & { readonly connection: Connection },
  ): OpenCall | undefined {
    const { verbs, clock } = this.#options;
    const wish = { method: request.method, url };
    const path = this.#pathOf(wish, { user, audit });
    if (path === undefined) return undefined;
    for (const access of accessesOf(path, wish)) this.#authorize(access, { user, audit });
    const { deprecationWarning } = path.resource;
    if (deprecationWarning !== undefined) audit?.annotate(DEPRECATED, "true");
    const warnings = new Set(deprecationWarning === undefined ? [] : [deprecationWarning]);
    const call: Call = {
      request,
      query: url.searchParams,
      path,
      user,
      verbs: verbs(user),
      clock,
      stopping: connection.stopping,
      audit,
      warn: (text) => void warnings.add(text),
    };
    return { call, warnings };
  }

  /** True for a path whose requests are handed on to what an object stands for. */
  isProxied({ pathname }: URL): boolean {
    try {
      const path = this.#paths.parse(pathname);
      return path !== undefined && isProxy(path);
    } catch {
      return false;
    }
  }

  /** What does not exist is a secret to those who may not ask for it. */
  #pathOf(wish: Wish, who: Omit<Asking, "url">): ResourcePath | undefined {
    try {
      const path = this.#paths.parse(wish.url.pathname);
      if (path === undefined) this.#authorize(accessOfUnknown(wish), who);
      return path;
    } catch (error) {
      if (hasReason(error, "NotFound")) this.#authorize(accessOfUnknown(wish), who);
      throw error;
    }
  }

  #authorize(access: Access, { user, audit }: Omit<Asking, "url">): void {
    try {
      const decide = (): string => this.#options.authorize(user, access);
      const reason = audit?.timed("authorization", decide) ?? decide();
      this.#allowed.value += 1;
      audit?.annotate(DECISION, "allow");
      audit?.annotate(REASON, reason);
    } catch (error) {
      this.#denied.value += 1;
      audit?.annotate(DECISION, "forbid");
      audit?.annotate(REASON, error instanceof AccessRefused ? error.why : "");
      throw error;
    }
  }

  /** What a request is about, whether or not that is there. */
  #accessOfRequest({ method, url }: Request): Access {
    const wish = { method, url: new URL(url) };
    try {
      const path = this.#paths.parse(wish.url.pathname);
      if (path !== undefined) return accessOfResource(path, wish);
    } catch {
      // What is wrong with it is told to those who may ask.
    }
    return accessOfUnknown(wish);
  }
}

/** A stream over a WebSocket begins as a GET and does what a POST does: it takes the rights of both. */
function accessesOf(path: ResourcePath, wish: Wish): readonly Access[] {
  const access = accessOfResource(path, wish);
  if (!isStream(path) || access.verb !== "get") return [access];
  return [access, { ...access, verb: "create" }];
}
