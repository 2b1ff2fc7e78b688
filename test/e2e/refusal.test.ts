/** What cannot be is said in one clear line, and nothing is left half-started. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { chownSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "#test/kit/eventually.ts";
import { NetworkNamespace } from "#test/kit/network-namespace.ts";
import type { Outcome } from "#test/kit/process.ts";
import { BINARY } from "#test/kit/site-process.ts";

const TEST_MS = 60_000;
const NOBODY = 65_534;

let host: NetworkNamespace;
let directory: string;

beforeEach(async () => {
  host = await NetworkNamespace.create();
  directory = mkdtempSync(join(tmpdir(), "edgesite-refusal-"));
  chownSync(directory, NOBODY, NOBODY);
});
afterEach(async () => {
  await host[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

const env = { DOCKER_HOST: "unix:///nonexistent/docker.sock" };
const data = (): string => join(directory, "data");
const asNobody = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];

/** What a user sees who starts it: the last line, after the phases that went well. */
function lastLine({ stderr }: Outcome): string {
  return stderr.trim().split("\n").at(-1) ?? "";
}

const start = (...more: string[]): string[] => [BINARY, "start", "--data-dir", data(), ...more];

test(
  "a data directory that cannot be read is refused with one line",
  async () => {
    mkdirSync(data(), { mode: 0o700 });
    const outcome = await host.run([...asNobody, ...start()], { env });
    expect([outcome.exitCode, lastLine(outcome)]).toEqual([
      1,
      expect.stringMatching(/^edgesite: Cannot read .*\/data\/.*: permission denied/),
    ]);
  },
  TEST_MS,
);

test(
  "a data directory that is a file is refused with one line",
  async () => {
    writeFileSync(data(), "");
    const outcome = await host.run(start(), { env });
    expect([outcome.exitCode, lastLine(outcome)]).toEqual([
      1,
      expect.stringContaining("edgesite: Cannot use the data directory"),
    ]);
  },
  TEST_MS,
);

test(
  "a port in use is refused with one line, and no module has done anything to the host",
  async () => {
    const holder = Bun.spawn(host.command(["busybox", "nc", "-ll", "-p", "6443", "-e", "true"]));
    try {
      await eventually(async () => (await host.output(["ss", "-ltn"])).includes(":6443 "));
      const links = await host.output(["ip", "address"]);
      const outcome = await host.run(start(), { env });
      expect([outcome.exitCode, lastLine(outcome)]).toEqual([
        1,
        expect.stringMatching(/^edgesite: Cannot listen on .*:6443/),
      ]);
      expect(await host.output(["ip", "address"])).toBe(links);
    } finally {
      holder.kill();
      await holder.exited;
    }
  },
  TEST_MS,
);

test(
  "without privilege the API serves, and the node says why it is not Ready",
  async () => {
    // Where nobody may run it from, whatever the rights of this clone.
    const binary = join(directory, "edgesite");
    copyFileSync(BINARY, binary);
    const command = [...asNobody, binary, "start", "--data-dir", data()];
    const site = Bun.spawn(host.command(command), {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
      env: { ...process.env, ...env },
    });
    try {
      const kubeconfig = join(data(), "kubeconfig.yaml");
      const kubectl = (...args: string[]) =>
        host.output(["kubectl", "--kubeconfig", kubeconfig, ...args], { env: { HOME: directory } });
      const path = '{.items[*].status.conditions[?(@.type=="Ready")]}';
      const ready = await eventually(
        async () => (await kubectl("get", "nodes", "-o", `jsonpath=${path}`)) || undefined,
        { what: "A node" },
      );
      expect(JSON.parse(ready)).toMatchObject({
        status: "False",
        message: expect.stringContaining("root"),
      });
      await kubectl("create", "configmap", "works", "--from-literal=a=1");
      const status = await host.run([...asNobody, binary, "status", "--data-dir", data()]);
      expect([status.exitCode, status.stdout]).toEqual([1, expect.stringContaining("needs root")]);
      site.kill();
      expect(await site.exited).toBe(0);
      const log = await new Response(site.stderr).text();
      expect(log.split("\n").filter((line) => /\bERROR\b/.test(line))).toHaveLength(1);
    } finally {
      site.kill("SIGKILL");
      await site.exited;
    }
  },
  TEST_MS,
);

test(
  "reset of a site that never had an engine needs none",
  async () => {
    const site = Bun.spawn(host.command(start()), {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
      env: { ...process.env, ...env },
    });
    await eventually(
      async () => (await host.run([BINARY, "status", "--data-dir", data()])).stdout !== "",
      { what: "A status" },
    );
    site.kill();
    await site.exited;
    const outcome = await host.run([BINARY, "reset", "--yes", "--data-dir", data()], { env });
    expect([outcome.exitCode, outcome.stderr]).toEqual([0, ""]);
  },
  TEST_MS,
);
