import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  closeSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { ImageRow } from "#cli/image-lines.ts";
import { eventually } from "#test/kit/eventually.ts";
import { dockerArchive, ociArchive, sha256, tarOf, testImage } from "#test/kit/image-archives.ts";
import { NetworkNamespace } from "#test/kit/network-namespace.ts";
import { SiteProcess } from "#test/kit/site-process.ts";
import { suiteRuntime } from "#test/kit/suite-runtime.ts";

const TEST_MS = 120_000;

describe("edgesite images", () => {
  let namespace: NetworkNamespace;
  let site: SiteProcess;

  beforeAll(async () => {
    namespace = await NetworkNamespace.create();
    site = await SiteProcess.start({ namespace, runtime: suiteRuntime() });
  }, TEST_MS);
  afterAll(async () => {
    await site[Symbol.asyncDispose]();
    await namespace[Symbol.asyncDispose]();
  }, TEST_MS);

  const images = (...args: string[]) => site.command(["images", ...args]);
  const rows = async (): Promise<ImageRow[]> =>
    JSON.parse((await images("ls", "-o", "json")).stdout);
  const has = async (name: string) => (await rows()).some(({ names }) => names.includes(name));
  const anImage = async (text: string) => testImage([await tarOf([{ name: "x", content: text }])]);
  const drop = (name: string, bytes: Uint8Array): string => {
    const path = join(site.dataDir, "images", name);
    writeFileSync(path, bytes);
    return path;
  };

  test(
    "takes in what is dropped into images/, once it is whole, and names what is broken",
    async () => {
      const whole = await ociArchive(await anImage("dropped"), "drop.test/oci:1");
      const path = join(site.dataDir, "images", "slow.tar");
      const file = openSync(path, "w");
      writeSync(file, whole.subarray(0, 700));
      drop("broken.tar", whole.subarray(0, 1000));
      await eventually(async () => (await site.command(["status"])).stdout.includes("broken.tar"), {
        what: "The broken archive",
      });
      expect((await site.command(["status"])).stdout).not.toContain("slow.tar");
      writeSync(file, whole.subarray(700));
      closeSync(file);
      await eventually(() => has("drop.test/oci:1"), { what: "The image" });
      renameSync(path, join(site.dataDir, "images", "renamed.tar"));
      expect((await images("rm", "drop.test/oci:1")).exitCode).toBe(0);
      drop("broken.tar", await ociArchive(await anImage("mended"), "drop.test/mended:1"));
      await eventually(() => has("drop.test/mended:1"), { what: "The mended image" });
      expect((await site.command(["status"])).stdout).not.toContain("broken.tar");
      // The same archive under another name was not taken in again.
      expect(await has("drop.test/oci:1")).toBe(false);
    },
    TEST_MS,
  );

  test(
    "imports, lists, pins, saves and removes",
    async () => {
      const image = await anImage("imported");
      const archive = join(site.dataDir, "a.tar");
      writeFileSync(archive, await dockerArchive(image, { names: ["cli.test/app:1"] }));
      expect(await images("import", archive)).toMatchObject({
        exitCode: 0,
        stdout: "cli.test/app:1\n",
      });
      expect((await images("pin", "cli.test/app:1")).exitCode).toBe(0);
      const { stdout } = await images("ls");
      const id = sha256(image.config).slice(7, 19);
      expect(stdout).toMatch(new RegExp(`cli.test/app:1 +${id} +0.0 MiB +yes`));
      const saved = join(site.dataDir, "saved.tar");
      expect((await images("save", "cli.test/app:1", "-o", saved)).exitCode).toBe(0);
      expect(statSync(saved).size).toBeGreaterThan(1024);
      expect(readFileSync(saved).toString("latin1")).toContain("manifest.json");
      expect((await images("rm", "cli.test/app:1")).exitCode).toBe(0);
      expect(await has("cli.test/app:1")).toBe(false);
    },
    TEST_MS,
  );

  test(
    "says in one line why it cannot",
    async () => {
      const cases: [string[], RegExp][] = [
        [["rm", "none.test/x:1"], /^edgesite: There is no image none.test\/x:1 here\n$/],
        [["pull", "A"], /^edgesite: "A" is not the name of an image\n$/],
        [["pull", "127.0.0.1:1/x:1"], /^edgesite: .*127\.0\.0\.1:1.*\n$/],
        [
          ["import", "/etc/passwd"],
          /^edgesite: Cannot import \/etc\/passwd: it is no whole archive.*\n$/,
        ],
      ];
      for (const [args, words] of cases) {
        const { exitCode, stderr } = await images(...args);
        expect(exitCode).toBe(1);
        expect(stderr).toMatch(words);
      }
    },
    TEST_MS,
  );
});
