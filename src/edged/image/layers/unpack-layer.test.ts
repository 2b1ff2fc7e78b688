import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { mountTmpfs, unmount } from "#linux/mount.ts";
import { inPieces, sha256, type TarItem, tarOf } from "#test/kit/image-archives.ts";
import { output } from "#test/kit/process.ts";
import { ImageError } from "../image-error.ts";
import { layerArchive } from "./layer-archive.ts";
import { layerPaths, readFacts } from "./layer-files.ts";
import { UnpackLimits } from "./limits.ts";
import { unpackLayer } from "./unpack-layer.ts";

let directory = "";
let count = 0;

beforeEach(() => {
  directory = mkdtempSync("/dev/shm/edgesite-layer-");
  mkdirSync(join(directory, "outside"));
  writeFileSync(join(directory, "outside/secret"), "secret");
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Unpacks an archive and answers where its files are. */
async function unpackBytes(bytes: Uint8Array, reserveBytes = 0): Promise<string> {
  const root = join(directory, String(count++));
  const pieces = inPieces(bytes);
  await unpackLayer({
    bytes: pieces,
    diffId: sha256(bytes),
    directory: root,
    run: 1,
    limits: new UnpackLimits({ directory, reserveBytes }),
  });
  return layerPaths(root).tree;
}

async function unpack(items: readonly TarItem[]): Promise<string> {
  return await unpackBytes(await tarOf(items));
}

/** The extended attributes of a file, as GNU tar puts them into an archive. */
async function attributes(path: string): Promise<string> {
  const options = ["--xattrs", "--xattrs-include=*", "--no-recursion"];
  const tar = Bun.spawn(["tar", ...options, "-cf", "-", path], { stderr: "ignore" });
  return Buffer.from(await new Response(tar.stdout).arrayBuffer()).toString("latin1");
}

describe("unpackLayer()", () => {
  test("makes every kind of file with its owner, mode and time", async () => {
    const mtime = new Date(1_500_000_000_000);
    const tree = await unpack([
      { name: "./", type: "directory", mode: 0o711, mtime },
      { name: "bin/", type: "directory", mode: 0o1777, uid: 1, gid: 2, mtime },
      { name: "bin/su", content: "su", mode: 0o4755, uid: 3, gid: 4, mtime },
      { name: "bin/hard", type: "link", linkname: "bin/su" },
      { name: "bin/soft", type: "symlink", linkname: "/etc/passwd", uid: 5, mtime },
      { name: "dev/null", type: "character-device", devmajor: 1, devminor: 3, mode: 0o666 },
      { name: "dev/big", type: "block-device", devmajor: 300, devminor: 70_000, mode: 0o600 },
      { name: "pipe", type: "fifo", mode: 0o622 },
    ]);
    const stat = (name: string) => lstatSync(join(tree, name));
    expect(stat(".").mode & 0o7777).toBe(0o711);
    expect(stat(".").mtimeMs).toBe(mtime.getTime());
    expect(stat("bin")).toMatchObject({ uid: 1, gid: 2, mtimeMs: mtime.getTime() });
    expect(stat("bin").mode & 0o7777).toBe(0o1777);
    expect(stat("bin/su")).toMatchObject({ uid: 3, gid: 4, size: 2, nlink: 2 });
    expect(stat("bin/su").mode & 0o7777).toBe(0o4755);
    expect(stat("bin/hard").ino).toBe(stat("bin/su").ino);
    expect(readlinkSync(join(tree, "bin/soft"))).toBe("/etc/passwd");
    expect(stat("bin/soft")).toMatchObject({ uid: 5, mtimeMs: mtime.getTime() });
    expect(stat("dev/null").isCharacterDevice()).toBe(true);
    expect(stat("dev/null").rdev).toBe(0x103);
    expect(await output(["stat", "-c", "%t %T", join(tree, "dev/big")])).toBe("12c 11170\n");
    expect(stat("pipe").isFIFO()).toBe(true);
    expect(stat("dev").mode & 0o7777).toBe(0o755);
  });

  test("keeps capabilities and other attributes, but none of overlay's own", async () => {
    const capability = Buffer.from("0100000200040000000000000000000000000000", "hex");
    const pax = {
      "SCHILY.xattr.security.capability": capability.toString("latin1"),
      "SCHILY.xattr.trusted.overlay.redirect": "/etc",
    };
    const tree = await unpack([{ name: "ping", content: "x", uid: 7, pax }]);
    const text = await attributes(join(tree, "ping"));
    expect(text).toContain(`security.capability=${capability.toString("latin1")}`);
    expect(text).not.toContain("overlay");
  });

  test("writes deleted and replaced names as overlay wants them", async () => {
    const tree = await unpack([
      { name: "a/.wh.gone" },
      { name: "b/", type: "directory" },
      { name: "b/.wh..wh..opq" },
      { name: "b/kept", content: "k" },
      { name: "c/", type: "directory" },
      { name: ".wh.c" },
      { name: ".wh.d" },
      { name: "d/", type: "directory" },
      { name: "d/new", content: "n" },
      { name: ".wh.e" },
      { name: "e/new", content: "n" },
      { name: "f", content: "f" },
      { name: ".wh.f" },
      { name: ".wh..wh.plnk/1.2", content: "aufs" },
    ]);
    const gone = lstatSync(join(tree, "a/gone"));
    expect(gone.isCharacterDevice() && gone.rdev === 0).toBe(true);
    for (const name of ["b", "c", "d", "e"]) {
      expect(await attributes(join(tree, name))).toContain("trusted.overlay.opaque=y");
    }
    expect(readFileSync(join(tree, "f"), "utf8")).toBe("f");
    expect(readdirSync(tree).sort()).toEqual(["a", "b", "c", "d", "e", "f"]);
  });

  const linkTo = (linkname: string): TarItem => ({ name: "x", type: "symlink", linkname });
  const written = (name: string): TarItem => ({ name, content: "overwritten" });
  const escapes: [string, TarItem[], string | undefined][] = [
    ["a name with ..", [{ name: "../../outside/x", content: "x" }], "leads out of the layer"],
    [
      "a hard link out",
      [{ name: "x", type: "link", linkname: "../../outside/secret" }],
      "leads out",
    ],
    ["a whiteout of ..", [{ name: "a/.wh..." }], "leads out of the layer"],
    ["a whiteout of nothing", [{ name: "a/.wh." }], "leads out of the layer"],
    ["a link and a write through it", [linkTo("../../outside"), written("x/secret")], undefined],
    [
      "an absolute link and a write through it",
      [linkTo("/proc/self/root/tmp"), written("x/secret")],
      undefined,
    ],
    [
      "a link that a file takes the place of",
      [linkTo("../../outside/secret"), written("x")],
      undefined,
    ],
    [
      "a hard link to a link out, and a write to it",
      [linkTo("../../outside/secret"), { name: "y", type: "link", linkname: "x" }, written("y")],
      undefined,
    ],
    ["an absolute name", [{ name: "/outside/secret", content: "inside" }], undefined],
  ];
  for (const [what, items, reason] of escapes) {
    test(`stays inside: ${what}`, async () => {
      const failure = await unpack(items).then(
        () => undefined,
        (error: unknown) => String(error),
      );
      if (reason !== undefined) expect(failure).toContain(reason);
      expect(readFileSync(join(directory, "outside/secret"), "utf8")).toBe("secret");
      expect(readdirSync(join(directory, "outside"))).toEqual(["secret"]);
    });
  }

  test("follows a link within the layer, as a container would", async () => {
    const tree = await unpack([
      { name: "usr/lib/", type: "directory" },
      { name: "lib", type: "symlink", linkname: "/usr/lib" },
      { name: "lib/libc.so", content: "x" },
    ]);
    expect(existsSync(join(tree, "usr/lib/libc.so"))).toBe(true);
  });

  test("leaves room on the disk", async () => {
    const bytes = await tarOf([{ name: "x", content: "x" }]);
    expect(unpackBytes(bytes, 2 ** 60)).rejects.toThrow("no space is left");
  });

  test("says that the disk is full, whoever filled it", async () => {
    const small = join(directory, "small");
    mkdirSync(small);
    mountTmpfs(small, { sizeBytes: 64 * 1024 });
    try {
      const bytes = await tarOf([{ name: "x", content: Buffer.alloc(128 * 1024) }]);
      const limits = new UnpackLimits({ directory, reserveBytes: 0 });
      const request = { bytes: inPieces(bytes), diffId: sha256(bytes), run: 1, limits };
      const failure = unpackLayer({ ...request, directory: join(small, "layer") });
      expect(failure).rejects.toThrow(ImageError);
      await failure.catch(() => undefined);
    } finally {
      unmount(small);
    }
  });

  test("gives the same archive back, whatever was in it twice", async () => {
    const archive = await tarOf([
      { name: "a", content: "first" },
      { name: "d/", type: "directory" },
      { name: "d/inner", content: "inner" },
      { name: `${"n".repeat(150)}/${"m".repeat(150)}`, content: "long" },
      { name: "link", type: "link", linkname: "a" },
      { name: "a", content: "second" },
      { name: "d", content: "no directory any more" },
      { name: "a", content: "third" },
      { name: ".wh.x", content: "not empty" },
    ]);
    const bytes = Buffer.concat([archive, Buffer.alloc(10_240 - (archive.length % 10_240))]);
    const tree = await unpackBytes(bytes);
    expect(readFileSync(join(tree, "a"), "utf8")).toBe("third");
    expect(readFileSync(join(tree, "link"), "utf8")).toBe("first");
    const paths = layerPaths(join(tree, ".."));
    const facts = readFacts(paths);
    if (!facts) throw new Error("no facts");
    const parts: Uint8Array[] = [];
    for await (const part of layerArchive({ paths, facts })) parts.push(part);
    expect(Buffer.concat(parts).equals(bytes)).toBe(true);
  });
});
