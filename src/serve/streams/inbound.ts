/** Bytes that one stream may hold before the connection is asked to wait. */
const HIGH_WATER_BYTES = 64 * 1024;

/** Lets the streams of one connection stop its reading: it reads while none of them is full. */
export class ReadGate {
  readonly #full = new Set<object>();
  readonly #socket: { pause(): void; resume(): void };

  constructor(socket: { pause(): void; resume(): void }) {
    this.#socket = socket;
  }

  hold(by: object): void {
    if (this.#full.size === 0) this.#socket.pause();
    this.#full.add(by);
  }

  release(by: object): void {
    if (this.#full.delete(by) && this.#full.size === 0) this.#socket.resume();
  }
}

/**
 * What the client sends on one stream, as a ReadableStream. Nothing is lost and nothing piles up:
 * a consumer that falls behind stops the connection through its gate.
 */
export class Inbound {
  readonly readable: ReadableStream<Uint8Array>;
  readonly #gate: ReadGate;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor(gate: ReadGate) {
    this.#gate = gate;
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (controller: ReadableStreamDefaultController<Uint8Array>) => {
          this.#controller = controller;
        },
        pull: () => gate.release(this),
        cancel: () => void this.#finish(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER_BYTES }),
    );
  }

  /** Adds bytes; drops them when nobody reads the stream any more. */
  push(bytes: Uint8Array): void {
    const controller = this.#controller;
    if (!controller || bytes.length === 0) return;
    controller.enqueue(bytes);
    if ((controller.desiredSize ?? 0) <= 0) this.#gate.hold(this);
  }

  /** The client sends no more. */
  end(): void {
    this.#finish()?.close();
  }

  /** The client, or its connection, is gone. */
  fail(reason: Error): void {
    this.#finish()?.error(reason);
  }

  #finish(): ReadableStreamDefaultController<Uint8Array> | undefined {
    const controller = this.#controller;
    this.#controller = undefined;
    this.#gate.release(this);
    return controller;
  }
}
