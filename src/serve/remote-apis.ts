import { hasReason } from "#api/status.ts";
import type { UserInfo } from "#api/verbs.ts";
import type { Aggregation } from "./aggregation.ts";
import { forward } from "./proxy/forward.ts";
import { KeptConnections } from "./proxy/kept-connections.ts";
import { tunnel } from "./proxy/tunnel.ts";
import type { Upgrade } from "./streams/stream-socket.ts";

interface Handed {
  readonly user: UserInfo;
  /** See `Connection.stopping`. */
  readonly stopping?: AbortSignal | undefined;
}

const TEXT = { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" };

/** Hands requests on to the servers whose APIs are served below this one (kube-aggregator's proxy). */
export class RemoteApis {
  readonly #aggregation: Aggregation;
  readonly #kept = new KeptConnections();

  constructor(aggregation: Aggregation) {
    this.#aggregation = aggregation;
  }

  /** True for a path that another server answers. */
  has({ pathname }: URL): boolean {
    return this.#aggregation.versions.some(({ group, version }) => {
      const base = `/apis/${group}/${version}`;
      const described = pathname === `/openapi/v3${base}`;
      return described || pathname === base || pathname.startsWith(`${base}/`);
    });
  }

  /** The other server's answer, or in words that it cannot be had. */
  async answer(request: Request, { user, stopping }: Handed): Promise<Response> {
    const url = new URL(request.url);
    const backend = this.#aggregation.backendOf(`${url.pathname}${url.search}`, user);
    if (backend === undefined || backend === "unavailable") return unavailable();
    try {
      const passage = { signals: signalsOf(request, stopping), kept: this.#kept };
      const answer = await forward(request, backend, passage);
      if (answer.status >= 300 && answer.status < 400 && answer.headers.has("location")) {
        await answer.body?.cancel();
        return refusedRedirect();
      }
      return answer;
    } catch (error) {
      if (hasReason(error, "ServiceUnavailable")) return unavailable(error.message);
      throw error;
    }
  }

  /** See `answer`; for a request that wants to speak another protocol. */
  async upgrade(request: Request, { user, stopping }: Handed): Promise<Upgrade | Response> {
    const url = new URL(request.url);
    const backend = this.#aggregation.backendOf(`${url.pathname}${url.search}`, user);
    if (backend === undefined || backend === "unavailable") return unavailable();
    try {
      return await tunnel(request, backend, signalsOf(request, stopping));
    } catch (error) {
      if (hasReason(error, "ServiceUnavailable")) return unavailable(error.message);
      throw error;
    }
  }
}

function signalsOf({ signal }: Request, stopping: AbortSignal | undefined): readonly AbortSignal[] {
  return stopping ? [signal, stopping] : [signal];
}

function unavailable(why = "service unavailable"): Response {
  return new Response(`${why}\n`, { status: 503, headers: TEXT });
}

function refusedRedirect(): Response {
  const why = "the backend attempted to redirect this request, which is not permitted";
  return new Response(`${why}\n`, { status: 502, headers: TEXT });
}
