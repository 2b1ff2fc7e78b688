import type { Subprocess } from "bun";
import { report } from "./report.ts";

export interface Comparison {
  readonly bench: string;
  /** Programs that it needs. */
  readonly tools: readonly string[];
  readonly aim: string;
  run(): Promise<void>;
}

/** Runs a comparison, or says what is not installed: a benchmark installs nothing. */
export async function compare({ bench, tools, aim, run }: Comparison): Promise<void> {
  const missing = tools.filter((tool) => Bun.which(tool) === null);
  if (missing.length === 0) return run();
  report(bench, { skipped: `not installed: ${missing.join(", ")}`, aim });
}

/** A program that runs until it is disposed of. */
export class Peer implements AsyncDisposable {
  readonly #child: Subprocess;

  constructor(command: readonly string[]) {
    this.#child = Bun.spawn([...command], { stdio: ["ignore", "ignore", "ignore"] });
  }

  get pid(): number {
    return this.#child.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill();
    await this.#child.exited;
  }
}
