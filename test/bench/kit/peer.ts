import type { Subprocess } from "bun";
import { report } from "./report.ts";

/** Ends the benchmark with the reason when programs that it needs are not installed. */
export function requireTools(
  bench: string,
  { tools, aim }: { tools: readonly string[]; aim: string },
): void {
  const missing = tools.filter((tool) => Bun.which(tool) === null);
  if (missing.length === 0) return;
  report(bench, { skipped: `not installed: ${missing.join(", ")}`, aim });
  process.exit(0);
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
