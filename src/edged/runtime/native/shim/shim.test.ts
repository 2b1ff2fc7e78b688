import { expect, test } from "bun:test";
import { closeSync, existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { must } from "#lib/errors.ts";
import { sealedFile } from "#linux/memory-file.ts";
import { Steps } from "#linux/steps.ts";
import { eventually, rejection } from "#test/kit/eventually.ts";
import { ARCHES, emulatorOf, executableFile } from "#test/kit/machine.ts";
import {
  childrenOf,
  logFrames,
  logText,
  serveSteps,
  shell,
  statusOf,
  TEST_MS,
  testShim,
  writeInput,
} from "#test/kit/sandbox-shim.ts";
import {
  decodeExitRecord,
  decodeMessage,
  encodeRequest,
  REQUEST,
  type ShimMessage,
  smallBody,
  startBody,
} from "./protocol.ts";
import { ShimConnection } from "./shim-connection.ts";
import { shimProgram } from "./shim-program.ts";

const CLONE_NEWNS = 0x20000;
const CLONE_NEWUTS = 0x4000000;
const CLONE_NEWPID = 0x20000000;
const { SIGTERM, SIGKILL } = constants.signals;

const sleeping = (seconds: bigint): Steps => {
  const steps = new Steps();
  const time = new Uint8Array(BigUint64Array.of(seconds, 0n).buffer);
  steps.call("getpid");
  steps.call("nanosleep", [time, 0], { why: "sleep long" });
  return steps;
};

const descriptorsOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;
/** How many processes run a command. */
const running = (command: string): number =>
  readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "latin1") === `${command.replace(" ", "\0")}\0`;
    } catch {
      return false; // it ended meanwhile
    }
  }).length;
const isThere = (pid: number): boolean => existsSync(`/proc/${pid}`);

testShim("a container's output becomes frames, its end a record and an event", async (shim) => {
  const client = await shim.connect();
  expect(client.containers).toEqual([]);
  expect(client.pid).toBe(shim.process.pid);
  const request = shim.container(shell("echo out; echo err >&2; echo $$ $KEY; exit 5"));
  const beforeNs = BigInt(Date.now()) * 1_000_000n;
  const { pid, startedAtNs } = await client.start(request, shim.signal);
  const { exit, ...state } = await shim.exitOf(request.key);
  expect(state).toEqual({ key: request.key, pid, startedAtNs });
  expect(exit?.code).toBe(5);
  const log = join(request.directory, "log");
  expect(logText(log, 1)).toBe("out\n1 value\n");
  expect(logText(log, 2)).toBe("err\n");
  const times = [startedAtNs, ...logFrames(log).map(({ timeNs }) => timeNs)];
  for (const timeNs of times) {
    expect(timeNs - beforeNs).toBeGreaterThan(-2_000_000n);
    expect(must(exit, "an exit").atNs - timeNs).toBeGreaterThan(-2_000_000n);
  }
  const record = decodeExitRecord(readFileSync(join(request.directory, "exit")));
  expect(record).toEqual({ startedAtNs, exit: must(exit, "an exit") });
  expect(readdirSync(request.directory).toSorted()).toEqual(["exit", "log"]);
});

testShim("a step that fails is told, and nothing of the container is left", async (shim) => {
  const client = await shim.connect();
  const before = descriptorsOf(shim.process.pid);
  const steps = new Steps();
  steps.call("getpid");
  steps.call("chdir", ["/nowhere"], { why: "enter nowhere" });
  const error = await rejection(client.start(shim.container(steps), shim.signal));
  expect(error).toMatchObject({ message: "Cannot enter nowhere: ENOENT", step: 1 });
  await eventually(() => childrenOf(shim.process.pid).length === 0);
  expect(descriptorsOf(shim.process.pid)).toBe(before);
  client.close();
  expect((await shim.connect()).containers).toEqual([]);
});

testShim("a start that hangs is ended in time, in the words of its step", async (shim) => {
  const client = await shim.connect();
  const request = shim.container(sleeping(1000n), { timeoutMs: 500 });
  const error = await rejection(client.start(request, shim.signal));
  expect(error.message).toBe("Cannot sleep long: ETIMEDOUT");
  await eventually(() => childrenOf(shim.process.pid).length === 0);
  // Others are not held up meanwhile.
  const hanging = rejection(client.start(shim.container(sleeping(1000n)), shim.signal));
  const other = shim.container(shell("exit 0"));
  await client.start(other, shim.signal);
  expect((await shim.exitOf(other.key)).exit?.code).toBe(0);
  await client.end(shim.signal);
  expect((await hanging).message).toContain("ECANCELED");
});

testShim("what the shim cannot begin is an error, not a container", async (shim) => {
  const client = await shim.connect();
  const nowhere = { ...shim.container(shell("exit 0")), directory: "/nowhere" };
  expect((await rejection(client.start(nowhere, shim.signal))).message).toBe(
    "Cannot start a container in /nowhere: ENOENT",
  );
  const strange = shim.container(shell("exit 0"), { namespaces: 0x100 }); // CLONE_VM
  expect((await rejection(client.start(strange, shim.signal))).message).toContain("EINVAL");
  const request = shim.container(shell("sleep 1000"));
  await client.start(request, shim.signal);
  expect((await rejection(client.start(request, shim.signal))).message).toContain("EEXIST");
  expect(childrenOf(shim.process.pid)).toHaveLength(1);
});

