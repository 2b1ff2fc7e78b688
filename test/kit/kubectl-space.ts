import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { Kubectl } from "./kubectl.ts";
import type { NetworkNamespace } from "./network-namespace.ts";
import type { Outcome, RunOptions } from "./process.ts";
import { Running, type RunningOptions } from "./running.ts";
import type { SiteProcess } from "./site-process.ts";

/** Arguments, or all of them in one string where none holds a space. */
export type Arguments = string | readonly string[];

interface KubectlSpaceOptions {
  readonly site: SiteProcess;
  /** Where kubectl runs: the site's host. */
  readonly host: NetworkNamespace;
  readonly version: Kubectl;
}

/** One version of kubectl, used in a Kubernetes namespace and a folder of its own. */
export class KubectlSpace implements AsyncDisposable {
  /** The Kubernetes namespace. */
  readonly name: string;
  /** A folder for files that kubectl reads and writes. */
  readonly folder: string;
  /** 20 of 1.20 */
  readonly minor: number;
  readonly #options: KubectlSpaceOptions;

  private constructor(options: KubectlSpaceOptions) {
    const { version } = options.version;
    this.#options = options;
    this.name = `v${version.replace(".", "-")}`;
    this.minor = Number(version.slice(2));
    this.folder = mkdtempSync(join(tmpdir(), `edgesite-kubectl-${version}-`));
  }

  static async create(options: KubectlSpaceOptions): Promise<KubectlSpace> {
    const space = new KubectlSpace(options);
    await space.ok(["create", "namespace", space.name]);
    return space;
  }

  run(args: Arguments, options: RunOptions = {}): Promise<Outcome> {
    const { site, version } = this.#options;
    return site.kubectl(this.#inSpace(args), { ...options, version });
  }

  /** kubectl that must succeed; answers its output. */
  ok(args: Arguments, options: RunOptions = {}): Promise<string> {
    const { site, version } = this.#options;
    return site.output(this.#inSpace(args), { ...options, version });
  }

  /** kubectl that must fail; answers what it complains of. */
  async refused(args: Arguments, options: RunOptions = {}): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(args, options);
    if (exitCode !== 0) return stderr;
    throw new Error(`kubectl ${this.#inSpace(args).join(" ")} succeeded: ${stdout.trim()}`);
  }

  /** What a JSON path finds in an object. */
  read(object: string, path: string): Promise<string> {
    return this.ok(["get", object, "-o", `jsonpath={${path}}`]);
  }

  /** kubectl that goes on until it is ended. */
  start(args: Arguments, options: RunningOptions = {}): Running {
    const { site, host, version } = this.#options;
    const command = [version.path, "--kubeconfig", site.kubeconfig, ...this.#inSpace(args)];
    const env = { HOME: site.dataDir, ...options.env };
    return new Running(host.command(command), { ...options, env });
  }

  /** The path of a kubeconfig for the same site with another token in it. */
  async kubeconfigWith(token: string): Promise<string> {
    const kubeconfig = parse(readFileSync(this.#options.site.kubeconfig, "utf8"));
    for (const { user } of kubeconfig.users) user.token = token;
    return this.file(stringify(kubeconfig), 0o600);
  }

  /** The path of a file with that content. */
  file(text: string, mode = 0o644): string {
    const path = join(this.folder, `${Bun.hash(text)}.yaml`);
    writeFileSync(path, text, { mode });
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    rmSync(this.folder, { recursive: true });
    await this.ok(["delete", "namespace", this.name, "--wait=false"]);
  }

  #inSpace(args: Arguments): readonly string[] {
    return ["-n", this.name, ...(typeof args === "string" ? args.split(" ") : args)];
  }
}
