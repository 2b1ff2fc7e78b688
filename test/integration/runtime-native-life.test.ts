/** Pods without an engine outlive the process that made them, and lose nothing by it. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readdirSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import type { Runtime } from "#edged/runtime/runtime.ts";
import { type Freezer, freeze } from "#linux/cgroups/freezer.ts";
import { unmountBelow } from "#linux/mount.ts";
import { processesOf } from "#test/kit/container-processes.ts";
import { eventually } from "#test/kit/eventually.ts";
import { NativeHost } from "#test/kit/native-host.ts";
import { NativePod } from "#test/kit/native-pod.ts";

const TEST_MS = 60_000;
const signal = AbortSignal.timeout(600_000);

let host: NativeHost;
let runtime: Runtime;

beforeAll(async () => {
  host = await NativeHost.prepare();
  runtime = host.runtime();
}, TEST_MS);
afterAll(() => host[Symbol.asyncDispose](), TEST_MS);

/** The runtime of the site's next process. */
function nextRuntime(...pods: readonly NativePod[]): void {
  runtime = host.runtime();
  for (const pod of pods) pod.adoptedBy(runtime);
}

const record = (kind: "containers" | "sandboxes", id: string): string =>
  join(host.directory, "store", kind, id, "record.json");

const nothingRunsIn = (id: string): Promise<true> =>
  eventually(() => processesOf(id).length === 0, { what: "No process" });

/** Either version can freeze; in the second each directory can. */
const freezerIn = (directories: readonly string[]): Freezer => ({
  legacy: directories.find((path) => existsSync(join(path, "freezer.state"))),
  unified: directories.find((path) => existsSync(join(path, "cgroup.freeze"))),
});

const it = (title: string, body: () => Promise<void>): void => test(title, body, TEST_MS);

it("the next process adopts what runs: its process, its log, its input", async () => {
  const pod = await NativePod.start(runtime);
  const id = await pod.shell("n=0; while :; do n=$((n + 1)); echo turn $n; sleep 0.05; done");
  await pod.wrote(id, "turn 2\n");
  const before = await pod.container(id);
  nextRuntime(pod);
  expect(await pod.container(id)).toEqual(before);
  const turns = (await pod.log(id)).split("\n").length;
  await pod.wrote(id, `turn ${turns + 3}\n`);
  const lines = (await pod.log(id)).trim().split("\n");
  expect(lines).toEqual(lines.map((_, index) => `turn ${index + 1}`));
  expect(await pod.exec(id, "echo $GREETING; hostname")).toBe(`hello\n${pod.ref.name}`);
  await pod.remove();
});

it("a site that was killed while it killed leaves nothing frozen to the next process", async () => {
  const pod = await NativePod.start(runtime);
  const id = await pod.run(["sleep", "1000"]);
  const groups = host.cgroup.children().flatMap((group) => [group, ...group.children()]);
  const frozen = groups.map(({ directories }) => freeze(freezerIn(directories)));
  expect(frozen.length).toBeGreaterThan(1);
  nextRuntime(pod);
  expect(await pod.exec(id, "echo awake")).toBe("awake");
  await pod.remove();
});

it("how a container ended is known by the next process, and after its shim by the record", async () => {
  const pod = await NativePod.start(runtime);
  const id = await pod.shell("echo last words; exit 7");
  const ended = await pod.ended(id);
  expect(ended).toMatchObject({ exitCode: 7, oomKilled: false });
  nextRuntime(pod);
  expect(await pod.container(id)).toEqual(ended);
  process.kill(pod.sandbox.pid ?? 0, "SIGKILL");
  nextRuntime(pod);
  expect(await pod.container(id)).toEqual(ended);
  expect(await pod.log(id)).toBe("last words\n");
  await pod.remove();
});

