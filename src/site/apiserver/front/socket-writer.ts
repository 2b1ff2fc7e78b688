/** The parts of a `Bun.Socket` that sending needs. */
export interface WritableSocket {
  /** Bytes that the kernel took, −1 when the socket is closed. Keeps none of the others. */
  write(bytes: Uint8Array): number;
  /** Sends FIN. */
  shutdown(): void;
}

/** Sends to a Bun socket in order and keeps what it does not take yet. */
export class SocketWriter {
  readonly #socket: WritableSocket;
  readonly #queue: Uint8Array[] = [];
  #drained: PromiseWithResolvers<void> | undefined;
  #ending = false;

  constructor(socket: WritableSocket) {
    this.#socket = socket;
  }

  /** Everything was sent, or dropped because the socket is gone. */
  get isEmpty(): boolean {
    return this.#queue.length === 0;
  }

  /**
   * Sends `bytes` (which must not change afterwards). A promise comes back when the peer does not
   * keep up; whoever makes the bytes should wait for it. It resolves on close too.
   */
  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#ending || bytes.length === 0) return undefined;
    const taken = this.#queue.length > 0 ? 0 : this.#socket.write(bytes);
    if (taken < 0 || taken >= bytes.length) return undefined;
    this.#queue.push(bytes.subarray(taken));
    this.#drained ??= Promise.withResolvers();
    return this.#drained.promise;
  }

  /** Sends FIN once everything before it is out. */
  end(): void {
    if (this.#ending) return;
    this.#ending = true;
    if (this.#queue.length === 0) this.#socket.shutdown();
  }

  /** The socket takes bytes again. */
  drain(): void {
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      const taken = this.#socket.write(next);
      if (taken < 0) return this.close();
      if (taken < next.length) {
        this.#queue[0] = next.subarray(taken);
        return;
      }
      this.#queue.shift();
    }
    this.#settle();
    if (this.#ending) this.#socket.shutdown();
  }

  /** The socket is gone: drops what was queued. */
  close(): void {
    this.#ending = true;
    this.#queue.length = 0;
    this.#settle();
  }

  #settle(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
  }
}
