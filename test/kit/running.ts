import type { Subprocess } from "bun";
import { eventually } from "./eventually.ts";

export interface RunningOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Gives the program a terminal of this size instead of pipes. */
  readonly terminal?: { readonly cols: number; readonly rows: number };
}

/** A program that runs until it is ended, and what it has written so far. */
export class Running implements AsyncDisposable {
  readonly #child: Subprocess;
  #output = "";

  constructor(command: readonly string[], { env, terminal }: RunningOptions = {}) {
    const decoder = new TextDecoder();
    const take = (bytes: Uint8Array): void => {
      this.#output += decoder.decode(bytes, { stream: true });
    };
    const surroundings = { env: { ...process.env, ...env } };
    if (terminal) {
      const data = (_terminal: unknown, bytes: Uint8Array): void => take(bytes);
      this.#child = Bun.spawn([...command], { ...surroundings, terminal: { ...terminal, data } });
      return;
    }
    const child = Bun.spawn([...command], {
      ...surroundings,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    for (const stream of [child.stdout, child.stderr]) void collect(stream, take);
    this.#child = child;
  }

  /** Everything that it has written to either output. */
  get output(): string {
    return this.#output;
  }

  get terminal(): Bun.Terminal | undefined {
    return this.#child.terminal;
  }

  /** Waits until a text was written. */
  async wrote(text: string): Promise<void> {
    await eventually(() => this.#output.includes(text), { what: `'${text}'` });
  }

  /** Waits until the program ends by itself; answers its exit code. */
  get exited(): Promise<number> {
    return this.#child.exited;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}

async function collect(
  stream: ReadableStream<Uint8Array>,
  take: (bytes: Uint8Array) => void,
): Promise<void> {
  for await (const chunk of stream) take(chunk);
}