it("a command that is not there is told as such by the next process, too", async () => {
  const pod = await NativePod.start(runtime);
  const error = 'exec: "/nope": no such file or directory';
  expect(await pod.run(["/nope"]).catch(String)).toContain(error);
  const { containers } = await runtime.inspect(pod.ref.uid, signal);
  expect(containers).toMatchObject([{ state: "exited", exitCode: 127, error }]);
  nextRuntime(pod);
  expect((await runtime.inspect(pod.ref.uid, signal)).containers).toEqual(containers);
  await pod.remove();
});

it("a shim that is killed takes its pod along, which can be made anew", async () => {
  const pod = await NativePod.start(runtime);
  const id = await pod.run(["sleep", "1000"]);
  expect(processesOf(id)).not.toEqual([]);
  process.kill(pod.sandbox.pid ?? 0, "SIGKILL");
  expect(await pod.ended(id)).toMatchObject({ exitCode: 137 });
  await nothingRunsIn(id);
  nextRuntime(pod);
  const found = await pod.container(id);
  expect(found).toMatchObject({ exitCode: 137 });
  nextRuntime(pod);
  expect(await pod.container(id)).toEqual(found);
  const { sandboxes } = await runtime.inspect(pod.ref.uid, signal);
  expect(sandboxes).toMatchObject([{ id: pod.sandbox.id, running: false }]);
  await pod.startAgain(1);
  const again = await pod.run(["sleep", "1000"], { attempt: 1 });
  expect(await pod.container(again)).toMatchObject({ state: "running", attempt: 1 });
  await pod.remove();
});

test.each(["containers", "sandboxes"] as const)(
  "a record of %s that is cut counts as none: what it told of is ended",
  async (kind) => {
    const [pod, other] = await Promise.all([NativePod.start(runtime), NativePod.start(runtime)]);
    const id = await pod.run(["sleep", "1000"]);
    const unharmed = await other.run(["sleep", "1000"]);
    truncateSync(record(kind, kind === "containers" ? id : pod.sandbox.id), 10);
    nextRuntime(pod, other);
    const { containers, sandboxes } = await runtime.inspect(pod.ref.uid, signal);
    if (kind === "containers") expect(containers).toEqual([]);
    else {
      expect(sandboxes).toEqual([]);
      expect(containers).toMatchObject([{ state: "exited", exitCode: 137 }]);
    }
    await nothingRunsIn(id);
    expect(await other.container(unharmed)).toMatchObject({ state: "running" });
    await Promise.all([pod.remove(), other.remove()]);
    expect(host.cgroup.children()).toEqual([]);
    expect(readdirSync(join(host.runDirectory, host.siteId))).toEqual([]);
  },
);

it("after a restart of the machine everything has ended, with what is known of it", async () => {
  const pod = await NativePod.start(runtime);
  const cut = await pod.shell("echo said before; exec sleep 1000");
  const done = await pod.shell("exit 3", { name: "done" });
  await pod.wrote(cut, "said before");
  await pod.ended(done);
  await host.cgroup.kill(signal);
  host.cgroup.remove();
  unmountBelow(host.runDirectory);
  rmSync(join(host.runDirectory, host.siteId), { recursive: true });
  nextRuntime(pod);
  expect(await pod.container(cut)).toMatchObject({ state: "exited", exitCode: 137 });
  expect(await pod.container(done)).toMatchObject({ state: "exited", exitCode: 3 });
  expect(await pod.log(cut)).toBe("said before\n");
  const { sandboxes } = await runtime.inspect(pod.ref.uid, signal);
  expect(sandboxes).toMatchObject([{ running: false }]);
  await pod.remove();
  expect(await runtime.list(signal)).toEqual([]);
});

it("a container that takes more memory than it may is told as killed for it, later too", async () => {
  const pod = await NativePod.start(runtime);
  const resources = { cpuRequestMillis: 10, memoryLimitBytes: 16 << 20, oomScoreAdj: 500 };
  const id = await pod.run(["tail", "/dev/zero"], { resources });
  const ended = await pod.ended(id);
  expect(ended).toMatchObject({ exitCode: 137, oomKilled: true });
  nextRuntime(pod);
  expect(await pod.container(id)).toEqual(ended);
  await pod.remove();
});
