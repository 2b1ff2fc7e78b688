import { resolve } from "node:path";
import type { Arch } from "#linux/syscalls.ts";

/** What a machine with one processor differs in from a machine with another. */
export interface Processor {
  readonly arch: Arch;
  /** Debian's kernel, C library and busybox for it, as the gate unpacked them. */
  readonly root: string;
  /** edgesite for it. */
  readonly binary: string;
  /** The program that emulates such a machine, and which one it is. */
  readonly emulator: readonly string[];
  /** The kernel's console: the machine's first serial port. */
  readonly console: string;
  /** The line that the shell of the box listens on, and the devices that it takes: it is stdio here. */
  readonly shell: { readonly line: string; readonly devices: readonly string[] };
}

const onOwn = (arch: Arch, program: string): string =>
  arch === process.arch ? program : `${program}-linux-${arch}`;
const filesOf = (arch: Arch) => ({
  arch,
  root: resolve(`.cache/foreign/box-${arch}`),
  binary: resolve(onOwn(arch, "dist/edgesite")),
});

/** The processors that edgesite is built for. */
export const PROCESSORS: Readonly<Record<Arch, Processor>> = {
  x64: {
    ...filesOf("x64"),
    emulator: ["qemu-system-x86_64", "-cpu", "max"],
    console: "ttyS0",
    shell: { line: "ttyS1", devices: ["-serial", "stdio"] },
  },
  arm64: {
    ...filesOf("arm64"),
    // Without pointer authentication, which costs an emulator as much as all else together.
    emulator: ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72"],
    console: "ttyAMA0",
    shell: {
      line: "ttyS0",
      devices: ["-chardev", "stdio,id=shell", "-device", "pci-serial,chardev=shell"],
    },
  },
};
