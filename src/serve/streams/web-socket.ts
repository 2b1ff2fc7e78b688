import type { ServerWebSocket, WebSocketHandler } from "bun";
import type { StartSession, StreamSession, StreamSocket } from "./stream-socket.ts";

/** Longest message that a client may send. Clients send pieces of 32 KiB; a tunnel a little more. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** All senders wait while one does, so that this is reached by bugs only. */
const MAX_QUEUED_BYTES = 64 * 1024 * 1024;

/** A WebSocket of `Bun.serve` as a stream socket: the `data` of its connections. */
export class WebSocketConnection implements StreamSocket {
  readonly #start: StartSession;
  /** Messages are text: events, and bytes in base64 for browsers that cannot do better. */
  readonly #text: boolean;
  #socket: ServerWebSocket<WebSocketConnection> | undefined;
  #session: StreamSession | undefined;
  #drained: PromiseWithResolvers<void> | undefined;

  constructor(start: StartSession, options: { readonly text: boolean }) {
    this.#start = start;
    this.#text = options.text;
  }

  send(bytes: Uint8Array): Promise<void> | undefined {
    const sent = this.#text
      ? this.#socket?.sendText(Buffer.from(bytes).toString())
      : this.#socket?.sendBinary(bytes);
    if (sent !== -1) return undefined;
    this.#drained ??= Promise.withResolvers();
    return this.#drained.promise;
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  end(code?: number): void {
    this.#socket?.close(code);
  }

  opened(socket: ServerWebSocket<WebSocketConnection>): void {
    this.#socket = socket;
    this.#session = this.#start(this);
  }

  received(message: string | Buffer): void {
    this.#session?.received(typeof message === "string" ? Buffer.from(message) : message);
  }

  drained(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
  }

  closed(): void {
    this.#socket = undefined;
    this.drained();
    this.#session?.closed();
    this.#session = undefined;
  }
}

/** For `Bun.serve({ websocket })` of every server whose requests reach `openStream`. */
export const webSocketHandler: WebSocketHandler<WebSocketConnection> = {
  idleTimeout: 0,
  maxPayloadLength: MAX_MESSAGE_BYTES,
  backpressureLimit: MAX_QUEUED_BYTES,
  closeOnBackpressureLimit: true,
  perMessageDeflate: false,
  open: (socket) => socket.data.opened(socket),
  message: (socket, message) => socket.data.received(message),
  drain: (socket) => socket.data.drained(),
  close: (socket) => socket.data.closed(),
};
