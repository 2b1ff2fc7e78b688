import { explain } from "#lib/errors.ts";
import type { Logger } from "#lib/log.ts";
import { ReadGate } from "../inbound.ts";
import type { StreamSession, StreamSocket } from "../stream-socket.ts";
import { type Frame, GOAWAY, RESET } from "./frame.ts";
import { FrameReader } from "./frame-reader.ts";
import { encodeFrame } from "./frame-writer.ts";
import { HeaderPacker, HeaderUnpacker, type SpdyHeaders } from "./header-block.ts";
import { SpdyError } from "./spdy-error.ts";
import { type SpdyLink, SpdyStream } from "./spdy-stream.ts";

export interface SpdyOptions {
  readonly log: Logger;
  /** Streams that may be open at once; more are refused. */
  readonly maxStreams: number;
  /** Decides about a stream that the client wants: refused when false. */
  accept(headers: SpdyHeaders): boolean;
  /** A stream was opened and answered. */
  opened(stream: SpdyStream): void;
  /** The connection is gone; its streams have failed already. */
  closed(): void;
}

type SynStream = Extract<Frame, { type: "synStream" }>;

/**
 * The server side of a SPDY/3.1 connection, as far as Kubernetes needs it. There are no send
 * windows: its clients never open them. Instead a source waits for the socket to drain, and the
 * socket for the streams to be read.
 */
export class SpdySession implements StreamSession {
  readonly #socket: StreamSocket;
  readonly #options: SpdyOptions;
  readonly #reader = new FrameReader();
  readonly #packer = new HeaderPacker();
  readonly #unpacker = new HeaderUnpacker();
  readonly #streams = new Map<number, SpdyStream>();
  readonly #link: SpdyLink;
  #lastStreamId = 0;
  #ending = false;

  constructor(socket: StreamSocket, options: SpdyOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#link = {
      gate: new ReadGate(socket),
      send: (frame) => socket.send(encodeFrame(frame)),
      forget: (streamId) => this.#streams.delete(streamId),
    };
  }

  received(bytes: Uint8Array): void {
    if (this.#ending) return;
    try {
      for (const frame of this.#reader.push(bytes)) this.#handle(frame);
    } catch (error) {
      if (!(error instanceof SpdyError)) throw error;
      this.#options.log.debug("A SPDY connection was ended for what it sent.", {
        error: explain(error),
      });
      this.end(GOAWAY.protocolError);
    }
  }

  closed(): void {
    this.#ending = true;
    const gone = new Error("The connection is gone");
    for (const stream of this.#streams.values()) stream.fail(gone);
    this.#options.closed();
  }

  /** Says goodbye and closes the connection once everything before was sent. */
  end(status: number = GOAWAY.ok): void {
    if (this.#ending) return;
    this.#ending = true;
    const goodbye = { type: "goaway", lastStreamId: this.#lastStreamId, status } as const;
    void this.#socket.send(encodeFrame(goodbye));
    this.#socket.end();
  }

  #handle(frame: Frame): void {
    switch (frame.type) {
      case "data":
        this.#streams.get(frame.streamId)?.receive(frame.bytes, frame.fin);
        break;
      case "synStream":
        this.#open(frame);
        break;
      case "synReply":
      case "headers":
        // Not needed, but the blocks after it only unpack in order.
        this.#unpacker.unpack(frame.block);
        if (frame.fin) this.#streams.get(frame.streamId)?.receive(new Uint8Array(), true);
        break;
      case "rstStream":
        this.#streams.get(frame.streamId)?.fail(new Error("The client reset the stream"));
        break;
      case "ping":
        // Ours would be even; a client's own id comes back to it.
        if (frame.id % 2 === 1) this.#answer(encodeFrame(frame));
        break;
      case "goaway":
      case "other":
        break;
    }
  }

  #open({ streamId, block, fin }: SynStream): void {
    const headers = this.#unpacker.unpack(block);
    if (streamId % 2 === 0 || streamId <= this.#lastStreamId) {
      throw new SpdyError(`Stream ${streamId} opened after ${this.#lastStreamId}`);
    }
    this.#lastStreamId = streamId;
    if (this.#streams.size >= this.#options.maxStreams || !this.#options.accept(headers)) {
      const refusal = { type: "rstStream", streamId, status: RESET.refusedStream } as const;
      this.#answer(encodeFrame(refusal));
      return;
    }
    const reply = { type: "synReply", streamId, block: this.#packer.pack({}), fin: false } as const;
    this.#answer(encodeFrame(reply));
    const stream = new SpdyStream(this.#link, { id: streamId, headers });
    this.#streams.set(streamId, stream);
    if (fin) stream.receive(new Uint8Array(), true);
    this.#options.opened(stream);
  }

  /** Sends what the client provoked; reads no more from one that does not take its answers. */
  #answer(bytes: Uint8Array): void {
    const sent = this.#socket.send(bytes);
    if (!sent) return;
    const { gate } = this.#link;
    gate.hold(sent);
    void sent.then(() => gate.release(sent));
  }
}
