import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Subprocess } from "bun";
import { eventually } from "./eventually.ts";
import { IMAGES, importBusybox } from "./image.ts";
import { NetworkNamespace } from "./network-namespace.ts";
import { run } from "./process.ts";

export interface EngineOptions {
  /** A network that it makes its own, with its bridge and its firewall. Default: one apart, without. */
  readonly host?: NetworkNamespace;
}

/**
 * A Docker engine of the tests' own: containerd and dockerd with live-restore, in a network
 * namespace and directories that go with it. It touches no other engine of the machine.
 */
export class DockerEngine implements AsyncDisposable {
  readonly #directory: string;
  readonly #options: EngineOptions;
  /** The network that the engine is on: that of pods on the host's network. */
  readonly namespace: NetworkNamespace;
  #containerd: Subprocess | undefined;
  #dockerd: Subprocess | undefined;

  private constructor(options: EngineOptions, namespace: NetworkNamespace) {
    this.#directory = mkdtempSync(join(tmpdir(), "edgesite-engine-"));
    this.#options = options;
    this.namespace = namespace;
  }

  static async start(options: EngineOptions = {}): Promise<DockerEngine> {
    const engine = new DockerEngine(options, options.host ?? (await NetworkNamespace.create()));
    const directory = engine.#directory;
    try {
      engine.#containerd = engine.#spawn("containerd", [
        "--root",
        join(directory, "containerd"),
        "--state",
        join(directory, "containerd-state"),
        "--address",
        join(directory, "containerd.sock"),
      ]);
      await engine.startDaemon();
      for (const image of IMAGES) await importBusybox(image, engine.address);
      return engine;
    } catch (error) {
      await engine[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What DOCKER_HOST would say. */
  get address(): string {
    return `unix://${join(this.#directory, "docker.sock")}`;
  }

  /** containerd and dockerd. */
  get pids(): readonly number[] {
    return [this.#containerd, this.#dockerd].flatMap((child) => child?.pid ?? []);
  }

  /** Runs the docker command line against this engine. */
  docker(args: readonly string[]) {
    return run(["docker", "-H", this.address, ...args]);
  }

  /** Starts dockerd and waits until it answers. */
  async startDaemon(): Promise<void> {
    const in_ = (name: string): string => join(this.#directory, name);
    this.#dockerd = this.#spawn("dockerd", [
      "--containerd",
      in_("containerd.sock"),
      "--host",
      this.address,
      "--data-root",
      in_("docker"),
      "--exec-root",
      in_("docker-exec"),
      "--pidfile",
      in_("docker.pid"),
      "--live-restore",
      ...(this.#options.host ? [] : ["--bridge=none", "--iptables=false", "--ip6tables=false"]),
    ]);
    await eventually(async () => (await this.docker(["info"])).exitCode === 0, { what: "dockerd" });
  }

  /** Ends dockerd; its containers live on. */
  async stopDaemon(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    this.#dockerd?.kill(signal);
    await this.#dockerd?.exited;
    rmSync(join(this.#directory, "docker.pid"), { force: true });
  }

  /** Lets dockerd take connections and answer none, until that is disposed of. */
  freeze(): Disposable {
    const dockerd = this.#dockerd;
    dockerd?.kill("SIGSTOP");
    return { [Symbol.dispose]: () => dockerd?.kill("SIGCONT") };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { stdout } = await this.docker(["ps", "-aq"]);
    const containers = stdout.split("\n").filter((id) => id !== "");
    if (containers.length > 0) await this.docker(["rm", "-f", ...containers]);
    await this.stopDaemon();
    await this.#removeForgotten();
    this.#containerd?.kill();
    await this.#containerd?.exited;
    if (!this.#options.host) await this.namespace[Symbol.asyncDispose]();
    await unmountBelow(this.#directory);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** What a dockerd that was killed in mid-work had started, and knows nothing of any more. */
  async #removeForgotten(): Promise<void> {
    const socket = join(this.#directory, "containerd.sock");
    const ctr = ["ctr", "--address", socket, "--namespace", "moby", "tasks"];
    const { stdout } = await run([...ctr, "ls", "-q"]);
    const tasks = stdout.split("\n").filter((id) => id !== "");
    if (tasks.length > 0) await run([...ctr, "rm", "--force", ...tasks]);
    // Shims whose task had not begun are in no list.
    for (const pid of processesThatName(socket)) process.kill(pid, "SIGKILL");
  }

  #spawn(program: string, args: readonly string[]): Subprocess {
    const log = openSync(join(this.#directory, `${program}.log`), "a");
    return Bun.spawn(this.namespace.command([program, ...args]), { stdio: ["ignore", log, log] });
  }
}

/** Mounts that an engine left below its directory. */
async function unmountBelow(directory: string): Promise<void> {
  const mounts = (await Bun.file("/proc/self/mountinfo").text())
    .split("\n")
    .flatMap((line) => line.split(" ")[4] ?? [])
    .filter((path) => path.startsWith(`${directory}/`));
  for (const path of mounts.toReversed()) await run(["umount", "-l", path]);
}

/** Shims of containerd that were started for this socket, which is in no other engine's directory. */
function processesThatName(socket: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .filter((pid) => {
      const [program = "", ...args] = commandOf(pid);
      return program.includes("containerd-shim") && args.includes(socket);
    })
    .map(Number);
}

/** The words of a process's command; none when it has ended meanwhile. */
function commandOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}
