import { Inbound, type ReadGate } from "./inbound.ts";
import type { StreamSocket } from "./stream-socket.ts";

/** Pieces that output is sent in: small enough to share the socket, large enough to cost little. */
const PIECE_BYTES = 32 * 1024;

/**
 * Many streams in the messages of one WebSocket (`channel.k8s.io`): the first byte of a message
 * names the channel. In the base64 form messages are text, the channel is a digit.
 */
export class Channels {
  readonly #socket: StreamSocket;
  readonly #base64: boolean;
  readonly #gate: ReadGate;
  readonly #inbound = new Map<number, Inbound>();

  constructor(
    socket: StreamSocket,
    options: { readonly base64: boolean; readonly gate: ReadGate },
  ) {
    this.#socket = socket;
    this.#base64 = options.base64;
    this.#gate = options.gate;
  }

  /** What the client sends on a channel. Channels that were not asked for are dropped. */
  readable(channel: number): ReadableStream<Uint8Array> {
    const inbound = new Inbound(this.#gate);
    this.#inbound.set(channel, inbound);
    return inbound.readable;
  }

  /** Sends to the client on a channel; closing it sends nothing, the protocols have no way to say so. */
  writable(channel: number): WritableStream<Uint8Array> {
    return new WritableStream<Uint8Array>({ write: (bytes) => this.send(channel, bytes) });
  }

  /** Sends bytes on a channel, also none at all. */
  async send(channel: number, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at === 0 || at < bytes.length; at += PIECE_BYTES) {
      await this.#socket.send(this.#encode(channel, bytes.subarray(at, at + PIECE_BYTES)));
    }
  }

  /** Takes a message apart; `undefined` when it names no channel. */
  decode(message: Uint8Array): { channel: number; bytes: Uint8Array } | undefined {
    const first = message[0];
    if (first === undefined) return undefined;
    const bytes = message.subarray(1);
    if (!this.#base64) return { channel: first, bytes };
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
    return { channel: first - 0x30, bytes: Buffer.from(text, "base64") };
  }

  /** Hands a message to its channel. */
  deliver({ channel, bytes }: { channel: number; bytes: Uint8Array }): void {
    this.#inbound.get(channel)?.push(bytes);
  }

  /** The client ends a channel. */
  endChannel(channel: number): void {
    this.#inbound.get(channel)?.end();
  }

  /** The client is gone. */
  fail(reason: Error): void {
    for (const inbound of this.#inbound.values()) inbound.fail(reason);
  }

  #encode(channel: number, bytes: Uint8Array): Uint8Array {
    if (this.#base64) return Buffer.from(`${channel}${Buffer.from(bytes).toString("base64")}`);
    const message = Buffer.allocUnsafe(1 + bytes.length);
    message[0] = channel;
    message.set(bytes, 1);
    return message;
  }
}
