import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { SiteStatus } from "#cli/site.ts";
import { elfNeeds } from "#test/kit/elf.ts";
import { eventually } from "#test/kit/eventually.ts";
import { MuslRoot } from "#test/kit/musl-root.ts";
import { NetworkNamespace } from "#test/kit/network-namespace.ts";
import { output, run } from "#test/kit/process.ts";
import { withoutZeros } from "../../build/bss.ts";
import { TARGETS } from "../../build/targets.ts";

const TEST_MS = 60_000;
/** What is emulated takes as long as it takes. */
const EMULATED_MS = 300_000;
const MAX_BYTES = 120 * 1024 * 1024;
/** glibc 2.17: CentOS 7, Debian 8. */
const OLDEST_GLIBC = [2, 17] as const;
const GLIBC_LIBRARIES =
  /^(libc\.so\.6|libm\.so\.6|libdl\.so\.2|libpthread\.so\.0|librt\.so\.1|ld-linux-(x86-64|aarch64)\.so\.[12])$/;
const MUSL_LIBRARIES = /^(libc\.musl-(x86_64|aarch64)\.so\.1|libstdc\+\+\.so\.6|libgcc_s\.so\.1)$/;

/** The platform that only qemu can run here, and its C library. */
const FOREIGN =
  process.arch === "x64"
    ? { target: "linux-arm64", emulator: "qemu-aarch64", platform: "linux/arm64" }
    : { target: "linux-x64", emulator: "qemu-x86_64", platform: "linux/amd64" };
const FOREIGN_ROOT = ".cache/foreign/libc6";
const NO_ENGINE = { DOCKER_HOST: "unix:///nonexistent/docker.sock" };

const binary = (target: string): string => resolve(`dist/edgesite-${target}`);

/** Names of symbols that glibc 2.17 does not have. */
const newerThanGlibc217 = (versions: readonly string[]): readonly string[] =>
  versions.filter((version) => {
    const [, a = 0, b = 0] = (/^GLIBC_(\d+)\.(\d+)/.exec(version) ?? []).map(Number);
    const [major, minor] = OLDEST_GLIBC;
    return !version.startsWith("GLIBC_") || a > major || (a === major && b > minor);
  });

test.each(TARGETS.map(({ name }) => name))(
  "edgesite-%s needs the C library of its platform and nothing else, and is no larger than 120 MiB",
  (target) => {
    const { machine, interpreter, libraries, versions } = elfNeeds(binary(target));
    const musl = target.endsWith("-musl");
    expect(machine).toBe(target.includes("arm64") ? "arm64" : "x64");
    expect(interpreter).toContain(musl ? "/ld-musl-" : "/ld-linux-");
    expect(libraries.length).toBeGreaterThan(0);
    const known = musl ? MUSL_LIBRARIES : GLIBC_LIBRARIES;
    expect(libraries.filter((library) => !known.test(library))).toEqual([]);
    expect(versions.length > 0).toBe(!musl);
    expect(newerThanGlibc217(versions)).toEqual([]);
    expect(statSync(binary(target)).size).toBeLessThan(MAX_BYTES);
  },
);

test.each(TARGETS.map(({ name }) => name))("edgesite-%s carries no zeros of .bss", (target) => {
  expect(withoutZeros(readFileSync(binary(target)))).toBeUndefined();
});

test(
  "the build for the other architecture serves the API, from bytecode that was made here",
  async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "edgesite-foreign-"));
    await using network = await NetworkNamespace.create();
    const command = (...args: string[]) =>
      network.command([FOREIGN.emulator, "-L", FOREIGN_ROOT, binary(FOREIGN.target), ...args]);
    const version = await run(command("version"), { env: { BUN_JSC_verboseDiskCache: "1" } });
    expect(version.stdout).toMatch(/^edgesite v/m);
    expect(version.stdout + version.stderr).toContain("Cache hit for sourceCode");
    const child = Bun.spawn(command("start", "--data-dir", dataDir), {
      stdio: ["ignore", "ignore", "ignore"],
      env: { ...process.env, ...NO_ENGINE },
    });
    try {
      await apiAnswers(network, EMULATED_MS);
      // It knows where it runs, so it makes the system calls of there.
      const asked = await network.output([...CURL, "https://127.0.0.1:6443/version"]);
      expect(JSON.parse(asked)).toMatchObject({ platform: FOREIGN.platform });
      await output(command("stop", "--data-dir", dataDir));
      expect(await child.exited).toBe(0);
    } finally {
      child.kill("SIGKILL");
      rmSync(dataDir, { recursive: true });
    }
  },
  EMULATED_MS,
);

test(
  "the musl build serves the API in a root with musl, libstdc++ and libgcc alone",
  async () => {
    await using network = await NetworkNamespace.create();
    const native = process.arch === "x64" ? "linux-x64-musl" : "linux-arm64-musl";
    using root = new MuslRoot(binary(native), network);
    const version = await run(root.command(["version"]), {
      env: { BUN_JSC_verboseDiskCache: "1" },
    });
    expect(version.stdout).toMatch(/^edgesite v/m);
    expect(version.stdout + version.stderr).toContain("Cache hit for sourceCode");
    const child = Bun.spawn(root.command(["start", "--data-dir", "/data"]), {
      stdio: ["ignore", "ignore", "ignore"],
      env: { ...process.env, ...NO_ENGINE },
    });
    try {
      await apiAnswers(network);
      const status: SiteStatus = JSON.parse(
        (await run(root.command(["status", "-o", "json", "--data-dir", "/data"]))).stdout,
      );
      expect(status.dataPlane.link).toBe("edge0");
      await output(root.command(["stop", "--data-dir", "/data"]));
      expect(await child.exited).toBe(0);
      await output(root.command(["reset", "--yes", "--data-dir", "/data"]), { env: NO_ENGINE });
      expect((await network.output(["ip", "-o", "link"])).trim().split("\n")).toHaveLength(1);
    } finally {
      child.kill("SIGKILL");
    }
  },
  TEST_MS,
);

const CURL = ["curl", "-sk", "--max-time", "2"] as const;

async function apiAnswers(network: NetworkNamespace, withinMs = TEST_MS): Promise<void> {
  const ask = [...CURL, "https://127.0.0.1:6443/readyz"];
  await eventually(async () => (await network.run(ask)).stdout === "ok", {
    ...{ what: "The API", withinMs },
  });
}