testShim("signals reach a container while it lives", async (shim) => {
  const client = await shim.connect();
  const polite = shim.container(
    shell("trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done"),
  );
  await client.start(polite, shim.signal);
  await eventually(() => logText(join(polite.directory, "log")) === "ready\n");
  await client.signal(polite.key, SIGTERM, shim.signal);
  expect((await shim.exitOf(polite.key)).exit?.code).toBe(9);
  const rude = shim.container(shell("sleep 1000"));
  await client.start(rude, shim.signal);
  await client.signal(rude.key, SIGKILL, shim.signal);
  expect((await shim.exitOf(rude.key)).exit?.code).toBe(137);
  expect(await rejection(client.signal(rude.key, SIGKILL, shim.signal))).toMatchObject({
    code: "ESRCH",
  });
  expect(await rejection(client.signal(99n, SIGKILL, shim.signal))).toMatchObject({
    code: "ENOENT",
  });
});

testShim("a hundred starts at once all come true", async (shim) => {
  const client = await shim.connect();
  const before = descriptorsOf(shim.process.pid);
  const requests = Array.from({ length: 100 }, (_, index) =>
    shim.container(shell(`echo ${index}; exit ${index}`)),
  );
  await Promise.all(requests.map((request) => client.start(request, shim.signal)));
  for (const [index, request] of requests.entries()) {
    expect((await shim.exitOf(request.key)).exit?.code).toBe(index);
    expect(logText(join(request.directory, "log"))).toBe(`${index}\n`);
    await client.forget(request.key, shim.signal);
  }
  expect(childrenOf(shim.process.pid)).toEqual([]);
  expect(descriptorsOf(shim.process.pid)).toBe(before);
  expect((await shim.connect()).containers).toEqual([]);
});

testShim("a container gets no descriptor of its shim", async (shim) => {
  const client = await shim.connect();
  await client.start(shim.container(shell("sleep 1000")), shim.signal);
  const request = shim.container(shell("exec ls -l /proc/self/fd"));
  await client.start(request, shim.signal);
  await shim.exitOf(request.key);
  const lines = logText(join(request.directory, "log")).trim().split("\n").slice(1);
  const targets = lines.map((line) => line.replace(/^.* (\d+ -> .*)$/, "$1"));
  expect(targets).toHaveLength(4); // and the directory that ls reads
  expect(targets[0]).toBe("0 -> /dev/null");
  expect(targets[1]).toStartWith("1 -> pipe:");
  expect(targets[2]).toStartWith("2 -> pipe:");
  expect(statusOf(shim.process.pid)).toMatch(/^Name:\s+edgesite-shim$/m);
});

testShim("the end of a sandbox leaves nothing, not even what was orphaned", async (shim) => {
  const client = await shim.connect();
  const command = `sleep ${process.pid}0`;
  const daemon = `setsid sh -c '${command} & ${command}'`;
  const script = `(${daemon} &) ; ${command}`;
  const request = shim.container(shell(script), { namespaces: CLONE_NEWNS });
  await client.start(request, shim.signal);
  await eventually(() => running(command) === 3);
  await client.signal(request.key, SIGKILL, shim.signal);
  await shim.exitOf(request.key);
  expect(running(command)).toBe(2); // which outlived it, as a daemon does
  await client.end(shim.signal);
  expect(await shim.process.exited).toBe(0);
  expect(running(command)).toBe(0);
  expect(shim.losses).toBe(0);
});

testShim("a sandbox that ends starts nothing more", async (shim) => {
  const client = await shim.connect();
  const requests = Array.from({ length: 20 }, () => shim.container(shell("sleep 1000")));
  const started = requests.map((request) => client.start(request, shim.signal));
  const ended = client.end(shim.signal);
  const outcomes = await Promise.allSettled(started);
  await ended;
  expect(await shim.process.exited).toBe(0);
  expect(outcomes).toHaveLength(20);
});

testShim("containers do not outlive a shim that is killed", async (shim) => {
  const client = await shim.connect();
  const states = await Promise.all(
    [shell("sleep 1000"), shell("trap '' TERM HUP; sleep 1000")].map((steps) =>
      client.start(shim.container(steps), shim.signal),
    ),
  );
  shim.process.kill("SIGKILL");
  await eventually(() => states.every(({ pid }) => !isThere(pid)));
  await eventually(() => shim.losses === 1);
});

