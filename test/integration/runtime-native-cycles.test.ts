/** Whatever happens to a site between two pods, nothing of them stays on the host. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseMountInfo } from "#linux/mount-info.ts";
import { eventually } from "#test/kit/eventually.ts";
import { NativeHost } from "#test/kit/native-host.ts";
import { NativePod, removePods } from "#test/kit/native-pod.ts";
import { rounds } from "#test/kit/soak.ts";

const KILLS = rounds({ gate: 40, soak: 1000 });
const TEST_MS = 120_000;
const ALL_MS = rounds({ gate: 120_000, soak: 3_600_000 });
/** How long a site lives at most before it is killed; less by chance. */
const MAX_LIFE_MS = 800;

let host: NativeHost;

beforeAll(async () => {
  host = await NativeHost.prepare();
}, TEST_MS);
afterAll(() => host[Symbol.asyncDispose](), TEST_MS);

/** All that pods have on a host, but for what is shared with other tests. */
function traces() {
  const mounts = parseMountInfo(readFileSync("/proc/self/mountinfo", "utf8"))
    .map(({ mountPoint }) => mountPoint)
    .filter((path) => path.startsWith(host.directory) || path.startsWith(host.runDirectory));
  return {
    mounts,
    cgroups: host.cgroup.children().map(({ path }) => path),
    sandboxes: readdirSync(join(host.directory, "store/sandboxes")),
    containers: readdirSync(join(host.directory, "store/containers")),
    run: readdirSync(join(host.runDirectory, host.siteId)),
    shims: shims(),
  };
}

/** Processes whose network has a socket of this host's shims. */
function shims(): readonly string[] {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/net/unix`, "utf8").includes(host.runDirectory);
    } catch {
      return false; // it has ended meanwhile
    }
  });
}

const NOTHING = { mounts: [], cgroups: [], sandboxes: [], containers: [], run: [], shims: [] };

/** A site that makes and ends pods until it is killed; answers how many it has. */
async function liveAndDie(lifeMs: number): Promise<number> {
  const { directory, runDirectory, siteId } = host;
  const program = [process.execPath, "test/kit/pod-cycles.ts", directory, runDirectory, siteId];
  const child = Bun.spawn(program, { stdout: "pipe", stderr: "inherit" });
  let lines = "";
  for await (const chunk of child.stdout) {
    if (lines === "") setTimeout(() => child.kill("SIGKILL"), lifeMs);
    lines += Buffer.from(chunk).toString();
  }
  expect(await child.exited).toBe(137);
  return lines.split("\n").filter((line) => line === "cycle").length;
}

test(
  `a site that is killed ${KILLS} times while it makes and ends pods leaves nothing behind`,
  async () => {
    let cycles = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      cycles += await liveAndDie(Math.random() * MAX_LIFE_MS);
    }
    expect(cycles).toBeGreaterThan(0);
    await removePods(host.runtime());
    await eventually(() => shims().length === 0, { what: "The end of the last shims" });
    expect(traces()).toEqual(NOTHING);
  },
  ALL_MS,
);

test(
  "pods that come and go leave no descriptor open in the site",
  async () => {
    const runtime = host.runtime();
    const options = { stdin: true, stdout: true, stderr: true, tty: false };
    const cycle = async (turn: number): Promise<void> => {
      const signal = AbortSignal.timeout(TEST_MS);
      const pod = await NativePod.start(runtime, { hostUsers: turn % 2 === 0 });
      const id = await pod.run(["cat"], { stdin: true, stdinOnce: true });
      await pod.exec(id, "echo seen");
      for (const tty of [false, true]) {
        const session = await runtime.exec(id, { ...options, tty, command: ["true"] }, signal);
        await Promise.all([new Response(session.stdout).text(), session.stdin?.close()]);
        await session.exitCode;
      }
      const log = await runtime.logs(id, { follow: true, timestamps: false }, signal);
      const joined = await runtime.attach(id, options, signal);
      await joined.stdin?.close();
      await joined.exitCode;
      await Promise.all([log, joined.stdout].map((stream) => new Response(stream).text()));
      await pod.remove();
    };
    const descriptors = () => readdirSync("/proc/self/fd").length;
    for (let turn = 0; turn < 3; turn += 1) await cycle(turn);
    const before = descriptors();
    for (let turn = 0; turn < 20; turn += 1) await cycle(turn);
    await eventually(() => descriptors() <= before, { what: "No further descriptor" });
    expect(traces()).toEqual(NOTHING);
  },
  TEST_MS,
);
