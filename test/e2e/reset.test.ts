import { expect, test } from "bun:test";
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
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
  "a site whose database is lost is found again by a start, and by reset",
  async () => {
    await using host = await NetworkNamespace.create();
    const args = ["--runtime", "native"];
    await using site = await SiteProcess.start({ namespace: host, args });
    const { siteId } = await site.status();
    await site.stop();
    const database = join(site.dataDir, "edgesite.db");
    rmSync(database);
    site.launch();
    await site.ready();
    expect((await site.status()).siteId).toBe(siteId);
    expect(await host.output(["ip", "-o", "link"])).not.toContain("edge0-");
    await site.stop();
    writeFileSync(database, "no database".repeat(1000));
    expect(await site.command(["reset", "--yes"])).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await host.output(["ip", "-o", "link"])).not.toContain("edge0");
    expect(existsSync(database)).toBe(false);
  },
  TEST_MS,
);

test(
  "a copy of a site's directory is the same site: it neither starts beside it nor takes it away",
  async () => {
    await using host = await NetworkNamespace.create();
    await using site = await SiteProcess.start({ namespace: host });
    const copy = `${site.dataDir}-copy`;
    cpSync(site.dataDir, copy, { recursive: true, filter: (path) => !path.endsWith(".sock") });
    for (const args of [
      ["start", "--port", "7001"],
      ["reset", "--yes"],
      ["stop", "--workloads"],
    ]) {
      const { exitCode, stderr } = await run(host.command([BINARY, ...args, "--data-dir", copy]));
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`from ${site.dataDir}: one`)]);
    }
    expect(await site.output(["get", "--raw", "/readyz"])).toBe("ok");
    await site.stop();
    expect((await run([BINARY, "reset", "--yes", "--data-dir", copy])).exitCode).toBe(0);
  },
  TEST_MS,
);

test(
  "what was decided at the first start is not changed by a later one without a word",
  async () => {
    await using host = await NetworkNamespace.create();
    await using site = await SiteProcess.start({ namespace: host });
    await site.stop();
    const renamed = await site.command(["start", "--node-name", "other"]);
    expect([renamed.exitCode, renamed.stderr]).toEqual([
      64,
      expect.stringContaining("it cannot become other"),
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
