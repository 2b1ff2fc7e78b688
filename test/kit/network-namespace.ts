import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { basename } from "node:path";
import { type Outcome, output, type RunOptions, run } from "./process.ts";

/** The directory of temporary files tells runs of the tests apart, and finds what one leaves behind. */
const RUN = `edgesite-${basename(tmpdir())}`;

/** A network of a test's own: loopback and nothing else, gone with everything in it at the end. */
export class NetworkNamespace implements AsyncDisposable {
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  static async create(): Promise<NetworkNamespace> {
    const namespace = new NetworkNamespace(`${RUN}-${randomUUID().slice(0, 8)}`);
    await output(["ip", "netns", "add", namespace.name]);
    await namespace.output(["ip", "link", "set", "lo", "up"]);
    return namespace;
  }

  /** One that somebody else made and removes. */
  static existing(name: string): NetworkNamespace {
    return new NetworkNamespace(name);
  }

  /** Joins it to another one by a veth pair, as two machines on one LAN. */
  async connect(
    other: NetworkNamespace,
    { here, there }: { here: string; there: string },
  ): Promise<void> {
    const link = `lan${randomUUID().slice(0, 6)}`;
    await this.output([
      "ip",
      "link",
      "add",
      link,
      "type",
      "veth",
      "peer",
      "name",
      link,
      "netns",
      other.name,
    ]);
    for (const [namespace, address] of [
      [this, here],
      [other, there],
    ] as const) {
      await namespace.output(["ip", "address", "add", address, "dev", link]);
      await namespace.output(["ip", "link", "set", link, "up"]);
    }
  }

  /** The command that runs `command` in here: nsenter, because `ip netns exec` hides the cgroups. */
  command(command: readonly string[]): string[] {
    return ["nsenter", `--net=/run/netns/${this.name}`, "--", ...command];
  }

  run(command: readonly string[], options?: RunOptions): Promise<Outcome> {
    return run(this.command(command), options);
  }

  output(command: readonly string[], options?: RunOptions): Promise<string> {
    return output(this.command(command), options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await output(["ip", "netns", "delete", this.name]);
  }
}
