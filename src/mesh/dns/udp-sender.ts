import { asError } from "#lib/errors.ts";
import type { Logger } from "#lib/log.ts";

/** The part of a `Bun.udpSocket` that sending needs. */
export interface SendingSocket {
  send(message: Buffer, port: number, address: string): boolean;
  /** Message, port, address; again and again. */
  sendMany(messages: readonly (Buffer | number | string)[]): number;
}

interface Outgoing {
  readonly answer: Buffer;
  readonly port: number;
  readonly address: string;
}

/**
 * Sends all that one turn of the event loop answers with one system call: under load a turn reads
 * many queries, and a call for each answer is a fifth of what a query costs.
 */
export class UdpSender {
  readonly #signal: AbortSignal;
  readonly #log: Logger;
  #turn: Outgoing[] = [];

  constructor({ signal, log }: { readonly signal: AbortSignal; readonly log: Logger }) {
    this.#signal = signal;
    this.#log = log;
  }

  /** Sends soon; what the kernel has no room for is lost, and the client asks again. */
  send(socket: SendingSocket, outgoing: Outgoing): void {
    if (this.#turn.length === 0) setImmediate(() => this.#flush(socket));
    this.#turn.push(outgoing);
  }

  #flush(socket: SendingSocket): void {
    const turn = this.#turn;
    this.#turn = [];
    if (this.#signal.aborted) return;
    try {
      socket.sendMany(turn.flatMap(({ answer, port, address }) => [answer, port, address]));
    } catch {
      // A client that cannot be reached any more stands in the way of those behind it.
      for (const outgoing of turn) this.#sendAlone(socket, outgoing);
    }
  }

  #sendAlone(socket: SendingSocket, { answer, port, address }: Outgoing): void {
    try {
      socket.send(answer, port, address);
    } catch (error) {
      this.#log.debug("A DNS client cannot be reached", { address, error: asError(error) });
    }
  }
}
