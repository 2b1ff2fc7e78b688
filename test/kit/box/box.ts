import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Subprocess } from "bun";
import { eventually } from "../eventually.ts";
import { newestKubectl } from "../kubectl.ts";
import { NetworkNamespace } from "../network-namespace.ts";
import type { Outcome, RunOptions } from "../process.ts";
import { type BootFiles, type ExtraFile, makeDisk } from "./disk.ts";
import { linesOf } from "./lines.ts";
import { PROCESSORS, type Processor } from "./processor.ts";
import { type SerialOutcome, SerialShell } from "./serial-shell.ts";

/** Until the API answers on a machine that is emulated, while others use the processors too. */
const API_MS = 300_000;
const PORT = 6443;
/** Without validation: the box would have to make and send the schemas of everything. */
const CREATE = ["create", "--validate=false", "-f", "-"];
/** What edgesite says on the console when it has started. */
const UP = " is up after ";
/**
 * What costs an emulated processor much and proves nothing of edgesite: the kernel's tests of its own
 * ciphers, and detours around flaws of processors.
 */
const KERNEL = ["panic=-1", "quiet", "cryptomgr.notests", "mitigations=off"];

/** What one box differs in from another. */
export interface BoxOptions {
  /** Default: x64. */
  readonly processor?: Processor;
  /** More files on its disk. */
  readonly extra?: readonly ExtraFile[];
}

interface BoxParts {
  readonly folder: string;
  readonly processor: Processor;
  readonly files: BootFiles;
  readonly host: NetworkNamespace;
}

interface Machine {
  readonly process: Subprocess<"pipe", "pipe", "inherit">;
  readonly shell: SerialShell;
}

/** What a start of the machine differs in. */
export interface Boot {
  /** What the clock says at power-on. Default: now. */
  readonly date?: Date;
  /** Whether it has a network card. Default: yes. */
  readonly network?: boolean;
  /** More of the kernel's command line. */
  readonly kernel?: readonly string[];
}

/**
 * A machine with nothing on it but Debian's kernel, busybox and edgesite, emulated by qemu in a
 * network of its own. Its disk is what it keeps; edgesite starts with it.
 *
 * Its clock counts instructions: each takes its one processor 1 ns, however long the emulation takes.
 * What it says of times is what a machine of 1,000 MIPS does, whatever else runs on this one.
 */
export class Box implements AsyncDisposable {
  readonly #folder: string;
  readonly #processor: Processor;
  readonly #files: BootFiles;
  readonly #host: NetworkNamespace;
  #machine: Machine | undefined;

  private constructor({ folder, processor, files, host }: BoxParts) {
    this.#folder = folder;
    this.#processor = processor;
    this.#files = files;
    this.#host = host;
  }

  /** Makes one that was never started. */
  static async create({ processor = PROCESSORS.x64, extra = [] }: BoxOptions = {}): Promise<Box> {
    const folder = mkdtempSync(join(tmpdir(), "edgesite-box-"));
    try {
      const files = await makeDisk({ folder, processor, extra });
      return new Box({ folder, processor, files, host: await NetworkNamespace.create() });
    } catch (error) {
      rmSync(folder, { recursive: true });
      throw error;
    }
  }

