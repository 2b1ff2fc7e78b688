import { asError } from "#lib/errors.ts";
import type { Operation } from "./operation.ts";

/** A change that waits for its turn. Turns are taken in the order of `enqueue`. */
export interface Turn {
  /** Empty for a change that touches no row. */
  readonly operations: readonly Operation[];
  /** A row to write once the change is visible, as by `ride`. */
  readonly rider?: Rider;
  /** The operations are on disk and everything before is done: make the change visible. */
  done(): void;
  /** Nothing of the change happened. */
  failed(error: Error): void;
}

/** An operation that nobody waits for, and how long it may take to be on disk. */
export interface Rider {
  readonly operation: Operation;
  readonly withinMs: number;
}

/** Where operations become durable, all together or none. */
export interface Committer {
  commit(operations: readonly Operation[]): Promise<void>;
}

const MAX_BATCH_BYTES = 8 * 1024 * 1024;
const MAX_BATCH_TURNS = 2048;
/** Riders whose commit failed try again after this time where nothing else is written. */
const RETRY_MS = 60_000;

/**
 * Group commit: while one transaction is on its way to the disk, the next one gathers. Turns that
 * touch no row are done at once when nothing is ahead of them. Riders are operations that nobody
 * waits for: they go along with the next transaction, or alone when their time is up.
 */
export class GroupCommit {
  readonly #committer: Committer;
  #queue: Turn[] = [];
  #committing = false;
  #scheduled = false;
  readonly #riders = new Map<string, Operation>();
  #flushTimer: { readonly handle: NodeJS.Timeout; readonly atMs: number } | undefined;
  #idle: (() => void)[] = [];

  constructor(committer: Committer) {
    this.#committer = committer;
  }

  enqueue(turn: Turn): void {
    if (turn.operations.length === 0 && this.#queue.length === 0 && !this.#committing) {
      return this.#finish(turn);
    }
    this.#queue.push(turn);
    this.#schedule();
  }

  /** A durable write of rows without anything to show for it. */
  commit(operations: readonly Operation[]): Promise<void> {
    return new Promise((resolve, reject) =>
      this.enqueue({ operations, done: resolve, failed: reject }),
    );
  }

  /** Writes the operation with the next transaction, in `withinMs` at the latest. A later one of the same row replaces it. */
  ride({ operation, withinMs }: Rider): void {
    this.#riders.set(rowOf(operation), operation);
    this.#flushIn(withinMs);
  }

  #flushIn(withinMs: number): void {
    const atMs = performance.now() + withinMs;
    if (this.#flushTimer && this.#flushTimer.atMs <= atMs) return;
    clearTimeout(this.#flushTimer?.handle);
    this.#flushTimer = { handle: setTimeout(() => this.#flushRiders(), withinMs), atMs };
  }

  /** Resolves when nothing waits any more, riders included. */
  async drain(): Promise<void> {
    // Riders may come up while the queue empties; what fails then is not tried again.
    for (let round = 0; round < 2; round++) {
      if (this.#riders.size > 0) this.#schedule();
      if (!this.#scheduled && !this.#committing) break;
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    }
    clearTimeout(this.#flushTimer?.handle);
    this.#flushTimer = undefined;
  }

  #flushRiders(): void {
    this.#flushTimer = undefined;
    if (this.#riders.size > 0) this.#schedule();
  }

  #schedule(): void {
    if (this.#committing || this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      void this.#next();
    });
  }

  async #next(): Promise<void> {
    const turns = this.#take();
    const riders = [...this.#riders.entries()];
    const operations = [
      ...riders.map(([, operation]) => operation),
      ...turns.flatMap((turn) => turn.operations),
    ];
    this.#committing = true;
    const failure = await this.#commit(operations);
    if (failure) {
      // What was queued meanwhile may build on what just failed.
      for (const turn of [...turns, ...this.#queue.splice(0)]) turn.failed(failure);
      if (this.#riders.size > 0) this.#flushIn(RETRY_MS);
    } else {
      this.#settleRiders(riders);
      for (const turn of turns) this.#finish(turn);
    }
    // Not before: what those who are told write must not overtake the turns that are still to be told.
    this.#committing = false;
    if (this.#queue.length > 0) return this.#schedule();
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** A row that a turn wrote is newer than what rides, and older than the turn's own rider. */
  #finish(turn: Turn): void {
    if (this.#riders.size > 0) {
      for (const operation of turn.operations) this.#riders.delete(rowOf(operation));
    }
    if (turn.rider) this.ride(turn.rider);
    turn.done();
  }

  async #commit(operations: readonly Operation[]): Promise<Error | undefined> {
    try {
      if (operations.length > 0) await this.#committer.commit(operations);
      return undefined;
    } catch (error) {
      return asError(error);
    }
  }

  #take(): Turn[] {
    let bytes = 0;
    let count = 0;
    for (const turn of this.#queue) {
      bytes += turn.operations.reduce((sum, operation) => sum + sizeOf(operation), 0);
      if (count > 0 && (bytes > MAX_BATCH_BYTES || count >= MAX_BATCH_TURNS)) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  #settleRiders(written: readonly (readonly [string, Operation])[]): void {
    for (const [row, operation] of written) {
      if (this.#riders.get(row) === operation) this.#riders.delete(row);
    }
    if (this.#riders.size > 0) return;
    clearTimeout(this.#flushTimer?.handle);
    this.#flushTimer = undefined;
  }
}

function sizeOf(operation: Operation): number {
  return "value" in operation ? operation.value.length : 0;
}

function rowOf(operation: Operation): string {
  switch (operation.kind) {
    case "putObject":
    case "removeObject":
    case "quarantineObject":
    case "releaseObject":
    case "removeQuarantined": {
      const { collection, namespace, name } = operation.key;
      return `object ${collection} ${namespace} ${name}`;
    }
    case "putMeta":
    case "removeMeta":
      return `meta ${operation.key}`;
    case "putAddress":
    case "removeAddress":
      return `address ${operation.uid}`;
    case "putSetting":
      return `setting ${operation.name}`;
    case "putImageRow":
    case "removeImageRow":
      return `image ${operation.about} ${operation.key}`;
  }
}
