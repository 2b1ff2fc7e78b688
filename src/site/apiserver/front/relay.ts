import type { Socket } from "bun";
import type { Logger } from "#lib/log.ts";
import type { FrontConnection, Route } from "./front-connection.ts";
import type { Handover, Handovers } from "./handovers.ts";
import { Http1Answers } from "./http1-answers.ts";
import { Http2Answers } from "./http2-answers.ts";
import { Http2Methods } from "./http2-methods.ts";
import { withMarkedCommas } from "./impersonation-lines.ts";
import { Silence } from "./silence.ts";
import { SocketWriter } from "./socket-writer.ts";
import { heldBack, switchProtocol } from "./switch-protocol.ts";
import { UnansweredRequests } from "./unanswered-requests.ts";

export interface RelayOptions {
  /** Path of the unix socket where HTTP is served. */
  readonly unix: string;
  /** What was read already. */
  readonly first: Buffer;
  /** HTTP/2 by its preface; HTTP/1.1 otherwise. */
  readonly http2: boolean;
  /** A WebSocket: it has no end of its own that a stopping site could wait for. */
  readonly endless: boolean;
  /** What the server has agreed to that takes the connection away from it. */
  readonly handovers: Handovers;
  readonly log: Logger;
  /** How long it may be silent. Default: 2 minutes (apiserver: 90 s and more). */
  readonly idleMs?: number | undefined;
}

const IDLE_MS = 120_000;
/** How long the server may have no room for a connection. */
const CONNECT_MS = 1000;

/**
 * Carries a connection to the HTTP server behind the front and back. A side that does not keep up
 * slows the other down, and each direction ends on its own. The server takes only the methods that
 * it knows: it hangs up on others without a word (HTTP/1.1) or answers 501 (HTTP/2). Such requests
 * are sent under another method that nothing answers to.
 */
export class Relay implements Route {
  readonly #client: FrontConnection;
  #server: Socket<undefined> | undefined;
  #writer: SocketWriter | undefined;
  readonly #options: RelayOptions;
  readonly #http2: Http2Methods | undefined;
  readonly #silence: Silence;
  readonly #answers: Http1Answers | Http2Answers;
  /** What the client sent while there was no server to send it to. */
  #early: Buffer[] = [];
  readonly #unanswered: UnansweredRequests | undefined;
  #clientEnded = false;

  /** Returns at once; the client's bytes wait until the server answers. */
  static open(client: FrontConnection, options: RelayOptions): void {
    const relay = new Relay(client, options);
    client.follow(relay);
    relay.received(options.first);
    relay.#start();
  }

  private constructor(client: FrontConnection, options: RelayOptions) {
    this.#client = client;
    this.#options = options;
    if (options.http2) {
      const answers = new Http2Answers();
      this.#answers = answers;
      this.#http2 = new Http2Methods(answers);
    } else this.#answers = new Http1Answers();
    const { idleMs = IDLE_MS } = options;
    this.#silence = new Silence(idleMs, () => this.#silent());
    this.#unanswered = options.http2 || options.endless ? undefined : new UnansweredRequests();
  }

  received(bytes: Buffer): void {
    this.#silence.broken();
    this.#answers.asked();
    const passed = this.#passed(bytes);
    if (!this.#writer) {
      // A pause holds back what the kernel has, not what was read from it already.
      this.#early.push(passed);
      return;
    }
    this.#unanswered?.add(passed);
    const full = this.#writer.write(passed);
    if (!full) return;
    this.#client.pause();
    void full.then(() => this.#client.resume());
  }

  #passed(bytes: Buffer): Buffer {
    if (this.#http2) return this.#http2.pass(bytes);
    return this.#unanswered?.isEmpty ? withMarkedCommas(bytes) : bytes;
  }

  ended(): void {
    this.#clientEnded = true;
    this.#writer?.end();
  }

  closed(): void {
    this.#silence.end();
    this.#server?.terminate();
  }

  /** Whoever waits for what may be long in coming is let be; strangers could keep all connections. */
  #silent(): boolean {
    if (this.#answers.isLong || this.#unanswered?.hasRequest) return true;
    this.#server?.terminate();
    this.#client.end();
    return false;
  }

  stop(): void {
    if (!this.#options.endless) return;
    this.#server?.terminate();
    this.#client.end();
  }

  #start(): void {
    this.#client.pause();
    void this.#connect();
  }

  /** A burst of clients can fill the server's backlog: then the next turn of the loop has room. */
  async #connect(): Promise<void> {
    const untilMs = performance.now() + CONNECT_MS;
    while (this.#client.isOpen) {
      if (await this.#tryConnect()) return;
      // The server behind is stopping: a client that came this late is sent away.
      if (performance.now() > untilMs) return this.#client.end();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  async #tryConnect(): Promise<boolean> {
    try {
      await Bun.connect({
        unix: this.#options.unix,
        allowHalfOpen: true,
        socket: {
          open: (server) => this.#opened(server),
          data: (server, bytes) => this.#answered(server, bytes),
          drain: (server) => this.#drained(server),
          end: (server) => this.#hungUp(server),
          close: (server) => {
            this.#hungUp(server);
            if (server === this.#server) this.#writer?.close();
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
    for (const bytes of this.#early.splice(0)) {
      this.#unanswered?.add(bytes);
      full = this.#writer.write(bytes) ?? full;
    }
    if (this.#clientEnded) this.#writer.end();
    if (full) void full.then(() => this.#client.resume());
    else this.#client.resume();
  }

  /** The connection is no longer the server's. */
  #handOver(server: Socket<undefined>, handover: Handover): void {
    this.#silence.end();
    const early = heldBack(this.#client, handover.gone);
    // Nobody's any more before it is closed: its end is not the client's.
    this.#server = undefined;
    server.terminate();
    void switchProtocol(this.#client, { ...handover, early }, this.#options.log);
  }

  #drained(server: Socket<undefined>): void {
    if (server === this.#server) this.#writer?.drain();
  }

  /** The server sends no more: the client is done too, unless it was only its method that was odd. */
  #hungUp(server: Socket<undefined>): void {
    if (server !== this.#server) return;
    const retry = this.#client.isOpen ? this.#unanswered?.retry() : undefined;
    if (!retry) return this.#client.end();
    this.#server = undefined;
    this.#writer?.close();
    this.#writer = undefined;
    server.terminate();
    this.#early.unshift(retry);
    this.#start();
  }

  #answered(server: Socket<undefined>, bytes: Buffer): void {
    const handover = this.#http2 ? undefined : this.#options.handovers.take(bytes);
    if (handover) return this.#handOver(server, handover);
    this.#silence.broken();
    this.#unanswered?.answered();
    const full = this.#client.send(this.#answers.pass(bytes));
    if (!full) return;
    server.pause();
    void full.then(() => server.resume());
  }
}
