import { existsSync } from "node:fs";
import { errorCode, UserError } from "#lib/errors.ts";
import { sitePaths } from "./paths.ts";
import type { SiteStatus } from "./site.ts";

/** The longest time a running site may take to answer a question: it does even when its API does not. */
const ANSWER_MS = 10_000;

/** A running site, over its control socket. */
export class Control {
  readonly #socket: string;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  /** The site that runs on a data directory; undefined when none does. */
  static async find(dataDir: string): Promise<Control | undefined> {
    const { socket } = sitePaths(dataDir);
    if (!existsSync(socket)) return undefined;
    const control = new Control(socket);
    try {
      await control.#ask("GET", "/ping");
      return control;
    } catch (error) {
      const code = errorCode(error);
      if (code === "ConnectionRefused" || code === "ENOENT" || code === "FailedToOpenSocket") {
        return undefined;
      }
      throw new UserError(
        `Cannot reach the site on ${dataDir}: ${code ?? String(error)}. Run this command as the user that started it (usually with sudo)`,
        { cause: error },
      );
    }
  }

  async status(): Promise<SiteStatus> {
    const answer = await this.#ask("GET", "/status");
    const status: SiteStatus = JSON.parse(await answer.text());
    return status;
  }

  /** Tells the site to stop and waits until its process has let go of everything. */
  async stop(options: { readonly workloads: boolean }): Promise<void> {
    const answer = await this.#ask("POST", `/stop?workloads=${options.workloads}`);
    // The answer ends when the process does.
    await answer.text().catch(() => undefined);
  }

  /** Gives Secrets a new key. */
  async rotateKey(): Promise<void> {
    await this.#ask("POST", "/secrets/rotate-key");
  }

  /** Tells the site that client certificates were revoked. */
  async reloadClients(): Promise<void> {
    await this.#ask("POST", "/clients/reload");
  }

  async #ask(method: string, path: string): Promise<Response> {
    const answer = await fetch(`http://edgesite${path}`, {
      method,
      unix: this.#socket,
      ...(method === "POST" ? { timeout: false } : { signal: AbortSignal.timeout(ANSWER_MS) }),
    });
    if (!answer.ok) throw new UserError(`The site refused ${path}: ${await answer.text()}`);
    return answer;
  }
}
