import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { busyboxArchive } from "../image.ts";
import { output } from "../process.ts";
import type { Processor } from "./processor.ts";

const DISK_BYTES = 2 ** 30;
/** What the initial RAM disk loads to find the disk, beside what is built into the kernel. */
const DISK_MODULES = [
  "virtio/virtio_ring",
  "virtio/virtio",
  "virtio/virtio_pci_legacy_dev",
  "virtio/virtio_pci_modern_dev",
  "virtio/virtio_pci",
  "block/virtio_blk",
];

/** What a machine boots from. */
export interface BootFiles {
  readonly kernel: string;
  readonly initrd: string;
  /** A raw image. */
  readonly disk: string;
}

/** A file of this machine, and its path on the box. */
export interface ExtraFile {
  readonly source: string;
  readonly path: string;
}

/** Which disk. */
interface DiskOptions {
  /** Where it and what else the machine boots from are made. */
  readonly folder: string;
  readonly processor: Processor;
  readonly extra: readonly ExtraFile[];
}

/**
 * Makes the disk of a machine that was never started: Debian's kernel modules, its C library, busybox,
 * edgesite, the image busybox:1.36 where edgesite looks for archives, and `extra`. Nothing else.
 */
export async function makeDisk({ folder, processor, extra }: DiskOptions): Promise<BootFiles> {
  const [version = ""] = readdirSync(join(processor.root, "lib/modules"));
  const files = {
    kernel: join(processor.root, "boot", `vmlinuz-${version}`),
    initrd: join(folder, "initrd"),
    disk: join(folder, "disk"),
  };
  const work = mkdtempSync(join(tmpdir(), "edgesite-disk-"));
  try {
    await makeRoot(join(work, "root"), processor);
    for (const { source, path } of extra) {
      cpSync(source, join(work, "root", path), { recursive: true });
    }
    await output(["truncate", "-s", `${DISK_BYTES}`, files.disk]);
    await output(["mkfs.ext4", "-q", "-d", join(work, "root"), files.disk]);
    makeInitialRoot(join(work, "initrd"), processor.root);
    const pack = `find . | cpio --quiet --create --format=newc > "$1"`;
    await output(["sh", "-c", pack, "sh", files.initrd], { cwd: join(work, "initrd") });
    return files;
  } finally {
    rmSync(work, { recursive: true });
  }
}

async function makeRoot(root: string, processor: Processor): Promise<void> {
  for (const name of ["dev", "etc", "proc", "root", "run", "sbin", "sys", "tmp"]) {
    mkdirSync(join(root, name), { recursive: true });
  }
  for (const name of ["bin", "lib", "lib64"]) {
    const source = join(processor.root, name);
    if (!existsSync(source)) continue;
    cpSync(source, join(root, name), { recursive: true, verbatimSymlinks: true });
  }
  copyFileSync(resolve("test/kit/box/init.sh"), join(root, "init"));
  copyFileSync(processor.binary, join(root, "edgesite"));
  const images = join(root, "var/lib/edgesite/images");
  mkdirSync(images, { recursive: true });
  writeFileSync(
    join(images, "busybox.tar"),
    await busyboxArchive("busybox:1.36", { source: processor }),
  );
}

function makeInitialRoot(root: string, debian: string): void {
  for (const name of ["bin", "modules"]) mkdirSync(join(root, name), { recursive: true });
  copyFileSync(join(debian, "bin/busybox"), join(root, "bin/busybox"));
  copyFileSync(resolve("test/kit/box/initrd.sh"), join(root, "init"));
  const [version = ""] = readdirSync(join(debian, "lib/modules"));
  const drivers = join(debian, "lib/modules", version, "kernel/drivers");
  for (const name of DISK_MODULES) {
    const module = join(drivers, `${name}.ko`);
    if (existsSync(module)) cpSync(module, join(root, "modules", `${name.split("/").at(-1)}.ko`));
  }
}
