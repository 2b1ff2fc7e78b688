import type { Server, Socket, TCPSocketListener } from "bun";
import type { Module, Scope } from "#bus/module.ts";
import { aborted, sleep } from "#lib/abort.ts";
import type { Logger } from "#lib/log.ts";
import type { Api } from "#serve/api-options.ts";
import type { SpdyUpgrade } from "#serve/streams/streams.ts";
import { type WebSocketConnection, webSocketHandler } from "#serve/streams/web-socket.ts";
import { type Destinations, FirstRequest } from "./first-request.ts";
import { FrontConnection } from "./front-connection.ts";
import { claim, type FrontTls, listen } from "./listener.ts";
import { openSocketDirectory } from "./socket-directory.ts";

declare module "bun" {
  namespace Serve {
    // Both work on unix sockets as on ports (HTTP/2 by prior knowledge); the types leave them out.
    interface UnixServeOptions<WebSocketData> extends BaseServeOptions<WebSocketData> {
      http2?: boolean;
      idleTimeout?: number;
    }
  }
}

export interface FrontOptions {
  readonly name: string;
  /** Address and port to listen on; port 0 takes a free one. */
  readonly address: string;
  readonly port: number;
  readonly tls: FrontTls;
  /** A directory of its own; made with mode 0700, other users can reach nothing in it. */
  readonly socketDirectory: string;
  readonly fetch: Api["fetch"];
  /** What a request with `Upgrade: SPDY/3.1` becomes; never rejects. */
  readonly upgradeSpdy: (request: Request) => Promise<SpdyUpgrade | Response>;
  readonly log: Logger;
  /** More connections are closed as they come. Default 10,000. */
  readonly maxConnections?: number;
}

export interface Front extends Module {
  /** Where it listens; the port is the real one once the module is ready. */
  readonly address: string;
  readonly port: number;
  /** Shows another certificate to connections from now on; those that stand go on undisturbed. */
  replaceCertificate(tls: FrontTls): void;
}

const DEFAULT_MAX_CONNECTIONS = 10_000;
/**
 * How long a connection may be silent that has shown no credentials (apiserver: 90 s and more), or
 * strangers could keep all connections; the API lifts it for users that it knows.
 */
const IDLE_SECONDS = 120;
/** Looks at requests under way, only while the front stops: the server does not tell. */
const FINISH_POLL_MS = 20;

/**
 * The one TLS port of the site. Every connection is looked at once: a request for SPDY is served on
 * the connection itself, all else (HTTP/1.1, HTTP/2, WebSockets) is carried to a `Bun.serve` on a
 * unix socket that no other user can reach.
 */
export function createFront(options: FrontOptions): Front {
  return new TlsFront(options);
}

type Handler = FrontConnection | undefined;

class TlsFront implements Front {
  readonly name: string;
  readonly address: string;
  readonly #options: FrontOptions;
  readonly #connections = new Set<FrontConnection>();
  #port: number;
  #tls: FrontTls;
  #destinations: Destinations | undefined;
  /** Clients are being turned away; said once. */
  #full = false;
  #emptied: (() => void) | undefined;
  #listener: TCPSocketListener<Handler> | undefined;

  constructor(options: FrontOptions) {
    this.#options = options;
    this.name = options.name;
    this.address = options.address;
    this.#port = options.port;
    this.#tls = options.tls;
  }

  get port(): number {
    return this.#port;
  }

  async run({ signal, deadline, ready }: Scope): Promise<void> {
    claim(this.#options);
    using sockets = openSocketDirectory(this.#options.socketDirectory);
    const unix = sockets.path("api.sock");
    const server = this.#serve(unix, signal);
    this.#destinations = { ...this.#options, unix };
    try {
      this.#listener = this.#listen();
      this.#port = this.#listener.port;
      ready();
      await aborted(signal);
      this.#stopListening();
      for (const connection of this.#connections) connection.stop();
      await Promise.race([this.#finish(server, deadline), aborted(deadline)]);
    } finally {
      this.#stopListening();
      await server.stop(true);
      for (const connection of this.#connections) connection.cut();
    }
  }

  /** Lets requests end that are under way, then hangs up on clients that only keep their connection. */
  async #finish(server: Server<WebSocketConnection>, deadline: AbortSignal): Promise<void> {
    const stopped = server.stop();
    while (server.pendingRequests > 0) await sleep(FINISH_POLL_MS, deadline);
    server.closeIdleConnections();
    await Promise.all([stopped, this.#allClosed()]);
  }

  replaceCertificate(tls: FrontTls): void {
    this.#tls = tls;
    const old = this.#listener;
    if (!old) return;
    this.#listener = this.#listen();
    old.stop();
  }

  #serve(unix: string, stopping: AbortSignal): Server<WebSocketConnection> {
    const { fetch } = this.#options;
    return Bun.serve<WebSocketConnection>({
      unix,
      http2: true,
      idleTimeout: IDLE_SECONDS,
      fetch: (request, server) => fetch(request, { server, stopping }),
      websocket: webSocketHandler,
    });
  }

  #listen(): TCPSocketListener<Handler> {
    return listen<Handler>({
      address: this.address,
      port: this.#port,
      tls: this.#tls,
      socket: {
        open: (socket) => {
          socket.data = this.#admit(socket);
        },
        // With this handler `open` is called before the handshake, so that one that never ends counts.
        handshake: () => undefined,
        data: (socket, bytes) => socket.data?.onData(bytes),
        drain: (socket) => socket.data?.onDrain(),
        end: (socket) => socket.data?.onEnd(),
        close: (socket) => this.#forget(socket.data),
        // A broken connection is closed next.
        error: () => undefined,
      },
    });
  }

  #admit(socket: Socket<Handler>): Handler {
    const { log, maxConnections = DEFAULT_MAX_CONNECTIONS } = this.#options;
    const { size } = this.#connections;
    if (size >= maxConnections || !this.#destinations) {
      if (!this.#full)
        log.warn("Clients are turned away, too many are connected.", { connections: size });
      this.#full = true;
      socket.terminate();
      return undefined;
    }
    const connection = new FrontConnection(socket);
    this.#connections.add(connection);
    connection.follow(new FirstRequest(connection, this.#destinations));
    return connection;
  }

  #forget(connection: Handler): void {
    if (!connection) return;
    this.#connections.delete(connection);
    this.#full = false;
    connection.onClose();
    if (this.#connections.size === 0) this.#emptied?.();
  }

  #allClosed(): Promise<void> {
    return new Promise((resolve) => {
      this.#emptied = resolve;
      if (this.#connections.size === 0) resolve();
    });
  }

  #stopListening(): void {
    this.#listener?.stop();
    this.#listener = undefined;
  }
}
