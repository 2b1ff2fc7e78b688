import type { Socket, SocketHandler } from "bun";

/**
 * One of the two sockets of a relayed connection, and what is on its way into it. A socket takes
 * what fits and buffers nothing: the rest waits here while the other side is not read from, so
 * that a connection holds at most what one read brought.
 */
export class Side {
  socket: Socket<Side> | undefined;
  readonly #peerOf: () => Side;
  readonly #waiting: Buffer[] = [];
  /** The peer has sent all it will send. */
  #ending = false;
  #finSent = false;
  #finReceived = false;
  #closed = false;
  #paused = false;

  private constructor(peer: () => Side) {
    this.#peerOf = peer;
  }

  /** Both sides of a connection whose second socket is still to come. */
  static pair(first: Socket<Side>): { first: Side; second: Side } {
    const a: Side = new Side(() => b);
    const b: Side = new Side(() => a);
    a.socket = first;
    return { first: a, second: b };
  }

  /** The other side. */
  get peer(): Side {
    return this.#peerOf();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The socket is connected: what waited for it goes out. */
  connected(socket: Socket<Side>): void {
    this.socket = socket;
    this.drain();
  }

  /** Takes what the peer sent. `chunk` is only lent. */
  take(chunk: Buffer): void {
    if (this.#closed) return;
    const written = this.#waiting.length === 0 ? this.#write(chunk) : 0;
    if (written === chunk.length) return;
    this.#waiting.push(Buffer.from(chunk.subarray(written)));
    this.peer.pause();
  }

  /** The socket takes more. */
  drain(): void {
    if (this.#closed || !this.socket) return;
    for (let [chunk] = this.#waiting; chunk; [chunk] = this.#waiting) {
      const written = this.#write(chunk);
      if (written < chunk.length) {
        this.#waiting[0] = chunk.subarray(written);
        return;
      }
      this.#waiting.shift();
    }
    this.peer.resume();
    if (this.#ending) this.#sendFin();
  }

  /** The socket will send no more: its peer shall know once all before has gone out. */
  received(): void {
    this.#finReceived = true;
    this.peer.end();
    this.#closeWhenDone();
  }

  /** No more is to come from the peer. */
  end(): void {
    this.#ending = true;
    if (this.#waiting.length === 0) this.#sendFin();
  }

  /** A socket is gone; one that never was this side's own does not count. */
  gone(socket: Socket<Side>, error: Error | undefined): void {
    if (socket !== this.socket) return;
    this.#closed = true;
    this.#waiting.length = 0;
    const { peer } = this;
    if (error) peer.abort();
    else {
      peer.#finReceived = true;
      peer.resume();
      peer.end();
    }
  }

  /** Drops the connection with a reset. */
  abort(): void {
    this.#waiting.length = 0;
    if (!this.#closed) this.socket?.terminate();
  }

  pause(): void {
    if (this.#paused || this.#closed) return;
    this.#paused = true;
    this.socket?.pause();
  }

  resume(): void {
    if (!this.#paused || this.#closed) return;
    this.#paused = false;
    this.socket?.resume();
  }

  #write(chunk: Buffer): number {
    return Math.max(0, this.socket?.write(chunk) ?? 0);
  }

  #sendFin(): void {
    if (this.#finSent || this.#closed || !this.socket) return;
    this.#finSent = true;
    this.socket.shutdown();
    this.#closeWhenDone();
  }

  #closeWhenDone(): void {
    if (this.#finSent && this.#finReceived && !this.#closed) this.socket?.end();
  }
}

/** What the sockets of both sides do from the moment they are connected. */
export const RELAY: SocketHandler<Side> = {
  data: ({ data }, chunk) => data.peer.take(chunk),
  drain: ({ data }) => data.drain(),
  end: ({ data }) => data.received(),
  close: (socket, error) => socket.data.gone(socket, error),
  error: ({ data }) => data.abort(),
};
