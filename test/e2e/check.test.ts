import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Requirement } from "#cli/site.ts";
import { must } from "#lib/errors.ts";
import { withNetworkNamespace } from "#linux/namespace.ts";
import { NetworkNamespace } from "#test/kit/network-namespace.ts";
import { output, run } from "#test/kit/process.ts";
import { BINARY } from "#test/kit/site-process.ts";

setDefaultTimeout(60_000);

/** Whatever the host has: no engine is asked. */
const NATIVE = ["--runtime", "native"];
const NO_ENGINE = { DOCKER_HOST: "unix:///nonexistent/docker.sock" };

let namespace: NetworkNamespace;
let folder: string;
let dataDir: string;

beforeAll(async () => {
  namespace = await NetworkNamespace.create();
  folder = mkdtempSync(join(tmpdir(), "edgesite-check-"));
  dataDir = join(folder, "data");
});
afterAll(async () => {
  await namespace[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

interface Checked {
  readonly exitCode: number;
  readonly of: (name: string) => Requirement;
}

/** What `check` says, run by `wrapper` (which ends where the command begins). */
async function check(
  wrapper: readonly string[] = [],
  args: readonly string[] = NATIVE,
): Promise<Checked> {
  const command = [...wrapper, BINARY, "check", "--json", "--data-dir", dataDir, ...args];
  const { exitCode, stdout } = await run(namespace.command(command), { env: NO_ENGINE });
  const requirements: Requirement[] = JSON.parse(stdout);
  const of = (name: string) =>
    must(
      requirements.find((one) => one.name === name),
      name,
    );
  return { exitCode, of };
}

/** What a check could have left behind: mounts, links, tables, files. */
async function surroundings() {
  return {
    mounts: readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .filter((line) => line.includes(folder)),
    links: await output(namespace.command(["ip", "-o", "link"])),
    tables: await output(namespace.command(["nft", "list", "ruleset"])),
    files: readdirSync(folder),
  };
}

test("root is told in lines what is there, and nothing is left behind", async () => {
  const before = await surroundings();
  const command = namespace.command([BINARY, "check", ...NATIVE, "--data-dir", dataDir]);
  const { exitCode, stdout } = await run(command, { env: NO_ENGINE });
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^ok {6}privilege +root$/m);
  expect(stdout).toMatch(/^ok {6}overlayfs +works on the data directory's file system$/m);
  expect(stdout).toMatch(/^ok {6}runtime +native, as configured$/m);
  expect(stdout).not.toContain("failed");
  expect(await surroundings()).toEqual(before);
});

test("another user is told to be root, and what could not be tried", async () => {
  const binary = join(tmpdir(), "edgesite-check-as-nobody");
  copyFileSync(BINARY, binary);
  chmodSync(binary, 0o755);
  const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
  const command = [...nobody, binary, "check", ...NATIVE, "--data-dir", "/nonexistent/data"];
  const { exitCode, stdout } = await run(namespace.command(command), { env: NO_ENGINE });
  rmSync(binary);
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/^failed {2}privilege +user 65534\. Run edgesite as root/m);
  expect(stdout).toMatch(/^failed {2}overlayfs +not tried\. First mend the namespaces$/m);
  expect(stdout).toMatch(/^failed {2}data directory +EACCES: .* '\/'\. Run edgesite as root/m);
});

test("a host without cgroups is told to mount them; where an engine is to run, that is a note", async () => {
  const hide = ["unshare", "--mount", "sh", "-c", 'umount -R -l /sys/fs/cgroup && exec "$@"', "sh"];
  const native = await check(hide);
  expect(native.exitCode).toBe(1);
  expect(native.of("cgroups")).toMatchObject({
    state: "failed",
    found: "none are mounted",
    advice: expect.stringContaining("mount -t cgroup2"),
  });
  const docker = await check(hide, ["--runtime", "docker"]);
  expect(docker.of("cgroups").state).toBe("note");
  expect(docker.of("runtime")).toMatchObject({
    state: "failed",
    found: expect.stringContaining("does not answer at unix:///nonexistent/docker.sock"),
    advice: expect.stringContaining("--runtime native"),
  });
  // Somebody who names an engine wants it.
  expect((await check([], [])).of("runtime")).toEqual(docker.of("runtime"));
});

test("a data directory in memory is a note, and overlays are tried on it", async () => {
  const mount = `mount -t tmpfs none ${folder} && exec "$@"`;
  const { exitCode, of } = await check(["unshare", "--mount", "sh", "-c", mount, "sh"]);
  expect(exitCode).toBe(0);
  expect(of("data directory")).toMatchObject({
    state: "note",
    found: `${dataDir} on tmpfs`,
  });
  expect(of("overlayfs").state).toBe("ok");
});

test("a disk that is nearly full is refused", async () => {
  const mount = `mount -t tmpfs -o size=1m none ${folder} && exec "$@"`;
  const { exitCode, of } = await check(["unshare", "--mount", "sh", "-c", mount, "sh"]);
  expect(exitCode).toBe(1);
  expect(of("free space")).toMatchObject({ state: "failed", found: "0.0 GiB" });
});

test("ports that others have are told", async () => {
  const server = withNetworkNamespace(`/run/netns/${namespace.name}`, () =>
    Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } }),
  );
  const { port } = server;
  const { exitCode, of } = await check([], [...NATIVE, "--port", String(port)]);
  server.stop();
  expect(exitCode).toBe(1);
  expect(of(`port ${port}`)).toMatchObject({
    state: "failed",
    advice: expect.stringContaining("another --port"),
  });
  expect((await check([], [...NATIVE, "--port", String(port)])).of(`port ${port}`).state).toBe(
    "ok",
  );
});

test("a firewall that drops is told", async () => {
  const rules =
    "table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }; chain ufw-user-forward { }; }";
  await output(namespace.command(["nft", rules]));
  expect((await check()).of("firewall")).toMatchObject({
    state: "note",
    found: "ufw, a FORWARD chain that drops",
  });
});
