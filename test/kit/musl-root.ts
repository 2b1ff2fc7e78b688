import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NetworkNamespace } from "./network-namespace.ts";

/** What the gate's set-up puts together of musl and Alpine's libstdc++ and libgcc. */
const TEMPLATE = ".cache/foreign/musl";

/**
 * A root as bare as Alpine Linux: musl, libstdc++, libgcc and one program. It has no other file, no
 * shell and no device.
 */
export class MuslRoot implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "edgesite-musl-"));
  readonly #network: NetworkNamespace;

  constructor(program: string, network: NetworkNamespace) {
    cpSync(TEMPLATE, this.path, { recursive: true, verbatimSymlinks: true });
    cpSync(program, join(this.path, "edgesite"));
    this.#network = network;
  }

  /** The command that runs the program in here, with a /proc and processes of its own. */
  command(args: readonly string[]): string[] {
    const own = ["--mount", "--pid", "--fork", "--kill-child", `--mount-proc=${this.path}/proc`];
    const inside = ["chroot", this.path, "/edgesite", ...args];
    return this.#network.command(["unshare", ...own, ...inside]);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}
