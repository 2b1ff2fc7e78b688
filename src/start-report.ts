import type { Io } from "#cli/io.ts";

/** Tells the person at the terminal how a start goes. */
export class StartReport {
  readonly #io: Io;
  readonly #startedMs: number;
  readonly #monotonicMs: () => number;
  #phase: { readonly name: string; readonly sinceMs: number } | undefined;
  #done = 0;
  readonly #total: number;

  constructor(io: Io, options: { readonly phases: number; readonly monotonicMs: () => number }) {
    this.#io = io;
    this.#total = options.phases;
    this.#monotonicMs = options.monotonicMs;
    this.#startedMs = options.monotonicMs();
  }

  /** A phase begins; the one before has ended well. */
  begin(name: string): void {
    this.end();
    this.#phase = { name, sinceMs: this.#monotonicMs() };
    this.#draw();
  }

  /** Writes lines of the log; the phase that is under way stays the last one. */
  write(text: string): void {
    if (this.#phase && this.#io.interactive) this.#io.err("\r\x1b[K");
    this.#io.err(text);
    this.#draw();
  }

  /** The phase that is under way has ended well. */
  end(): void {
    if (!this.#phase) return;
    const { name, sinceMs } = this.#phase;
    this.#phase = undefined;
    this.#done += 1;
    const line = `${name.padEnd(44)} ${ms(this.#monotonicMs() - sinceMs)}`;
    this.#io.err(this.#io.interactive ? `\r\x1b[K${this.#bar()} ${line}\n` : `${line}\n`);
  }

  /** The start has ended in a failure: the line that was drawn goes. */
  abandon(): void {
    if (this.#phase && this.#io.interactive) this.#io.err("\r\x1b[K");
    this.#phase = undefined;
  }

  /** Time since the report was made. */
  get elapsed(): string {
    return ms(this.#monotonicMs() - this.#startedMs);
  }

  #draw(): void {
    if (this.#phase && this.#io.interactive) this.#io.err(`${this.#bar()} ${this.#phase.name} …`);
  }

  #bar(): string {
    const full = Math.round((this.#done / this.#total) * BAR_CELLS);
    return `[${"█".repeat(full)}${"░".repeat(Math.max(0, BAR_CELLS - full))}]`;
  }
}

const BAR_CELLS = 10;

const ms = (value: number): string => `${value.toFixed(0).padStart(5)} ms`;
