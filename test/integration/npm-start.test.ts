import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { run } from "#test/kit/process.ts";

interface Host {
  readonly dockerHost?: string;
  readonly answers?: boolean;
  readonly dockerd?: string;
  readonly other?: string;
  readonly debian?: string;
  readonly canBeRoot?: boolean;
  readonly noInstall?: boolean;
  readonly consent?: boolean;
  readonly terminal?: boolean;
}

/** A fresh Debian with sudo, where nobody said anything. */
const FRESH: Host = { debian: "/usr/bin/apt-get", canBeRoot: true };

/** What build/engine.mjs decides; in Node, as users run it. */
async function decision(host: Host): Promise<{ action: string; reason: string }> {
  const script = `import { engineDecision } from "./build/engine.mjs";
    console.log(JSON.stringify(engineDecision(${JSON.stringify(host)})));`;
  return JSON.parse((await run(["node", "--input-type=module", "--eval", script])).stdout);
}

describe("the Docker engine of npm start", () => {
  test.each<[string, Host, string]>([
    ["the one that answers is used", { ...FRESH, answers: true, other: "podman" }, "use"],
    ["the one of DOCKER_HOST is used", { dockerHost: "tcp://192.0.2.1:2375" }, "use"],
    ["an installed one is started", { ...FRESH, dockerd: "/usr/bin/dockerd" }, "start"],
    ["without root an installed one stays", { dockerd: "/usr/bin/dockerd" }, "go without"],
    ["podman is never replaced", { ...FRESH, other: "podman", consent: true }, "refuse"],
    [
      "a part of docker-ce is never replaced",
      { ...FRESH, other: "docker", consent: true },
      "refuse",
    ],
    ["EDGESITE_NO_INSTALL refuses", { ...FRESH, noInstall: true, consent: true }, "refuse"],
    ["--yes and CI answer", { ...FRESH, consent: true }, "install"],
    ["a terminal is asked", { ...FRESH, terminal: true }, "ask"],
    ["nobody to ask is a refusal", FRESH, "refuse"],
    ["without root and sudo nothing is installed", { debian: "/usr/bin/apt-get" }, "go without"],
    ["other systems install their own", { canBeRoot: true, consent: true }, "refuse"],
  ])("%s", async (_, host, action) => {
    expect(await decision(host)).toMatchObject({ action });
  });

  test("a refusal names the Debian packages and the way out", async () => {
    const { reason } = await decision(FRESH);
    expect(reason).toContain("docker.io, containerd, iptables");
    expect(reason).toContain("npm start -- --yes");
  });
});

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
      const npm = Bun.spawn(["npm", "start", "--silent", "--", "--yes"], {
        cwd: folder,
        stdio: ["ignore", "pipe", "ignore"],
      });
      for await (const chunk of npm.stdout) {
        if (new TextDecoder().decode(chunk).includes("up --yes")) break;
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
