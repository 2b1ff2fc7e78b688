import { rmSync } from "node:fs";
import http from "node:http";
import type { Server } from "bun";
import { sleep } from "#lib/abort.ts";
import type { Api, Connection } from "#serve/api-options.ts";
import type { AnswerUpgrade } from "#serve/streams/streams.ts";
import { type WebSocketConnection, webSocketHandler } from "#serve/streams/web-socket.ts";
import type { Identity } from "./client-certificate.ts";
import type { Handovers } from "./handovers.ts";
import { headFirst } from "./head-first.ts";
import { MAX_HEAD_BYTES } from "./request-head.ts";
import type { SocketDirectory } from "./socket-directory.ts";

declare module "bun" {
  namespace Serve {
    // Both work on unix sockets as on ports (HTTP/2 by prior knowledge); the types leave them out.
    interface UnixServeOptions<WebSocketData> extends BaseServeOptions<WebSocketData> {
      http2?: boolean;
      idleTimeout?: number;
    }
  }
}

interface InnerServersOptions {
  readonly sockets: SocketDirectory;
  readonly fetch: Api["fetch"];
  readonly answerUpgrade: AnswerUpgrade;
  readonly handovers: Handovers;
  /** Aborts when the front begins to stop. */
  readonly stopping: AbortSignal;
}

/** Who is at the other end of a connection. */
interface Client {
  readonly identity?: Identity | undefined;
  /** Where it is; absent where nobody wants to know. */
  readonly address?: string | undefined;
}

interface InnerServer {
  readonly key: string;
  readonly unix: string;
  readonly server: Server<WebSocketConnection>;
  connections: number;
}

/** Each costs about 35 KB. */
const MAX_IDENTITIES = 1000;
/** Looks at requests under way, only while the front stops: the server does not tell. */
const FINISH_POLL_MS = 20;
const ANONYMOUS = "anonymous";

/**
 * The HTTP servers behind the front, each on a unix socket that no other user can reach: one for
 * all who showed no certificate, and for the time of its connections one for each certificate (and
 * for each address, where those are told), so that nothing in the bytes of a request decides who
 * sent it.
 */
export class InnerServers {
  readonly #options: InnerServersOptions;
  readonly #byKey = new Map<string, InnerServer>();
  #made = 0;

  constructor(options: InnerServersOptions) {
    this.#options = options;
    // Servers have no option for it: by itself the whole process takes heads of 16 KiB.
    Object.assign(http, { maxHeaderSize: MAX_HEAD_BYTES });
    this.#make(ANONYMOUS, {}).connections = 1;
  }

  /**
   * The socket for one more connection; `undefined` when there are too many identities. `close`
   * gives it back.
   */
  open(client: Client): { readonly unix: string; close(): void } | undefined {
    const { identity, address } = client;
    const key = [identity?.key ?? ANONYMOUS, ...(address === undefined ? [] : [address])].join();
    const known = this.#byKey.get(key);
    if (!known && this.#byKey.size > MAX_IDENTITIES) return undefined;
    const inner = known ?? this.#make(key, client);
    inner.connections += 1;
    return {
      unix: inner.unix,
      close: () => {
        inner.connections -= 1;
        if (inner.connections === 0) void this.#drop(inner);
      },
    };
  }

  /** Lets requests end that are under way, then hangs up on clients that only keep their connection. */
  async finish(deadline: AbortSignal): Promise<void> {
    const servers = [...this.#byKey.values()].map(({ server }) => server);
    const stopped = servers.map((server) => server.stop());
    while (servers.some(({ pendingRequests }) => pendingRequests > 0)) {
      await sleep(FINISH_POLL_MS, deadline);
    }
    for (const server of servers) server.closeIdleConnections();
    await Promise.all(stopped);
  }

  /** Ends all of them at once. */
  async stop(): Promise<void> {
    await Promise.all([...this.#byKey.values()].map((inner) => this.#drop(inner)));
  }

  #make(key: string, { identity, address }: Client): InnerServer {
    const { sockets, fetch, stopping } = this.#options;
    this.#made += 1;
    const unix = sockets.path(`api-${this.#made}.sock`);
    const server = Bun.serve<WebSocketConnection>({
      unix,
      http2: true,
      // The relay hangs up on who is silent: on unix sockets it could not be lifted for anybody.
      idleTimeout: 0,
      // Who reads a body bounds it; what is proxied has no bound.
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      fetch: (request, own) => {
        const peer = identity?.peer();
        const told = { ...(peer && { peer }), ...(address !== undefined && { address }) };
        const connection = { server: own, stopping, headFirst, ...told };
        return request.headers.has("upgrade")
          ? this.#switching(request, connection)
          : fetch(request, connection);
      },
      websocket: webSocketHandler,
    });
    const inner = { key, unix, server, connections: 0 };
    this.#byKey.set(key, inner);
    return inner;
  }

  /** A request for another protocol that is not the first of its connection. */
  async #switching(request: Request, connection: Connection): Promise<Response> {
    const { fetch, answerUpgrade, handovers } = this.#options;
    const gone = new AbortController();
    const leave = (): void => gone.abort();
    request.signal.addEventListener("abort", leave, { once: true });
    const { url, method, headers } = request;
    const asked = new Request(url, { method, headers, signal: gone.signal });
    const upgrade = await answerUpgrade(asked, connection);
    // From here on it is not this server's connection that it lives by.
    request.signal.removeEventListener("abort", leave);
    if (upgrade === undefined) return await fetch(request, connection);
    return upgrade instanceof Response ? upgrade : handovers.offer({ upgrade, gone });
  }

  async #drop({ key, unix, server }: InnerServer): Promise<void> {
    this.#byKey.delete(key);
    await server.stop(true);
    rmSync(unix, { force: true });
  }
}
