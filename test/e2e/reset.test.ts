import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NetworkNamespace } from "#test/kit/network-namespace.ts";
import { run } from "#test/kit/process.ts";
import { BINARY, SiteProcess } from "#test/kit/site-process.ts";

const TEST_MS = 60_000;

test(
  "reset asks to be meant, and refuses while the site runs",
  async () => {
    await using host = await NetworkNamespace.create();
    await using site = await SiteProcess.start({ namespace: host });
    expect((await site.command(["reset"])).exitCode).toBe(64);
    const running = await site.command(["reset", "--yes"]);
    expect([running.exitCode, running.stderr]).toEqual([
      1,
      expect.stringContaining("Stop it first"),
    ]);
    expect(await site.output(["get", "--raw", "/readyz"])).toBe("ok");
  },
  TEST_MS,
);

test(
  "reset removes what a site has made and leaves what others keep beside it",
  async () => {
    await using host = await NetworkNamespace.create();
    await using site = await SiteProcess.start({ namespace: host });
    writeFileSync(join(site.dataDir, "notes.txt"), "mine");
    await site.stop();
    expect((await site.command(["reset", "--yes"])).exitCode).toBe(0);
    expect(readdirSync(site.dataDir).filter((name) => !name.startsWith("."))).toEqual([
      "notes.txt",
    ]);
  },
  TEST_MS,
);

test(
  "reset of a directory without a site touches nothing",
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "edgesite-home-"));
    writeFileSync(join(directory, "precious"), "mine");
    const { exitCode, stdout } = await run([BINARY, "reset", "--yes", "--data-dir", directory]);
    expect([exitCode, stdout]).toEqual([0, `There is no site on ${directory}\n`]);
    expect(readdirSync(directory)).toEqual(["precious"]);
    rmSync(directory, { recursive: true });
  },
  TEST_MS,
);
