import { closeSync, openSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { Socket } from "bun";
import { MESSAGE_BYTES } from "./protocol.ts";

export interface ConnectionHandler {
  /** One whole message. */
  message(view: DataView): void;
  closed(): void;
}

/** Messages from a shim's socket, and bytes to it in the order they were given. */
export class ShimConnection {
  readonly #handler: ConnectionHandler;
  readonly #unsent: Uint8Array[] = [];
  #received = new Uint8Array(0);
  #socket: Socket | undefined;

  constructor(handler: ConnectionHandler) {
    this.#handler = handler;
  }

  /** Connects. A socket's path may be longer than the 108 bytes that its address holds. */
  async open(path: string): Promise<void> {
    const directory = openSync(dirname(path), "r");
    try {
      this.#socket = await Bun.connect({
        unix: `/proc/self/fd/${directory}/${basename(path)}`,
        socket: {
          data: (_, bytes) => this.#receive(bytes),
          drain: () => this.#flush(),
          close: () => this.#handler.closed(),
        },
      });
    } finally {
      closeSync(directory);
    }
  }

  send(bytes: Uint8Array): void {
    this.#unsent.push(bytes);
    if (this.#unsent.length === 1) this.#flush();
  }

  close(): void {
    this.#socket?.terminate();
  }

  #flush(): void {
    for (let next = this.#unsent[0]; next !== undefined; next = this.#unsent[0]) {
      const sent = Math.max(0, this.#socket?.write(next) ?? 0);
      if (sent < next.length) {
        this.#unsent[0] = next.subarray(sent);
        return;
      }
      this.#unsent.shift();
    }
  }

  #receive(bytes: Uint8Array): void {
    const all = Buffer.concat([this.#received, bytes]);
    let at = 0;
    for (; at + MESSAGE_BYTES <= all.length; at += MESSAGE_BYTES) {
      this.#handler.message(new DataView(all.buffer, all.byteOffset + at, MESSAGE_BYTES));
    }
    this.#received = all.subarray(at);
  }
}