  /** Switches it on, and waits until its shell listens. */
  async boot(boot: Boot = {}): Promise<void> {
    if (this.#machine) throw new Error("The box is on");
    const process = Bun.spawn(this.#host.command(this.#command(boot)), {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    });
    const shell = new SerialShell(process.stdin, process.stdout);
    this.#machine = { process, shell };
    await shell.ready();
  }

  /** Takes the power away, as it is. */
  async cut(): Promise<void> {
    const machine = this.#machine;
    this.#machine = undefined;
    machine?.process.kill("SIGKILL");
    await machine?.process.exited;
  }

  /** Runs a line of shell on it. */
  run(line: string): Promise<SerialOutcome> {
    if (!this.#machine) throw new Error("The box is off");
    return this.#machine.shell.run(line);
  }

  /** What must succeed on it; answers what it wrote. */
  async output(line: string): Promise<string> {
    const { exitCode, output } = await this.run(line);
    if (exitCode === 0) return output;
    throw new Error(`'${line}' on the box ended with ${exitCode}: ${output}`);
  }

  /** Waits until edgesite has started and `/readyz` answers ok. */
  async ready(): Promise<void> {
    const file = "/etc/edgesite/kubeconfig.yaml";
    await eventually(
      async () => {
        // The console is read here: the box has no work with it.
        if (!this.console.includes(UP)) return false;
        writeFileSync(this.#kubeconfig, await this.output(`cat ${file}`), { mode: 0o600 });
        return (await this.kubectl(["get", "--raw", "/readyz"])).stdout === "ok";
      },
      { what: `The API of the box (${this.console.slice(-500)})`, withinMs: API_MS },
    );
  }

  /** Runs kubectl, elsewhere, against the box. */
  async kubectl(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    const env = { HOME: this.#folder, ...options.env };
    return this.#host.run(await this.#kubectlCommand(args), { ...options, env });
  }

  /**
   * Creates objects through kubectl until it is done or the power goes, and says so of each that the
   * API has acknowledged.
   */
  async create(list: string, acknowledged: (name: string) => void): Promise<void> {
    for await (const line of this.kubectlLines(CREATE, list)) {
      const [, name] = /^\S+\/(\S+) created$/.exec(line) ?? [];
      if (name !== undefined) acknowledged(name);
    }
  }

  /**
   * What kubectl writes, line by line, until it ends, the power goes or the reader has enough.
   * @throws when it fails while the box is on.
   */
  async *kubectlLines(args: readonly string[], stdin = ""): AsyncGenerator<string, undefined> {
    const child = Bun.spawn(this.#host.command(await this.#kubectlCommand(args)), {
      stdin: new TextEncoder().encode(stdin),
      stdout: "pipe",
      stderr: "pipe",
      env: { ...process.env, HOME: this.#folder },
    });
    const errors = new Response(child.stderr).text();
    try {
      yield* linesOf(child.stdout);
      if ((await child.exited) !== 0 && this.#machine) throw new Error(await errors);
      return undefined;
    } finally {
      child.kill();
      await child.exited;
    }
  }

  /** kubectl that must succeed; answers its output. */
  async kubectlOutput(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const { exitCode, stdout, stderr } = await this.kubectl(args, options);
    if (exitCode === 0) return stdout;
    throw new Error(`kubectl ${args.join(" ")} ended with ${exitCode}: ${stderr.trim()}`);
  }

  /** What kernel and edgesite wrote since the box was last switched on. */
  get console(): string {
    return readFileSync(this.#console, "utf8");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cut();
    await this.#host[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true });
  }

  get #console(): string {
    return join(this.#folder, "console");
  }

  get #kubeconfig(): string {
    return join(this.#folder, "kubeconfig.yaml");
  }

  async #kubectlCommand(args: readonly string[]): Promise<string[]> {
    const { path } = await newestKubectl();
    return [path, "--kubeconfig", this.#kubeconfig, ...args];
  }

  #command({ date, network = true, kernel = [] }: Boot): string[] {
    const { disk, initrd, kernel: image } = this.#files;
    const { emulator, console, shell } = this.#processor;
    const base = date?.toISOString().slice(0, 19) ?? "utc";
    const card = `user,id=lan,hostfwd=tcp:127.0.0.1:${PORT}-:${PORT}`;
    return [
      // It ends with its test, whatever ends that.
      ...["setpriv", "--pdeathsig", "KILL", "--", ...emulator],
      ...["-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"],
      ...["-accel", "tcg,thread=single", "-icount", "shift=0,sleep=on"],
      ...["-smp", "1", "-m", "1536", "-rtc", `base=${base},clock=vm`],
      ...["-kernel", image, "-initrd", initrd],
      ...["-append", [`console=${console}`, `shell=${shell.line}`, ...KERNEL, ...kernel].join(" ")],
      ...["-drive", `file=${disk},format=raw,if=virtio,cache=writethrough`],
      ...(network ? ["-netdev", card, "-device", "virtio-net-pci,netdev=lan,romfile="] : []),
      ...["-serial", `file:${this.#console}`, ...shell.devices],
    ];
  }
}
