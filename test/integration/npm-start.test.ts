import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { run } from "#test/kit/process.ts";

describe("packages", () => {
  test("are installed as root, quietly, and never at the price of another package", async () => {
    const folder = mkdtempSync(join(tmpdir(), "edgesite-host-"));
    try {
      const log = join(folder, "log");
      program(folder, {
        name: "dpkg",
        text: 'case "$2" in there) echo Status: install ok installed;; *) exit 1;; esac',
      });
      program(folder, { name: "apt-get", text: `echo "$DEBIAN_FRONTEND apt-get $*" >> ${log}` });
      program(folder, { name: "sudo", text: 'exec "$@"' });
      symlinkSync("/usr/bin/env", join(folder, "env"));
      const script = `import { aptInstall } from ${JSON.stringify(resolve("build/host.mjs"))};
        aptInstall(["there", "missing"]);`;
      const node = Bun.which("node") ?? "node";
      const { exitCode, stderr } = await run([node, "--input-type=module", "--eval", script], {
        env: { PATH: folder },
      });
      expect([exitCode, stderr]).toEqual([0, ""]);
      const said = await Bun.file(log).text();
      expect(said).toMatch(/^noninteractive apt-get .*install.*--no-remove.* missing\n$/);
      expect(said).not.toContain("there");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("a signal that only npm gets", () => {
  test("reaches edgesite, once the shell between them is gone", async () => {
    const { scripts } = await Bun.file("package.json").json();
    expect(scripts.start).toStartWith("exec node ");
    const folder = mkdtempSync(join(tmpdir(), "edgesite-npm-"));
    try {
      mkdirSync(join(folder, "build"));
      writeFileSync(join(folder, "package.json"), JSON.stringify({ scripts }));
      writeFileSync(
        join(folder, "build", "start.mjs"),
        'process.on("SIGTERM", () => process.exit(7)); setInterval(() => 0, 1e6); console.log("up", ...process.argv.slice(2));',
      );
      const npm = Bun.spawn(["npm", "start", "--silent", "--", "--port=7443"], {
        cwd: folder,
        stdio: ["ignore", "pipe", "ignore"],
      });
      for await (const chunk of npm.stdout) {
        if (new TextDecoder().decode(chunk).includes("up --port=7443")) break;
      }
      npm.kill("SIGTERM");
      expect(await npm.exited).toBe(7);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

function program(folder: string, { name, text }: { name: string; text: string }): void {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}
