import { abortReason } from "./abort.ts";

/** A mailbox was closed while somebody waited on it, or was used after that. */
export class MailboxClosed extends Error {
  override readonly name = "MailboxClosed";
}

/** Somebody who waits: for a value, or for room for one. */
interface Waiting<R> {
  done(result: R): void;
  fail(error: Error): void;
}

interface Sender<T> extends Waiting<void> {
  readonly value: T;
}

/**
 * A bounded first-in first-out queue between tasks. A full one makes the sender wait;
 * nothing is dropped. Waiting senders are served in order.
 */
export class Mailbox<T> {
  readonly #capacity: number;
  readonly #items: T[] = [];
  readonly #senders = new Set<Sender<T>>();
  readonly #receivers = new Set<Waiting<T>>();
  #closed: MailboxClosed | undefined;

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

  /**
   * Puts `value` in if there is room now.
   * @throws {MailboxClosed} when the mailbox is closed.
   */
  trySend(value: T): boolean {
    if (this.#closed) throw this.#closed;
    const [receiver] = this.#receivers;
    if (receiver) {
      receiver.done(value);
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
  async send(value: T, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw abortReason(signal);
    if (this.trySend(value)) return;
    await wait(this.#senders, signal, (waiting: Waiting<void>) => ({ ...waiting, value }));
  }

  /**
   * Takes the oldest value, waiting for one as long as it takes.
   * @throws {MailboxClosed} when the mailbox is or gets closed.
   * @throws the signal's reason when it aborts first.
   */
  async receive(signal: AbortSignal): Promise<T> {
    if (signal.aborted) throw abortReason(signal);
    if (this.#closed) throw this.#closed;
    const value = this.#items.shift();
    if (value === undefined) return wait(this.#receivers, signal, (waiting: Waiting<T>) => waiting);
    const [sender] = this.#senders;
    if (sender) {
      this.#items.push(sender.value);
      sender.done();
    }
    return value;
  }

  /** Fails everybody who waits; values that were not received are dropped. */
  close(reason: string): void {
    this.#closed ??= new MailboxClosed(reason);
    this.#items.length = 0;
    for (const waiting of [...this.#senders, ...this.#receivers]) waiting.fail(this.#closed);
  }
}

/** Stands in `line` until it is done, fails, or `signal` aborts. */
function wait<R, W extends Waiting<R>>(
  line: Set<W>,
  signal: AbortSignal,
  make: (waiting: Waiting<R>) => W,
): Promise<R> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      signal.removeEventListener("abort", onAbort);
      line.delete(waiting);
    };
    const fail = (error: Error): void => {
      leave();
      reject(error);
    };
    const onAbort = (): void => fail(abortReason(signal));
    const done = (result: R): void => {
      leave();
      resolve(result);
    };
    const waiting = make({ done, fail });
    signal.addEventListener("abort", onAbort, { once: true });
    line.add(waiting);
  });
}
