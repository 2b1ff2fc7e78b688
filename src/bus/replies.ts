import { abortReason } from "#lib/abort.ts";
import { asError } from "#lib/errors.ts";
import { SyncTimeout } from "./bus.ts";
import type { Message } from "./message.ts";

/** A request whose answers are awaited. */
export interface Expected {
  readonly id: string;
  /** The modules that were asked; one answer of each is due. */
  readonly from: readonly string[];
  /** Whom the error of a timeout names. */
  readonly to: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

interface Pending {
  readonly from: readonly string[];
  readonly answers: Message[];
  resolve(answers: Message[]): void;
  reject(error: Error): void;
}

/**
 * Requests that wait for their answers, by message id. An answer is expected before the request
 * is sent: beehive did it afterwards and lost the answer of a quick module (kubeedge#3016).
 */
export class Replies {
  readonly #pending = new Map<string, Pending>();

  /**
   * Registers the request, sends it, and waits for its answers. `send` returns what still queues
   * for room, and watches the signal that it can ask for: that aborts when nobody waits any more.
   */
  expect(
    { id, from, to, timeoutMs, signal }: Expected,
    send: (gaveUp: () => AbortSignal) => readonly Promise<void>[],
  ): Promise<Message[]> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(abortReason(signal));
      if (this.#pending.has(id))
        return reject(new TypeError(`Message ${id} is already being sent`));
      let gaveUp: AbortController | undefined;
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        this.#pending.delete(id);
      };
      const fail = (error: Error): void => {
        end();
        gaveUp?.abort(error);
        reject(error);
      };
      const onAbort = (): void => fail(abortReason(signal));
      const timer = setTimeout(() => fail(new SyncTimeout(to, timeoutMs)), timeoutMs);
      signal.addEventListener("abort", onAbort, { once: true });
      this.#pending.set(id, {
        from,
        answers: [],
        resolve: (answers) => {
          end();
          resolve(answers);
        },
        reject: fail,
      });
      try {
        const queueing = send(() => {
          gaveUp ??= new AbortController();
          return gaveUp.signal;
        });
        for (const one of queueing) one.catch(fail);
      } catch (error) {
        fail(asError(error));
      }
    });
  }

  /** Hands an answer to whoever waits for it; never blocks. False when nobody does. */
  complete(answer: Message): boolean {
    const pending = this.#pending.get(answer.header.parent_msg_id ?? "");
    if (pending === undefined) return false;
    pending.answers.push(answer);
    if (pending.answers.length === pending.from.length) pending.resolve(pending.answers);
    return true;
  }

  /** Fails every request that one module still owes an answer. */
  failFrom(module: string, error: Error): void {
    for (const pending of [...this.#pending.values()]) {
      if (pending.from.includes(module)) pending.reject(error);
    }
  }
}
