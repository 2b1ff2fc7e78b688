import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "#test/kit/eventually.ts";
import { NetworkNamespace } from "#test/kit/network-namespace.ts";
import { output, run } from "#test/kit/process.ts";
import { BINARY, SiteProcess } from "#test/kit/site-process.ts";
import { suiteRuntime } from "#test/kit/suite-runtime.ts";

const TEST_MS = 60_000;
const BIG = "x".repeat(300_000);

/** A small disk that can be filled to the last byte. */
async function smallDisk() {
  const path = mkdtempSync(join(tmpdir(), "edgesite-disk-"));
  await output(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", path]);
  const filler = join(path, "filler");
  return {
    path,
    fill: () => run(["dd", "if=/dev/zero", `of=${filler}`, "bs=4k"]),
    free: () => rmSync(filler),
    [Symbol.asyncDispose]: async () => {
      await output(["umount", "-l", path]);
      rmSync(path, { recursive: true });
    },
  };
}

test(
  "a full disk refuses writes in plain words, loses nothing, and heals when there is room",
  async () => {
    await using disk = await smallDisk();
    await using host = await NetworkNamespace.create();
    const runtime = suiteRuntime();
    await using site = await SiteProcess.start({ namespace: host, runtime, parent: disk.path });
    await site.nodeReady();
    const big = join(disk.path, "big");
    writeFileSync(big, BIG);
    const create = (name: string) =>
      site.kubectl(["create", "configmap", name, `--from-file=${big}`]);
    const configMaps = async () =>
      (await site.output(["get", "configmaps", "-o", "name"])).trim().split("\n").toSorted();
    expect((await create("before")).exitCode).toBe(0);
    const before = await configMaps();
    await disk.fill();
    for (const name of ["one", "two", "three"]) {
      const { exitCode, stderr } = await create(name);
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining("disk is full")]);
    }
    expect(await configMaps()).toEqual(before);
    expect(await site.output(["get", "--raw", "/readyz"])).toBe("ok");
    const full = `storage: the disk of ${site.dataDir} is full, 0 KiB are free. Make room there`;
    expect((await site.status()).degraded).toContain(full);

    await site.stop("SIGKILL");
    const restarted = await host.run([BINARY, "start", "--data-dir", site.dataDir], {
      env: site.env,
    });
    expect([restarted.exitCode, restarted.stderr.trim().split("\n").at(-1)]).toEqual([
      1,
      expect.stringMatching(/^edgesite: .*(disk is full|the disk of \S+ is full.*Make room)/),
    ]);
    disk.free();
    site.launch();
    await site.ready();
    await site.nodeReady();
    expect(await configMaps()).toEqual(before);
    expect((await create("after")).exitCode).toBe(0);
    expect((await site.status()).degraded.join()).not.toContain("storage");
  },
  TEST_MS,
);

test(
  "a disk that has room again takes writes again, without a restart",
  async () => {
    await using disk = await smallDisk();
    await using host = await NetworkNamespace.create();
    await using site = await SiteProcess.start({
      namespace: host,
      runtime: suiteRuntime(),
      parent: disk.path,
    });
    await site.nodeReady();
    const big = join(disk.path, "big");
    writeFileSync(big, BIG);
    await disk.fill();
    const refused = await site.kubectl(["create", "configmap", "a", `--from-file=${big}`]);
    expect(refused.exitCode).toBe(1);
    disk.free();
    await site.output(["create", "configmap", "a", "--from-literal=a=1"]);
    expect(await site.output(["get", "configmap", "a", "-o", "jsonpath={.data.a}"])).toBe("1");
    await site.stop("SIGKILL");
    site.launch();
    await site.ready();
    expect(await site.output(["get", "configmap", "a", "-o", "jsonpath={.data.a}"])).toBe("1");
  },
  TEST_MS,
);

test(
  "a data directory that is a disk of its own stays mounted through a reset",
  async () => {
    await using disk = await smallDisk();
    await using host = await NetworkNamespace.create();
    const start = ["start", "--data-dir", disk.path, "--runtime", "native"];
    const site = Bun.spawn(host.command([BINARY, ...start]), {
      stdio: ["ignore", "ignore", "ignore"],
    });
    await eventually(
      async () => (await host.run([BINARY, "status", "--data-dir", disk.path])).exitCode === 0,
    );
    site.kill();
    await site.exited;
    const { exitCode, stderr } = await host.run([
      BINARY,
      "reset",
      "--yes",
      "--data-dir",
      disk.path,
    ]);
    expect([exitCode, stderr, readdirSync(disk.path)]).toEqual([0, "", []]);
  },
  TEST_MS,
);
