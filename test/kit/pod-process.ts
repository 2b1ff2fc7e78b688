import { readlinkSync } from "node:fs";
import { networkNamespacePath } from "#linux/namespace.ts";
import { eventually } from "#test/kit/eventually.ts";
import { type Outcome, output, type RunOptions, run } from "#test/kit/process.ts";

const QUIET = { stdin: "ignore", stdout: "ignore", stderr: "ignore" } as const;

/** A process in a network namespace of its own: what a pod's sandbox is to the network. */
export class PodProcess implements AsyncDisposable {
  readonly pid: number;
  readonly #child: Bun.Subprocess;
  readonly #servers: Bun.Subprocess[] = [];

  private constructor(child: Bun.Subprocess) {
    this.#child = child;
    this.pid = child.pid;
  }

  static async start(): Promise<PodProcess> {
    const own = readlinkSync("/proc/thread-self/ns/net");
    const child = Bun.spawn(["unshare", "--net", "sleep", "120"], QUIET);
    const moved = () => readlinkSync(networkNamespacePath(child.pid)) !== own;
    await eventually(moved, { withinMs: 5000, what: "A network namespace of the pod" });
    return new PodProcess(child);
  }

  run(command: readonly string[], options?: RunOptions): Promise<Outcome> {
    return run(this.#inside(command), options);
  }

  output(command: readonly string[], options?: RunOptions): Promise<string> {
    return output(this.#inside(command), options);
  }

  /** Starts a server that says `text` to whoever connects. */
  serve(port: number, text: string): Promise<void> {
    return this.serveOutput(port, `echo ${text}`);
  }

  /** Starts a server that says to whoever connects what a shell command prints. */
  async serveOutput(port: number, shell: string): Promise<void> {
    const command = ["busybox", "nc", "-ll", "-p", `${port}`, "-e", "sh", "-c", shell];
    this.#servers.push(Bun.spawn(this.#inside(command), QUIET));
    await eventually(
      async () => (await this.output(["busybox", "netstat", "-ltn"])).includes(`:${port} `),
      { withinMs: 5000, what: `A server on port ${port}` },
    );
  }

  /** Starts a server that says `text` to whoever sends a datagram. */
  async serveDatagrams(port: number, text: string): Promise<void> {
    const program = `
      const socket = require("node:dgram").createSocket("udp6");
      socket.on("message", (_, from) => socket.send(${JSON.stringify(text)}, from.port, from.address));
      socket.bind(${port});
    `;
    const command = this.#inside([process.execPath, "-e", program]);
    this.#servers.push(Bun.spawn(command, QUIET));
    await eventually(
      async () => (await this.output(["busybox", "netstat", "-lun"])).includes(`:${port} `),
      { withinMs: 5000, what: `A server of datagrams on port ${port}` },
    );
  }

  /** Ends the servers; connections that they are answering break. */
  async stopServers(): Promise<void> {
    for (const server of this.#servers.splice(0)) await end(server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopServers();
    await end(this.#child);
  }

  #inside(command: readonly string[]): string[] {
    return ["nsenter", `--net=${networkNamespacePath(this.pid)}`, "--", ...command];
  }
}

/** The command that connects and prints what it is told. Fails when nobody answers. */
export function listenTo(address: string, port: number): string[] {
  return ["sh", "-c", `busybox nc -w 2 ${address} ${port} < /dev/null`];
}

/** The command that sends a datagram and prints the answer, if one comes. */
export function sendTo(address: string, port: number): string[] {
  const ask = 'exec 3<>/dev/udp/"$0"/"$1"; echo >&3; timeout 2 dd bs=1500 count=1 <&3';
  return ["bash", "-c", ask, address, `${port}`];
}

async function end(child: Bun.Subprocess): Promise<void> {
  child.kill("SIGKILL");
  await child.exited;
}
