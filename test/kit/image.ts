import { randomUUID } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Arch } from "#linux/syscalls.ts";
import { dockerArchive, type TarItem, tarOf, testImage } from "./image-archives.ts";
import { output } from "./process.ts";

const BUSYBOX = "/bin/busybox";

/** Where busybox and its C library are taken from. */
export interface BusyboxSource {
  /** The root of a Debian. */
  readonly root: string;
  readonly arch: Arch;
}

const HERE: BusyboxSource = { root: "/", arch: process.arch === "arm64" ? "arm64" : "x64" };

/** The images that tests find wherever their pods run. */
export const IMAGES = ["busybox:1.36", "busybox:1.36-two"];

/**
 * Makes an image from Debian's busybox-static and gives it a name: no registry is reachable where
 * tests run.
 */
export async function importBusybox(name: string, engine: string): Promise<void> {
  const archive = join(tmpdir(), `edgesite-image-${randomUUID()}.tar`);
  try {
    writeFileSync(archive, await busyboxLayer());
    const change = ["--change", 'CMD ["sh"]', "--change", "ENV PATH=/bin"];
    await output(["docker", "-H", engine, "import", ...change, archive, name]);
  } finally {
    rmSync(archive, { force: true });
  }
}

/** What an archive of busybox may differ in. */
export interface BusyboxArchiveOptions {
  /** What a second layer holds. Default: there is none. */
  readonly above?: readonly TarItem[];
  /** Default: this machine. */
  readonly source?: BusyboxSource;
}

/** The same image as an archive for runtimes without an engine: as `docker save` writes them. */
export async function busyboxArchive(
  name: string,
  { above = [], source = HERE }: BusyboxArchiveOptions = {},
): Promise<Buffer> {
  const layers = [await busyboxLayer(source), ...(above.length > 0 ? [await tarOf(above)] : [])];
  return dockerArchive(testImage(layers, {}, source.arch), { names: [name] });
}

/** Its one layer, a tar archive. */
async function busyboxLayer(source: BusyboxSource = HERE): Promise<Buffer> {
  const root = mkdtempSync(join(tmpdir(), "edgesite-image-"));
  try {
    for (const folder of ["bin", "etc", "tmp", "proc", "sys", "dev", "root"])
      mkdirSync(join(root, folder));
    copyFileSync(join(source.root, BUSYBOX), join(root, "bin/busybox"));
    chmodSync(join(root, "tmp"), 0o1777);
    const applets = (await output([BUSYBOX, "--list"]))
      .split("\n")
      .filter((applet) => applet !== "");
    for (const applet of applets) {
      if (applet !== "busybox") symlinkSync("busybox", join(root, "bin", applet));
    }
    writeFileSync(
      join(root, "etc/passwd"),
      "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
    );
    writeFileSync(join(root, "etc/group"), "root:x:0:\nnogroup:x:65534:\n");
    addNameResolution(root, source);
    const tar = Bun.spawn(["tar", "-C", root, "-c", "."], { stdout: "pipe" });
    const layer = Buffer.from(await new Response(tar.stdout).arrayBuffer());
    if ((await tar.exited) !== 0) throw new Error("tar failed");
    return layer;
  } finally {
    rmSync(root, { recursive: true });
  }
}

/**
 * A static glibc program resolves names through glibc's own plugins, which must be there in the
 * very version that it was linked against: Debian's, as busybox is.
 */
function addNameResolution(root: string, source: BusyboxSource): void {
  const [loader = "", libraries = ""] =
    source.arch === "arm64"
      ? ["/lib/ld-linux-aarch64.so.1", "/lib/aarch64-linux-gnu"]
      : ["/lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu"];
  const plugins = ["libc.so.6", "libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2"];
  for (const path of [loader, ...plugins.map((name) => join(libraries, name))]) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    copyFileSync(join(source.root, path), join(root, path));
  }
}
