import { Inbound, type ReadGate } from "../inbound.ts";
import { type Frame, RESET } from "./frame.ts";
import type { SpdyHeaders } from "./header-block.ts";

/** Pieces that data is sent in, so that streams share a connection fairly. */
const PIECE_BYTES = 16 * 1024;

type Outgoing = Extract<Frame, { type: "data" | "rstStream" }>;

/** What a stream needs of its connection. */
export interface SpdyLink {
  readonly gate: ReadGate;
  send(frame: Outgoing): Promise<void> | undefined;
  /** The stream is finished both ways and can be forgotten. */
  forget(streamId: number): void;
}

/**
 * One stream of a SPDY connection: bytes both ways, each direction ends on its own. Closing
 * `writable` is a half-close, aborting it or `reset` ends both.
 */
export class SpdyStream {
  readonly id: number;
  readonly headers: SpdyHeaders;
  readonly writable: WritableStream<Uint8Array>;
  readonly #link: SpdyLink;
  readonly #inbound: Inbound;
  readonly #ended = new AbortController();
  #sending = true;
  #receiving = true;

  constructor(link: SpdyLink, opening: { readonly id: number; readonly headers: SpdyHeaders }) {
    this.id = opening.id;
    this.headers = opening.headers;
    this.#link = link;
    this.#inbound = new Inbound(link.gate);
    this.writable = new WritableStream<Uint8Array>({
      start: (controller) =>
        this.#ended.signal.addEventListener("abort", () =>
          controller.error(this.#ended.signal.reason),
        ),
      write: (bytes) => this.#write(bytes),
      close: () => this.#closeWrite(),
      abort: () => this.reset(RESET.cancel),
    });
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#inbound.readable;
  }

  /** Aborts when the stream was reset by either end, or its connection is gone. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** Ends the stream both ways at once and tells the client why. */
  reset(status: number): void {
    if (!this.#sending && !this.#receiving) return;
    void this.#link.send({ type: "rstStream", streamId: this.id, status });
    this.fail(new Error("The stream was reset"));
  }

  /** What the connection received for this stream. */
  receive(bytes: Uint8Array, fin: boolean): void {
    if (!this.#receiving) return;
    this.#inbound.push(bytes);
    if (!fin) return;
    this.#receiving = false;
    this.#inbound.end();
    this.#forgetWhenDone();
  }

  /** The client reset the stream, or the connection is gone. */
  fail(reason: Error): void {
    this.#sending = false;
    this.#receiving = false;
    this.#inbound.fail(reason);
    this.#ended.abort(reason);
    this.#forgetWhenDone();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length && this.#sending; at += PIECE_BYTES) {
      const piece = bytes.subarray(at, at + PIECE_BYTES);
      await this.#link.send({ type: "data", streamId: this.id, bytes: piece, fin: false });
    }
  }

  async #closeWrite(): Promise<void> {
    if (!this.#sending) return;
    this.#sending = false;
    await this.#link.send({ type: "data", streamId: this.id, bytes: new Uint8Array(), fin: true });
    this.#forgetWhenDone();
  }

  #forgetWhenDone(): void {
    if (!this.#sending && !this.#receiving) this.#link.forget(this.id);
  }
}
