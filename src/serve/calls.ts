import type { Access } from "#api/access.ts";
import { hasReason, unauthorized } from "#api/status.ts";
import type { UserInfo } from "#api/verbs.ts";
import type { ApiOptions, Connection } from "./api-options.ts";
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

type CallsOptions = Pick<ApiOptions, "authenticate" | "authorize" | "verbs" | "clock">;

/** Makes calls of requests that may be made. */
export class Calls {
  readonly #options: CallsOptions;
  readonly #paths: PathTable;

  constructor(options: CallsOptions & Pick<ApiOptions, "catalog">) {
    this.#options = options;
    this.#paths = new PathTable(options.catalog);
  }

  /** @throws StatusError 401 for a request of nobody we know, 403 for one who may not be whom he plays. */
  userOf(request: Request, { peer }: Connection): UserInfo {
    const { authenticate, authorize } = this.#options;
    const known = peer === "untrusted" ? undefined : peer;
    const user = known ?? authenticate(withProtocolToken(request));
    if (user === undefined) throw unauthorized();
    return impersonated(user, request.headers, authorize);
  }

  /** @throws StatusError 403 for a path of no resource that the user may not read. */
  authorizePath(request: Request, { url, user }: { url: URL; user: UserInfo }): void {
    this.#options.authorize(user, { verb: request.method.toLowerCase(), path: url.pathname });
  }

  /**
   * The call that a request is; `undefined` when its path is below nothing that is served.
   * @throws StatusError 403 when the user may not do it; 404 for an unknown resource.
   */
  open(
    request: Request,
    { url, user, connection }: { url: URL; user: UserInfo; connection: Connection },
  ): OpenCall | undefined {
    const { authorize, verbs, clock } = this.#options;
    const wish = { method: request.method, url };
    const path = this.#pathOf(wish, user);
    if (path === undefined) return undefined;
    for (const access of accessesOf(path, wish)) authorize(user, access);
    const { deprecationWarning } = path.resource;
    const warnings = new Set(deprecationWarning === undefined ? [] : [deprecationWarning]);
    const call: Call = {
      request,
      query: url.searchParams,
      path,
      user,
      verbs: verbs(user),
      clock,
      stopping: connection.stopping,
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
  #pathOf(wish: Wish, user: UserInfo): ResourcePath | undefined {
    try {
      const path = this.#paths.parse(wish.url.pathname);
      if (path === undefined) this.#options.authorize(user, accessOfUnknown(wish));
      return path;
    } catch (error) {
      if (hasReason(error, "NotFound")) this.#options.authorize(user, accessOfUnknown(wish));
      throw error;
    }
  }
}

/** A stream over a WebSocket begins as a GET and does what a POST does: it takes the rights of both. */
function accessesOf(path: ResourcePath, wish: Wish): readonly Access[] {
  const access = accessOfResource(path, wish);
  if (!isStream(path) || access.verb !== "get") return [access];
  return [access, { ...access, verb: "create" }];
}
