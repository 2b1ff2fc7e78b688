import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Arch } from "#linux/syscalls.ts";

/** The processors that programs are made for. */
export const ARCHES: readonly Arch[] = ["x64", "arm64"];

/** What a program for a processor is run with here: nothing, or an emulator of user programs. */
export function emulatorOf(arch: Arch): readonly string[] {
  if (arch === process.arch) return [];
  return [arch === "arm64" ? "qemu-aarch64" : "qemu-x86_64"];
}

/** An executable file until it is disposed of. */
export function executableFile(content: Uint8Array): Disposable & { readonly path: string } {
  const directory = mkdtempSync(join(tmpdir(), "machine-"));
  const path = join(directory, "program");
  writeFileSync(path, content);
  chmodSync(path, 0o755);
  return { path, [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) };
}
