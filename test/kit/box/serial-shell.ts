import { randomUUID } from "node:crypto";
import type { FileSink } from "bun";
import { linesOf } from "./lines.ts";

/** What a command on the box did; its two outputs are one there. */
export interface SerialOutcome {
  readonly exitCode: number;
  readonly output: string;
}

/** The shell on a line to the box, which runs one line after the other. */
export class SerialShell {
  readonly #input: FileSink;
  readonly #lines: AsyncIterator<string>;
  #last: Promise<unknown> = Promise.resolve();

  constructor(input: FileSink, output: ReadableStream<Uint8Array>) {
    this.#input = input;
    this.#lines = linesOf(output);
  }

  /** Waits until the box listens. */
  async ready(): Promise<void> {
    await this.#until("box: ready");
  }

  /** Runs a line of the shell's language. */
  run(line: string): Promise<SerialOutcome> {
    const turn = this.#last.then(() => this.#run(line));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #run(line: string): Promise<SerialOutcome> {
    const mark = `end of ${randomUUID()}`;
    void this.#input.write(`{ ${line}; } </dev/null; code=$?; echo; echo "${mark} $code"\n`);
    await this.#input.flush();
    const output: string[] = [];
    const end = await this.#until(mark, output);
    if (output.at(-1) === "") output.pop();
    return { exitCode: Number(end.slice(mark.length)), output: output.join("\n") };
  }

  async #until(start: string, before: string[] = []): Promise<string> {
    for (;;) {
      const { done, value } = await this.#lines.next();
      if (done) throw new Error("The box is off");
      if (value.startsWith(start)) return value;
      before.push(value);
    }
  }
}
