import type { ExecStream } from "#api/node-streams.ts";
import { abortable } from "#lib/abort.ts";
import type { Clock } from "#lib/clock.ts";
import type { LogOptions, ProcessOptions } from "../types.ts";

/** What a pretended command does. */
export interface Program {
  readonly stdout?: string;
  readonly stderr?: string;
  /** Ends at once with this code; absent: it runs until it is stopped. */
  readonly exitCode?: number;
  /** Answers its input on its output, and ends with it. */
  readonly echoes?: boolean;
  /** Goes on when asked to end: only a kill helps. */
  readonly ignoresTerm?: boolean;
}

const SIGTERM_EXIT = 143;
const SIGKILL_EXIT = 137;

interface Line {
  readonly at: Date;
  readonly text: string;
}

/** A process that is none: its output, its end and who waits for it. */
export class MemoryProcess {
  readonly #program: Program;
  readonly #lines: readonly Line[];
  readonly #end = Promise.withResolvers<number>();

  constructor(program: Program, clock: Clock) {
    this.#program = program;
    const text = (program.stdout ?? "") + (program.stderr ?? "");
    this.#lines = text
      .split(/(?<=\n)/)
      .filter((line) => line !== "")
      .map((line) => ({ at: clock.now(), text: line }));
    if (program.exitCode !== undefined) this.end(program.exitCode);
  }

  output(): string {
    return this.#lines.map(({ text }) => text).join("");
  }

  end(exitCode: number): void {
    this.#end.resolve(exitCode);
  }

  onEnd(callback: (exitCode: number) => void): void {
    void this.#end.promise.then(callback);
  }

  ended(signal: AbortSignal): Promise<number> {
    return abortable(this.#end.promise, signal);
  }

  async terminate(graceMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#program.ignoresTerm) this.end(SIGTERM_EXIT);
    const kill = setTimeout(() => this.end(SIGKILL_EXIT), graceMs);
    try {
      await this.ended(signal);
    } finally {
      clearTimeout(kill);
    }
  }

  stream(options: ProcessOptions, signal: AbortSignal): ExecStream {
    const pipe = new TransformStream<Uint8Array, Uint8Array>();
    const echoed = pipe.readable.pipeThrough(new TransformStream({ flush: () => this.end(0) }));
    const { stdout = "", stderr = "", echoes = false } = this.#program;
    const printed = options.tty ? stdout + stderr : stdout;
    return {
      ...(options.stdin && { stdin: pipe.writable }),
      ...(options.stdout && { stdout: echoes ? echoed : streamOf(printed) }),
      ...(options.stderr && !options.tty && { stderr: streamOf(stderr) }),
      resize: () => undefined,
      exitCode: this.ended(signal),
    };
  }

  logs({ follow, timestamps, since, tailLines }: LogOptions, signal: AbortSignal) {
    const wanted = this.#lines.filter(({ at }) => since === undefined || at >= since);
    const kept = tailLines === undefined ? wanted : wanted.slice(wanted.length - tailLines);
    const text = kept.map((line) => (timestamps ? `${line.at.toISOString()} ` : "") + line.text);
    return streamOf(text.join(""), follow ? this.ended(signal) : undefined);
  }
}

/** A stream of some text that ends once `until` has settled. */
function streamOf(text: string, until?: Promise<unknown>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async start(controller) {
      if (text !== "") controller.enqueue(new TextEncoder().encode(text));
      await until;
      controller.close();
    },
  });
}
