import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Runtime } from "#edged/runtime/runtime.ts";
import { rejection } from "#test/kit/eventually.ts";
import { busyboxArchive } from "#test/kit/image.ts";
import { dockerArchive, type TarItem, tarOf, testImage } from "#test/kit/image-archives.ts";
import { NativeHost } from "#test/kit/native-host.ts";
import { NativeProcess, type Wish } from "#test/kit/native-process.ts";

/** What an image can hold to get at the host when a container of it starts. */

const TIMEOUT_MS = 60_000;
const IMAGE = "edgesite.test/hostile:1";
/** A directory of the host where nothing may appear, and a file to mount. */
const outside = mkdtempSync(join(tmpdir(), "outside-"));
const file = join(mkdtempSync(join(tmpdir(), "mounted-")), "hosts");
let host: NativeHost;
let runtime: Runtime;

beforeAll(async () => {
  writeFileSync(file, "mounted\n");
  host = await NativeHost.prepare();
  runtime = host.runtime();
}, TIMEOUT_MS);
afterEach(() => expect(readdirSync(outside)).toEqual([]));
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  for (const path of [outside, join(file, "..")]) rmSync(path, { recursive: true });
}, TIMEOUT_MS);

const attack = (title: string, body: () => Promise<void>): void => test(title, body, TIMEOUT_MS);

const imageWish = (): Wish => ({ image: IMAGE, imageId: host.images.find(IMAGE)?.id ?? "" });

async function start(above: readonly TarItem[], wish: Wish = {}) {
  await host.import(await busyboxArchive(IMAGE, { above }));
  return NativeProcess.sleeping(runtime, { ...imageWish(), ...wish });
}

/** Why no container of an image with nothing but these files can be started. */
async function refusal(items: readonly TarItem[], wish: Wish = {}): Promise<string> {
  const image = testImage([await tarOf(items)]);
  await host.import(await dockerArchive(image, { names: [IMAGE] }));
  return (await rejection(NativeProcess.sleeping(runtime, { ...imageWish(), ...wish }))).message;
}

/** Ways of an image to name a directory that is not in it. */
const LINKS = [
  outside,
  `../../../../../..${outside}`,
  `/proc/self/root${outside}`,
  `/proc/1/cwd/${basename(outside)}`,
  "/nowhere",
];

attack("the kernel's file systems are mounted on directories of the image alone", async () => {
  for (const name of ["proc", "sys", "dev"]) {
    for (const linkname of [...LINKS, name]) {
      const reason = await refusal([{ name, type: "symlink", linkname }]);
      expect(reason).toBe(`Cannot open ${name} of the image, which must be a directory: ELOOP`);
    }
  }
  const reason = await refusal([{ name: "proc", content: "a file" }]);
  expect(reason).toBe("Cannot open proc of the image, which must be a directory: ENOTDIR");
});

attack("what is mounted follows links of the image inside of the container alone", async () => {
  const mounts = ["/etc/hosts", "/data/deep/hosts"].map((containerPath) => ({
    ...{ hostPath: file, containerPath, readOnly: false, propagation: "private" as const },
  }));
  for (const linkname of LINKS.slice(0, 2)) {
    const links: TarItem[] = ["etc", "data"].map((name) => ({ name, type: "symlink", linkname }));
    const main = await start([{ name: outside.slice(1), type: "directory" }, ...links], { mounts });
    expect(await main.sh(`cat /etc/hosts ${outside}/hosts /data/deep/hosts`)).toBe(
      "mounted\nmounted\nmounted",
    );
  }
  for (const linkname of [...LINKS.slice(2), "data"]) {
    const reason = await refusal([{ name: "data", type: "symlink", linkname }], { mounts });
    expect(reason).toMatch(/^Cannot open \/data\/deep in the container: (ELOOP|ENOENT|EXDEV)$/);
  }
});

attack("a working directory of the image that is a link stays inside", async () => {
  const link: TarItem = { name: "work", type: "symlink", linkname: outside };
  const main = await start([link, { name: outside.slice(1), type: "directory" }], {
    workingDir: "/work/new",
  });
  expect(await main.sh("pwd")).toBe(`${outside}/new`);
});

attack("only whiteouts hide what lies below, whatever attributes an archive has", async () => {
  const pax = {
    "SCHILY.xattr.trusted.overlay.opaque": "y",
    "SCHILY.xattr.trusted.overlay.redirect": "/etc",
    "SCHILY.xattr.trusted.overlay.metacopy": "",
  };
  const main = await start([
    { name: "etc", type: "directory", pax },
    { name: "redirected", type: "directory", pax },
    { name: "bin/copied", content: "own", pax },
  ]);
  expect(await main.sh("cat /etc/group | head -1; ls -A /redirected; cat /bin/copied")).toBe(
    "root:x:0:\nown",
  );
});

attack("devices of an image are of no use", async () => {
  const main = await start([
    { name: "disk", type: "block-device", devmajor: 254, devminor: 0, mode: 0o666 },
    { name: "memory", type: "character-device", devmajor: 1, devminor: 1, mode: 0o666 },
  ]);
  expect(await main.sh("head -c 1 /disk; head -c 1 /memory")).toBe(
    "head: /disk: Operation not permitted\nhead: /memory: Operation not permitted",
  );
});

attack("a list of users that is none is not read", async () => {
  const security = { user: "app" };
  const zeros: TarItem = { name: "etc/passwd", type: "character-device", devmajor: 1, devminor: 5 };
  const fifo: TarItem = { name: "etc/passwd", type: "fifo" };
  for (const item of [zeros, fifo]) {
    expect(await refusal([item], { security })).toBe(
      "Cannot read /etc/passwd of the image: it is no plain file",
    );
  }
  const huge: TarItem = { name: "etc/passwd", content: Buffer.alloc(5 << 20) };
  expect(await refusal([huge], { security })).toBe(
    "Cannot read /etc/passwd of the image: it has more than 4194304 bytes",
  );
});
