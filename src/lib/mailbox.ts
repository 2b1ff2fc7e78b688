import { abortReason } from "./abort.ts";

/** A mailbox was closed while somebody waited on it, or was used after that. */
export class MailboxClosed extends Error {
  override readonly name = "MailboxClosed";
}

interface Waiting<T> {
  readonly value: T;
  readonly done: () => void;
}

/**
 * A bounded first-in first-out queue between tasks. A full one makes the sender wait;
 * nothing is dropped. Waiting senders are served in order.
 */
export class Mailbox<T> {
  readonly #capacity: number;
  readonly #items: T[] = [];
  readonly #senders = new Set<Waiting<T>>();
  readonly #receivers = new Set<(value: T) => void>();
  readonly #closed = new AbortController();

  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError(
        `Cannot make a mailbox as 'capacity' must be a positive integer: current value is ${capacity}`,
      );
    }
    this.#capacity = capacity;
  }

  /** Values that wait to be received. */
  get size(): number {
    return this.#items.length;
  }

  /** Senders that wait for room. */
  get waiting(): number {
    return this.#senders.size;
  }

  /** Puts `value` in if there is room now. */
  trySend(value: T): boolean {
    if (this.#closed.signal.aborted) throw abortReason(this.#closed.signal);
    const [receiver] = this.#receivers;
    if (receiver) {
      this.#receivers.delete(receiver);
      receiver(value);
      return true;
    }
    if (this.#items.length >= this.#capacity) return false;
    this.#items.push(value);
    return true;
  }

  /**
   * Puts `value` in, waiting for room as long as it takes.
   * @throws {MailboxClosed} when the mailbox is or gets closed.
   * @throws the signal's reason when it aborts first; the value is then not delivered.
   */
  send(value: T, signal: AbortSignal): Promise<void> {
    return this.#wait(signal, (done) => {
      if (this.trySend(value)) {
        done();
        return () => undefined;
      }
      const waiting = { value, done };
      this.#senders.add(waiting);
      return () => this.#senders.delete(waiting);
    });
  }

  /**
   * Takes the oldest value, waiting for one as long as it takes.
   * @throws {MailboxClosed} when the mailbox is or gets closed.
   * @throws the signal's reason when it aborts first.
   */
  receive(signal: AbortSignal): Promise<T> {
    return this.#wait(signal, (done: (value: T) => void) => {
      const value = this.#items.shift();
      if (value !== undefined) {
        const [sender] = this.#senders;
        if (sender) {
          this.#senders.delete(sender);
          this.#items.push(sender.value);
          sender.done();
        }
        done(value);
        return () => undefined;
      }
      this.#receivers.add(done);
      return () => this.#receivers.delete(done);
    });
  }

  /** Fails everybody who waits; values that were not received are dropped. */
  close(reason: string): void {
    this.#items.length = 0;
    this.#closed.abort(new MailboxClosed(reason));
  }

  #wait<R>(signal: AbortSignal, start: (done: (result: R) => void) => () => void): Promise<R> {
    const closed = this.#closed.signal;
    return new Promise<R>((resolve, reject) => {
      for (const one of [closed, signal]) {
        if (one.aborted) return reject(abortReason(one));
      }
      let withdraw: () => void = () => undefined;
      const settle = (finish: () => void): void => {
        signal.removeEventListener("abort", onAbort);
        closed.removeEventListener("abort", onClose);
        withdraw();
        finish();
      };
      const onAbort = (): void => settle(() => reject(abortReason(signal)));
      const onClose = (): void => settle(() => reject(abortReason(closed)));
      signal.addEventListener("abort", onAbort, { once: true });
      closed.addEventListener("abort", onClose, { once: true });
      withdraw = start((result) => settle(() => resolve(result)));
    });
  }
}
