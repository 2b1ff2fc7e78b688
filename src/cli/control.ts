import { existsSync } from "node:fs";
import { errorCode, UserError } from "#lib/errors.ts";
import { lines } from "#lib/lines.ts";
import type { ImageLine, ImageRow, TransferProgress } from "./image-lines.ts";
import { sitePaths } from "./paths.ts";
import type { SiteStatus } from "./site.ts";

/** The longest time a running site may take to answer a question: it does even when its API does not. */
const ANSWER_MS = 10_000;

/** The status that the site gives a reason for people with. */
const REFUSED = 422;

/** What connecting to the socket of a site that was killed fails with, in Bun's words and the kernel's. */
const NOBODY_LISTENS: ReadonlySet<string> = new Set([
  "ConnectionRefused",
  "ECONNREFUSED",
  "ENOENT",
  "FailedToOpenSocket",
]);

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
      if (code !== undefined && NOBODY_LISTENS.has(code)) return undefined;
      throw new UserError(
        `Cannot reach the site on ${dataDir}: ${code ?? String(error)}. Run this command as the user that started it (usually with sudo)`,
        { cause: error },
      );
    }
  }

  /** The site that runs on a data directory. @throws {UserError} when none does. */
  static async running(dataDir: string): Promise<Control> {
    const running = await Control.find(dataDir);
    if (running) return running;
    throw new UserError(`No site runs on ${dataDir}. Start it with 'edgesite start'`);
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

  async images(): Promise<readonly ImageRow[]> {
    const answer = await this.#ask("GET", "/images");
    const rows: readonly ImageRow[] = JSON.parse(await answer.text());
    return rows;
  }

  /** Fetches an image; answers what it is called. @throws {UserError} with the one reason why not. */
  pullImage(
    wish: { readonly name: string; readonly platform?: string },
    onProgress: (progress: TransferProgress) => void,
  ): Promise<readonly string[]> {
    return this.#follow("/images/pull", wish, onProgress);
  }

  /** Takes in an archive that lies under an absolute path. @throws {UserError} with the one reason why not. */
  importImages(
    path: string,
    onProgress: (progress: TransferProgress) => void,
  ): Promise<readonly string[]> {
    return this.#follow("/images/import", { path }, onProgress);
  }

  /** An archive of images; it ends with an error where one of them is damaged. */
  async saveImages(names: readonly string[]): Promise<ReadableStream<Uint8Array>> {
    const { body } = await this.#ask("POST", "/images/save", { names });
    return body ?? new ReadableStream();
  }

  async removeImage(name: string): Promise<void> {
    await this.#ask("POST", "/images/remove", { name });
  }

  async pinImage(name: string, pinned: boolean): Promise<void> {
    await this.#ask("POST", "/images/pin", { name, pinned });
  }

  /** Work that tells how far it is. */
  async #follow(
    path: string,
    wish: object,
    onProgress: (progress: TransferProgress) => void,
  ): Promise<readonly string[]> {
    const answer = await this.#ask("POST", path, wish);
    for await (const text of lines(answer.body ?? new ReadableStream<Uint8Array>())) {
      const line: ImageLine = JSON.parse(text);
      if ("done" in line) return line.done;
      if ("failed" in line) throw new UserError(line.failed);
      onProgress(line.progress);
    }
    throw new UserError("The site stopped before it was done");
  }

  async #ask(method: string, path: string, body?: object): Promise<Response> {
    const answer = await fetch(`http://edgesite${path}`, {
      method,
      unix: this.#socket,
      ...(body && { body: JSON.stringify(body) }),
      ...(method === "POST" ? { timeout: false } : { signal: AbortSignal.timeout(ANSWER_MS) }),
    });
    if (answer.ok) return answer;
    const words = await answer.text();
    // A reason for people stands alone.
    const isReason = answer.status === REFUSED;
    throw new UserError(isReason ? words : `The site refused ${path}: ${words}`);
  }
}
