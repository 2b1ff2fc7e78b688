import { unauthorized } from "#api/status.ts";
import type { UserInfo } from "#api/verbs.ts";
import type { ApiOptions, Connection } from "./api-options.ts";
import type { Call } from "./call.ts";
import { PathTable } from "./request-path.ts";

/** A call, and the warnings that came up while it was answered. */
export interface OpenCall {
  readonly call: Call;
  readonly warnings: ReadonlySet<string>;
}

/** Makes calls of requests. */
export class Calls {
  readonly #options: Pick<ApiOptions, "authenticate" | "verbs" | "clock">;
  readonly #paths: PathTable;

  constructor(options: Pick<ApiOptions, "authenticate" | "verbs" | "clock" | "catalog">) {
    this.#options = options;
    this.#paths = new PathTable(options.catalog);
  }

  /** @throws StatusError 401 for a request of nobody we know. */
  userOf(request: Request, { peer }: Connection): UserInfo {
    const user = peer ?? this.#options.authenticate(request.headers);
    if (user === undefined) throw unauthorized();
    return user;
  }

  /**
   * The call that a request is; `undefined` when its path is below nothing that is served.
   * @throws StatusError 404 for an unknown resource.
   */
  open(
    request: Request,
    { url, user, connection }: { url: URL; user: UserInfo; connection: Connection },
  ): OpenCall | undefined {
    const path = this.#paths.parse(url.pathname);
    if (path === undefined) return undefined;
    const { verbs, clock } = this.#options;
    const warnings = new Set<string>();
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
}

/** RFC 7234 `Warning` values, as kubectl prints them. */
export function addWarnings(response: Response, warnings: ReadonlySet<string>): void {
  for (const text of warnings) {
    const quoted = text.replaceAll(/[\r\n]+/g, " ").replaceAll(/[\\"]/g, String.raw`\$&`);
    response.headers.append("Warning", `299 - "${quoted}"`);
  }
}
