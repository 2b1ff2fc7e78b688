import type { NodeStreams } from "#api/node-streams.ts";
import { badRequest } from "#api/status.ts";
import type { Call } from "../call.ts";
import { namedTarget } from "../handlers/target.ts";
import type { Upgrade } from "../streams/stream-socket.ts";
import type { Backend } from "./backend.ts";
import { forward } from "./forward.ts";
import { forwardedHeaders } from "./headers.ts";
import { KeptConnections } from "./kept-connections.ts";
import { placeOf } from "./place.ts";
import { tunnel } from "./tunnel.ts";

/** The subresource `proxy`: hands requests on to pods, to what is behind Services, and to nodes. */
export class ObjectProxy {
  readonly #nodes: Pick<NodeStreams, "ask">;
  readonly #kept = new KeptConnections();

  constructor(nodes: Pick<NodeStreams, "ask">) {
    this.#nodes = nodes;
  }

  /** @throws StatusError where nothing can be reached, or admission refuses it. */
  async answer(call: Call): Promise<Response> {
    const { request, path } = call;
    const reached = await this.#reach(call);
    // Links of a page at the root are relative to it: it must be known by a slash at its end.
    if (!path.rest && (request.method === "GET" || request.method === "HEAD")) {
      const { pathname, search } = new URL(request.url);
      return new Response(null, { status: 301, headers: { Location: `${pathname}/${search}` } });
    }
    if ("agent" in reached) return await this.#nodes.ask(reached.agent, reached.request);
    return await forward(request, reached, { signals: signalsOf(call), kept: this.#kept });
  }

  /** See `answer`; for a request that wants to speak another protocol. */
  async upgrade(call: Call): Promise<Upgrade | Response> {
    const reached = await this.#reach(call);
    if ("agent" in reached) throw badRequest("the node agent speaks no other protocol than HTTP");
    return await tunnel(call.request, reached, signalsOf(call));
  }

  async #reach(
    call: Call,
  ): Promise<Backend | { readonly agent: string; readonly request: Request }> {
    const { request, path, verbs } = call;
    await admit(call);
    const place = await placeOf(path, verbs);
    const { pathname, search } = new URL(request.url);
    const rest = path.rest || "/";
    if (place.kind === "agent") {
      const { method, body, signal } = request;
      const asked = new Request(`http://node${rest}${search}`, { method, body, signal });
      return { agent: place.node, request: asked };
    }
    return {
      ...{ host: place.host, port: place.port, target: `${rest}${search}` },
      // Whose certificate a pod could show nobody knows.
      ...(place.tls && { tls: { insecure: true } }),
      prefix: path.rest ? pathname.slice(0, -path.rest.length) : pathname,
      headers: forwardedHeaders(request),
    };
  }
}

/** It ends with the client, and with the server: what is proxied may go on for ever. */
function signalsOf({ request, stopping }: Call): readonly AbortSignal[] {
  return stopping ? [request.signal, stopping] : [request.signal];
}

/** @throws StatusError where admission refuses the connection. */
async function admit(call: Call): Promise<void> {
  const { path } = call;
  const kind = `${path.resource.kind}ProxyOptions`;
  const options = { apiVersion: "v1", kind, path: path.rest ?? "" };
  await call.verbs.connect?.(namedTarget(call), options);
}
