import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Subprocess } from "bun";
import type { SiteStatus } from "#cli/site.ts";
import { eventually } from "./eventually.ts";
import { type Kubectl, newestKubectl } from "./kubectl.ts";
import { NetworkNamespace } from "./network-namespace.ts";
import type { Outcome, RunOptions } from "./process.ts";
import type { SuiteRuntime } from "./suite-runtime.ts";

/** The compiled binary that users get. */
export const BINARY = resolve("dist/edgesite");

/** A DOCKER_HOST where nobody answers. */
const NO_ENGINE = { DOCKER_HOST: "unix:///nonexistent/docker.sock" };

export interface SiteProcessOptions {
  readonly namespace: NetworkNamespace;
  /** The network goes with the site. Default: it stays. */
  readonly ownsNamespace?: boolean;
  /** What runs its pods; absent: an engine that does not answer. */
  readonly runtime?: SuiteRuntime;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where the data directory is made. Default: where temporary files lie. */
  readonly parent?: string;
}

/** A real `edgesite start` on a data directory of its own, in a network of the test's own. */
export class SiteProcess implements AsyncDisposable {
  readonly dataDir: string;
  readonly #options: SiteProcessOptions;
  #child: Subprocess<"ignore", "pipe", "pipe"> | undefined;
  #log = "";
  #kubectl: Kubectl | undefined;

  private constructor(options: SiteProcessOptions) {
    this.#options = options;
    this.dataDir = mkdtempSync(join(options.parent ?? tmpdir(), "edgesite-site-"));
  }

  /** Starts a site and waits until its API is ready. */
  static async start(options: SiteProcessOptions): Promise<SiteProcess> {
    const site = new SiteProcess(options);
    try {
      options.runtime?.prepare(site.dataDir);
      site.launch();
      await site.ready();
      return site;
    } catch (error) {
      await site[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A site with a Ready node, in a network of its own that goes with it. */
  static async alone(runtime: SuiteRuntime): Promise<SiteProcess> {
    const namespace = await NetworkNamespace.create();
    const site = await SiteProcess.start({ namespace, ownsNamespace: true, runtime });
    try {
      await site.nodeReady();
      return site;
    } catch (error) {
      await site[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts the process (again). */
  launch(): void {
    const { namespace, args = [] } = this.#options;
    const command = [BINARY, "start", "--data-dir", this.dataDir, ...args];
    const child = Bun.spawn(namespace.command(command), {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      env: { ...process.env, ...this.env },
    });
    this.#child = child;
    void this.#collect(child.stdout);
    void this.#collect(child.stderr);
  }

  /** Waits until `/readyz` answers ok. */
  async ready(): Promise<void> {
    await eventually(
      async () => {
        if (this.#child && this.#child.exitCode !== null) {
          throw new Error(`edgesite ended with ${this.#child.exitCode}: ${this.#log}`);
        }
        const { stdout } = await this.kubectl(["get", "--raw", "/readyz"]);
        return stdout === "ok";
      },
      { what: "The API" },
    );
  }

  /** Waits until the site's node is Ready. */
  async nodeReady(): Promise<void> {
    const path = '{.items[0].status.conditions[?(@.type=="Ready")].status}';
    await eventually(
      async () =>
        (await this.kubectl(["get", "nodes", "-o", `jsonpath=${path}`])).stdout === "True",
      { what: "A Ready node" },
    );
  }

  /** Where it listens. */
  get network(): NetworkNamespace {
    return this.#options.namespace;
  }

  /** Everything that the process has written so far. */
  get log(): string {
    return this.#log;
  }

  get pid(): number {
    if (!this.#child) throw new Error("The site was not started");
    return this.#child.pid;
  }

  /** What the process and all commands for the same directory are told. */
  get env(): Readonly<Record<string, string>> {
    const { runtime, env } = this.#options;
    return { ...(runtime?.env ?? NO_ENGINE), ...env };
  }

  get kubeconfig(): string {
    return join(this.dataDir, "kubeconfig.yaml");
  }

  /** Runs kubectl against this site: the newest one, or `version`. */
  async kubectl(
    args: readonly string[],
    { version, ...options }: RunOptions & { readonly version?: Kubectl } = {},
  ): Promise<Outcome> {
    this.#kubectl ??= await newestKubectl();
    const { path } = version ?? this.#kubectl;
    const command = [path, "--kubeconfig", this.kubeconfig, ...args];
    const env = { HOME: this.dataDir, ...options.env };
    return this.#options.namespace.run(command, { ...options, env });
  }

  /** kubectl that must succeed; answers its output. */
  async output(
    args: readonly string[],
    options: RunOptions & { readonly version?: Kubectl } = {},
  ): Promise<string> {
    const { exitCode, stdout, stderr } = await this.kubectl(args, options);
    if (exitCode === 0) return stdout;
    throw new Error(`kubectl ${args.join(" ")} ended with ${exitCode}: ${stderr.trim()}`);
  }

  /** Runs another command of the binary on the same data directory. */
  command(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    return this.#options.namespace.run([BINARY, ...args, "--data-dir", this.dataDir], {
      ...options,
      env: { HOME: this.dataDir, ...this.env, ...options.env },
    });
  }

  async status(): Promise<SiteStatus> {
    const { stdout } = await this.command(["status", "-o", "json"]);
    return JSON.parse(stdout);
  }

  /** Sends a signal and waits for the end; answers the exit code. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number> {
    if (!this.#child) return 0;
    this.#child.kill(signal);
    return await this.#child.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#child = undefined;
    try {
      const { exitCode, stderr } = await this.command(["reset", "--yes"]);
      if (exitCode !== 0) throw new Error(`edgesite reset ended with ${exitCode}: ${stderr}`);
      rmSync(this.dataDir, { recursive: true, force: true });
    } finally {
      if (this.#options.ownsNamespace) await this.network[Symbol.asyncDispose]();
    }
  }

  async #collect(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) this.#log += decoder.decode(chunk, { stream: true });
  }
}
