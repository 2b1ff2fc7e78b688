import type { Socket } from "bun";
import type { FrontConnection, Route } from "./front-connection.ts";
import { SocketWriter } from "./socket-writer.ts";

export interface RelayOptions {
  /** Path of the unix socket where HTTP is served. */
  readonly unix: string;
  /** What was read already. */
  readonly first: Uint8Array;
  /** A WebSocket: it has no end of its own that a stopping site could wait for. */
  readonly endless: boolean;
}

/** How long the server may have no room for a connection. */
const CONNECT_MS = 1000;

/**
 * Carries a connection to the HTTP server behind the front and back. A side that does not keep up
 * slows the other down, and each direction ends on its own.
 */
export class Relay implements Route {
  readonly #client: FrontConnection;
  readonly #endless: boolean;
  #server: Socket<undefined> | undefined;
  #writer: SocketWriter | undefined;
  /** What the client sent while there was no server to send it to. */
  readonly #early: Uint8Array[];
  #clientEnded = false;

  /** Returns at once; the client's bytes wait until the server answers. */
  static open(client: FrontConnection, options: RelayOptions): void {
    const relay = new Relay(client, options);
    client.follow(relay);
    client.pause();
    void relay.#connect(options);
  }

  private constructor(client: FrontConnection, { endless, first }: RelayOptions) {
    this.#client = client;
    this.#endless = endless;
    this.#early = [first];
  }

  received(bytes: Buffer): void {
    if (!this.#writer) {
      // A pause holds back what the kernel has, not what was read from it already.
      this.#early.push(bytes);
      return;
    }
    const full = this.#writer.write(bytes);
    if (!full) return;
    this.#client.pause();
    void full.then(() => this.#client.resume());
  }

  ended(): void {
    this.#clientEnded = true;
    this.#writer?.end();
  }

  closed(): void {
    this.#server?.terminate();
  }

  stop(): void {
    if (!this.#endless) return;
    this.#server?.terminate();
    this.#client.end();
  }

  /** A burst of clients can fill the server's backlog: then the next turn of the loop has room. */
  async #connect(options: RelayOptions): Promise<void> {
    const untilMs = performance.now() + CONNECT_MS;
    while (this.#client.isOpen) {
      if (await this.#tryConnect(options)) return;
      // The server behind is stopping: a client that came this late is sent away.
      if (performance.now() > untilMs) return this.#client.end();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  async #tryConnect({ unix }: RelayOptions): Promise<boolean> {
    try {
      await Bun.connect({
        unix,
        allowHalfOpen: true,
        socket: {
          open: (server) => this.#opened(server),
          data: (server, bytes) => this.#answered(server, bytes),
          drain: () => this.#writer?.drain(),
          end: () => this.#client.end(),
          close: () => {
            this.#writer?.close();
            this.#client.end();
          },
          error: () => undefined,
        },
      });
      return true;
    } catch {
      return false;
    }
  }

  #opened(server: Socket<undefined>): void {
    if (!this.#client.isOpen) return server.terminate();
    this.#server = server;
    this.#writer = new SocketWriter(server);
    let full: Promise<void> | undefined;
    for (const bytes of this.#early.splice(0)) full = this.#writer.write(bytes) ?? full;
    if (this.#clientEnded) this.#writer.end();
    if (full) void full.then(() => this.#client.resume());
    else this.#client.resume();
  }

  #answered(server: Socket<undefined>, bytes: Buffer): void {
    const full = this.#client.send(bytes);
    if (!full) return;
    server.pause();
    void full.then(() => server.resume());
  }
}
