import type { Socket, TCPSocketListener } from "bun";
import type { Module, Scope } from "#bus/module.ts";
import { aborted } from "#lib/abort.ts";
import type { Logger } from "#lib/log.ts";
import type { Api } from "#serve/api-options.ts";
import type { AnswerUpgrade } from "#serve/streams/streams.ts";
import { type IdentityOptions, identityOf } from "./client-certificate.ts";
import { type Destination, FirstRequest } from "./first-request.ts";
import { FrontConnection } from "./front-connection.ts";
import { Handovers } from "./handovers.ts";
import { InnerServers } from "./inner-servers.ts";
import { claim, type FrontTls, listen } from "./listener.ts";
import { openSocketDirectory } from "./socket-directory.ts";

export interface FrontOptions extends IdentityOptions {
  readonly name: string;
  /** Address and port to listen on; port 0 takes a free one. */
  readonly address: string;
  readonly port: number;
  readonly tls: FrontTls;
  /** A directory of its own; made with mode 0700, other users can reach nothing in it. */
  readonly socketDirectory: string;
  readonly fetch: Api["fetch"];
  /** What a request with `Upgrade` becomes; never rejects. */
  readonly answerUpgrade: AnswerUpgrade;
  readonly log: Logger;
  /** Somebody has connected; his handshake is not over. Default: nobody cares. */
  readonly onConnection?: () => void;
  /**
   * Whether the API learns where each client is: costs a server for each address, for as long as
   * connections come from it. Default: it does not.
   */
  readonly tellsAddresses?: boolean;
  /** How long a connection may be silent on which nothing is under way. Default: 2 minutes. */
  readonly idleMs?: number;
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
/** How long a connection is silent before its client is asked whether it is there; ten seconds later it is gone. */
const KEEP_ALIVE_MS = 120_000;

/**
 * The one TLS port of the site. Every connection is looked at once: a first request for another
 * protocol than HTTP is answered on the connection itself where that can be, all else (HTTP/1.1,
 * HTTP/2, WebSockets) is carried to a server behind it that knows by its socket whom the client's
 * certificate stands for. Later requests for another protocol come back from there.
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
  readonly #handovers = new Handovers();
  #port: number;
  #tls: FrontTls;
  #servers: InnerServers | undefined;
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
    const { fetch, answerUpgrade } = this.#options;
    const handovers = this.#handovers;
    const servers = new InnerServers({
      ...{ sockets, fetch, answerUpgrade, handovers },
      stopping: signal,
    });
    this.#servers = servers;
    try {
      this.#listener = this.#listen();
      this.#port = this.#listener.port;
      ready();
      await aborted(signal);
      this.#stopListening();
      for (const connection of this.#connections) connection.stop();
      await Promise.race([this.#finish(servers, deadline), aborted(deadline)]);
    } finally {
      this.#stopListening();
      await servers.stop();
      for (const connection of this.#connections) connection.cut();
    }
  }

  async #finish(servers: InnerServers, deadline: AbortSignal): Promise<void> {
    await Promise.all([servers.finish(deadline), this.#allClosed()]);
  }

  replaceCertificate(tls: FrontTls): void {
    this.#tls = tls;
    const old = this.#listener;
    if (!old) return;
    this.#listener = this.#listen();
    old.stop();
  }

  #listen(): TCPSocketListener<Handler> {
    return listen<Handler>({
      address: this.address,
      port: this.#port,
      tls: this.#tls,
      socket: {
        open: (socket) => {
          // Who vanished without a word is found out: an answer may be quiet for hours.
          socket.setKeepAlive(true, KEEP_ALIVE_MS);
          socket.data = this.#admit(socket);
          this.#options.onConnection?.();
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
    if (size >= maxConnections || !this.#servers) {
      if (!this.#full)
        log.warn("Clients are turned away, too many are connected.", { connections: size });
      this.#full = true;
      socket.terminate();
      return undefined;
    }
    const connection = new FrontConnection(socket);
    this.#connections.add(connection);
    const { answerUpgrade, idleMs } = this.#options;
    const destination = (): Destination | undefined => this.#destination(connection);
    const handovers = this.#handovers;
    const options = { destination, answerUpgrade, handovers, log, idleMs };
    connection.follow(new FirstRequest(connection, options));
    return connection;
  }

  /** Where a connection goes; known once its handshake is over. */
  #destination(connection: FrontConnection): Destination | undefined {
    const identity = identityOf(connection.socket, this.#options);
    const { remoteAddress } = connection.socket;
    const address = this.#options.tellsAddresses === true ? remoteAddress : undefined;
    const server = this.#servers?.open({ identity, address });
    if (!server) {
      this.#options.log.warn("A client is turned away, there are too many certificates.");
      return undefined;
    }
    connection.whenClosed(() => server.close());
    const peer = identity?.peer();
    return {
      unix: server.unix,
      ...(peer && { peer }),
      ...(address !== undefined && { address }),
    };
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
