import type { Socket } from "bun";
import type { StreamSocket } from "#serve/streams/stream-socket.ts";
import { SocketWriter } from "./socket-writer.ts";

/** How long a client may take to hang up after we did; closing at once could cost it our last bytes. */
const LINGER_MS = 5_000;

/** What becomes of the bytes of a connection. */
export interface Route {
  received(bytes: Buffer): void;
  /** The client sends no more. */
  ended(): void;
  /** The connection is gone; called once, and last. */
  closed(): void;
  /** The site is stopping. */
  stop(): void;
}

const NOWHERE: Route = {
  received: () => undefined,
  ended: () => undefined,
  closed: () => undefined,
  stop: () => undefined,
};

/** A client's TLS connection. Its route is exchanged once its first request is known. */
export class FrontConnection implements StreamSocket {
  readonly socket: Socket<FrontConnection | undefined>;
  readonly #writer: SocketWriter;
  readonly #closing: (() => void)[] = [];
  #route: Route = NOWHERE;
  #linger: ReturnType<typeof setTimeout> | undefined;
  #clientEnded = false;
  #closed = false;

  constructor(socket: Socket<FrontConnection | undefined>) {
    this.socket = socket;
    this.#writer = new SocketWriter(socket);
  }

  /** False once either side hung up for good. */
  get isOpen(): boolean {
    return !this.#closed && this.#linger === undefined;
  }

  /** Gives all that happens from now on to `route`. */
  follow(route: Route): void {
    this.#route = route;
  }

  send(bytes: Uint8Array): Promise<void> | undefined {
    return this.#writer.write(bytes);
  }

  pause(): void {
    if (!this.#closed) this.socket.pause();
  }

  resume(): void {
    if (!this.#closed) this.socket.resume();
  }

  /** Hangs up in order: sends what is queued and FIN, then waits a little for the client to do so too. */
  end(): void {
    if (!this.isOpen) return;
    this.#linger = setTimeout(() => this.cut(), LINGER_MS);
    this.#writer.end();
    this.resume();
    this.#closeWhenDone();
  }

  /** Ends the connection at once. */
  cut(): void {
    this.socket.terminate();
  }

  /** Calls `release` once the connection is gone. */
  whenClosed(release: () => void): void {
    this.#closing.push(release);
  }

  /** The site is stopping: ends what would not end by itself. */
  stop(): void {
    this.#route.stop();
  }

  /** Called by the listener. */
  onData(bytes: Buffer): void {
    if (this.isOpen) this.#route.received(bytes);
  }

  /** Called by the listener. */
  onDrain(): void {
    this.#writer.drain();
    this.#closeWhenDone();
  }

  /** Called by the listener: the client sent FIN. */
  onEnd(): void {
    this.#clientEnded = true;
    if (this.isOpen) this.#route.ended();
    else this.#closeWhenDone();
  }

  /** Called by the listener. */
  onClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#linger);
    this.#writer.close();
    this.#route.closed();
    this.#route = NOWHERE;
    for (const release of this.#closing.splice(0)) release();
  }

  #closeWhenDone(): void {
    if (this.#linger && this.#clientEnded && this.#writer.isEmpty) this.socket.end();
  }
}