testShim("containers share a process namespace after its first process", async (shim) => {
  const client = await shim.connect();
  const lead = new Steps();
  lead.call("sethostname", ["x", 1]);
  lead.pause();
  const namespaces = CLONE_NEWNS | CLONE_NEWUTS;
  const shared = { key: 1000n, namespaces, steps: lead, timeoutMs: 5000 };
  const failing = new Steps();
  failing.call("chdir", ["/nowhere"]);
  await rejection(client.sharePids({ ...shared, steps: failing }, shim.signal));
  const { pid } = await client.sharePids(shared, shim.signal);
  const inside = readlinkSync(`/proc/${pid}/ns/pid`);
  const script =
    "readlink /proc/self/ns/pid; grep NSpid /proc/self/status; kill -0 1 && sleep 1000";
  const requests = [1, 2].map(() => shim.container(shell(script), { namespaces: CLONE_NEWNS }));
  for (const request of requests) {
    await client.start(request, shim.signal);
    const log = join(request.directory, "log");
    await eventually(() => logText(log).split("\n").length === 3);
    expect(logText(log).split("\n")[0]).toBe(inside);
    expect(logText(log)).toMatch(/NSpid:\t\d+\t\d+\n/);
  }
  expect(readdirSync(`/proc/${pid}/fd`)).toEqual([]);
  await client.signal(1000n, SIGKILL, shim.signal);
  for (const request of requests) {
    expect((await shim.exitOf(request.key)).exit?.code).toBe(137);
  }
  expect((await shim.exitOf(1000n)).exit?.code).toBe(137);
});

testShim("a container lives beside another one, and ends with its processes", async (shim) => {
  const client = await shim.connect();
  const namespaces = CLONE_NEWNS | CLONE_NEWPID;
  const main = shim.container(shell("readlink /proc/self/ns/pid; sleep 1000"), { namespaces });
  await client.start(main, shim.signal);
  const beside = { namespaces: CLONE_NEWNS, processesOf: main.key };
  const script = "readlink /proc/self/ns/pid; kill -0 1 && sleep 1000";
  const guest = shim.container(shell(script), beside);
  const { pid } = await client.start(guest, shim.signal);
  const inside = readlinkSync(`/proc/${pid}/ns/pid`);
  const first = (directory: string) => logText(join(directory, "log")).split("\n")[0];
  for (const { directory } of [main, guest]) await eventually(() => first(directory) === inside);
  // What starts later has its own processes again.
  const other = shim.container(shell("readlink /proc/self/ns/pid"), { namespaces });
  await client.start(other, shim.signal);
  await shim.exitOf(other.key);
  expect(first(other.directory)).not.toBe(inside);
  await client.signal(main.key, SIGKILL, shim.signal);
  expect((await shim.exitOf(guest.key)).exit?.code).toBe(137);
  const late = rejection(client.start(shim.container(shell(script), beside), shim.signal));
  expect((await late).message).toContain("ESRCH");
});

test.each(ARCHES)(
  "the loop is the same on %s",
  async (arch) => {
    using shim = executableFile(shimProgram(arch));
    const directory = dirname(shim.path);
    const socket = join(directory, "shim.sock");
    const encoded = sealedFile("steps", serveSteps(socket).encode(arch));
    const child = Bun.spawn([...emulatorOf(arch), shim.path], {
      stdio: ["ignore", "ignore", "ignore", encoded, encoded],
    });
    closeSync(encoded);
    try {
      await eventually(() => existsSync(socket));
      const messages: ShimMessage[] = [];
      const connection = new ShimConnection({
        message: (view) => messages.push(decodeMessage(view)),
        closed: () => undefined,
      });
      await eventually(() => connection.open(socket).then(() => true));
      const request = {
        ...{ key: 7n, directory, namespaces: 0, logLimitBytes: 10_000, logFiles: 2 },
        ...{ tty: false, stdin: true, timeoutMs: 10_000 },
        steps: shell("read word; echo $word; sleep 0.2; seq 1 5000; exit 4"),
      };
      const start = { kind: REQUEST.start, key: 7n, body: startBody(request, arch) };
      connection.send(encodeRequest(start, 1));
      await eventually(() => messages.length === 2);
      await writeInput(join(directory, "stdin"), "hello\n");
      await eventually(() => messages.length === 3);
      const [hello, reply, exit] = messages;
      expect(hello).toMatchObject({ kind: "hello", protocol: 1, containers: 0 });
      expect(reply).toMatchObject({ kind: "reply", serial: 1, errno: 0, container: { key: 7n } });
      expect(exit).toMatchObject({ kind: "exit", container: { key: 7n, exit: { code: 4 } } });
      expect(logText(join(directory, "log"))).toEndWith("\n5000\n");
      expect(existsSync(join(directory, "log.1"))).toBe(true);
      connection.send(encodeRequest({ kind: REQUEST.end, key: 0n, body: smallBody() }, 2));
      expect(await child.exited).toBe(0);
      connection.close();
    } finally {
      child.kill("SIGKILL");
    }
  },
  TEST_MS,
);

testShim("SIGTERM is passed on, and the shim ends after the last container", async (shim) => {
  const client = await shim.connect();
  const request = shim.container(
    shell("trap 'sleep 0.1; exit 9' TERM; echo ready; while :; do sleep 0.05; done"),
  );
  await client.start(request, shim.signal);
  await eventually(() => logText(join(request.directory, "log")) === "ready\n");
  shim.process.kill("SIGTERM");
  expect((await shim.exitOf(request.key)).exit?.code).toBe(9);
  expect(await shim.process.exited).toBe(0);
});
