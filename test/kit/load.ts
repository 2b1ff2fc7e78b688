import { resolve } from "node:path";
import type { NetworkNamespace } from "./network-namespace.ts";

const PROGRAM = resolve("test/kit/load-program.ts");

export interface LoadOptions {
  readonly url: string;
  /** The answer that is right. */
  readonly answer: string;
  /** Clients that ask at a time. */
  readonly clients: number;
}

export interface LoadReport {
  readonly requests: number;
  /** What went wrong, by the wall clock. */
  readonly failures: readonly { readonly startedAtMs: number; readonly reason: string }[];
}

/** Requests from a network, each over a connection of its own, until they are ended. */
export class Load implements AsyncDisposable {
  readonly #child: Bun.Subprocess<"ignore", "pipe", "inherit">;

  constructor(from: NetworkNamespace, { url, answer, clients }: LoadOptions) {
    const program = [process.execPath, PROGRAM, url, answer, String(clients)];
    this.#child = Bun.spawn(from.command(program), { stdin: "ignore", stdout: "pipe" });
  }

  /** Lets the requests on their way finish, and answers what came of all of them. */
  async end(): Promise<LoadReport> {
    this.#child.kill("SIGTERM");
    return JSON.parse(await new Response(this.#child.stdout).text());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}
