import { afterAll, expect, test } from "bun:test";
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sealedFile } from "#linux/memory-file.ts";
import { StepFailure, Steps } from "#linux/steps.ts";
import { HOST_ARCH } from "#linux/syscalls.ts";
import { eventually, rejection } from "#test/kit/eventually.ts";
import { ARCHES, emulatorOf, executableFile } from "#test/kit/machine.ts";
import { runSteps } from "./run-steps.ts";
import { shimProgram } from "./shim-program.ts";

const CLONE_NEWNS = 0x20000;
const CLONE_NEWUTS = 0x4000000;
const CLONE_NEWPID = 0x20000000;
const MS_REC_PRIVATE = 0x44000;
const MS_BIND = 0x1000;
const MNT_DETACH = 2;
const AT_FDCWD = -100;

const program = shimProgram(HOST_ARCH);
const directory = mkdtempSync(join(tmpdir(), "steps-"));
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

async function outcome(steps: Steps, descriptors: readonly number[] = []) {
  const child = await runSteps(
    { program, steps, stdin: "ignore", stdout: "pipe", stderr: "ignore", descriptors },
    AbortSignal.timeout(20_000),
  );
  const stdout = await new Response(child.stdout).text();
  return { stdout, exitCode: await child.exited };
}

const shell = (steps: Steps, script: string): Steps => {
  steps.call("execve", ["/bin/busybox", ["sh", "-c", script], ["PATH=/bin:/usr/bin"]]);
  return steps;
};

test("a process changes its root to a tmpfs of its own and executes a program there", async () => {
  const steps = new Steps();
  const root = join(directory, "root");
  steps.call("unshare", [CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS], {
    why: "leave the namespaces",
  });
  steps.forkAndWait();
  steps.call("mount", ["", "/", "", MS_REC_PRIVATE, 0], { why: "make mounts private" });
  steps.call("mkdirat", [AT_FDCWD, root, 0o700], { tolerate: ["EEXIST"] });
  steps.call("mount", ["tmpfs", root, "tmpfs", 0, "size=1m"], { why: "mount the root" });
  steps.call("chdir", [root]);
  const busybox = steps.call("openat", [AT_FDCWD, "busybox", 0x80042, 0o755]);
  steps.call("mount", ["/bin/busybox", "busybox", "", MS_BIND, 0], { why: "bind busybox" });
  steps.call("close", [busybox]);
  steps.call("mkdirat", [AT_FDCWD, "proc", 0o555]);
  steps.call("pivot_root", [".", "."], { why: "change the root" });
  steps.call("umount2", [".", MNT_DETACH], { why: "let the old root go" });
  steps.call("chdir", ["/"]);
  steps.call("mount", ["proc", "/proc", "proc", 0, 0], { why: "mount /proc" });
  steps.call("sethostname", ["inside", 6]);
  const script = "/busybox ls /; echo $$; /busybox wc -l < /proc/self/mountinfo; exit 4";
  steps.call("execve", ["/busybox", ["sh", "-c", script], []]);
  expect(await outcome(steps)).toEqual({ stdout: "busybox\nproc\n1\n3\n", exitCode: 4 });
});

test("what failed is told in the words of its step, and nothing is left", async () => {
  const steps = new Steps();
  steps.forkAndWait();
  steps.call("chdir", [directory]);
  steps.call("chroot", ["nowhere"], { why: "change the root to nowhere" });
  const error = await rejection(outcome(steps));
  expect(error).toBeInstanceOf(StepFailure);
  expect(error).toMatchObject({ step: 2, code: "ENOENT" });
  expect(error.message).toBe("Cannot change the root to nowhere: ENOENT");
});

test("a session's process ends as its child does", async () => {
  const of = async (script: string) => {
    const steps = new Steps();
    steps.forkAndWait();
    return (await outcome(shell(steps, script))).exitCode;
  };
  expect(await of("exit 42")).toBe(42);
  expect(await of("kill -9 $$")).toBe(137);
});

test("a sibling takes the place of the process that joined for it", async () => {
  const steps = new Steps();
  steps.forkAndWait();
  steps.call("unshare", [CLONE_NEWPID], { why: "get processes of its own" });
  steps.forkSibling();
  expect(await outcome(shell(steps, "echo $$ $PPID; exit 42"))).toEqual({
    stdout: "1 0\n",
    exitCode: 42,
  });
  const failing = new Steps();
  failing.forkAndWait();
  failing.call("chdir", ["/nowhere"], { why: "go nowhere" });
  failing.forkSibling();
  expect((await rejection(outcome(failing))).message).toBe("Cannot go nowhere: ENOENT");
});

test("a child does not outlive the process that waits for it", async () => {
  const steps = new Steps();
  steps.forkAndWait();
  shell(steps, "echo $$; exec sleep 1000");
  const signal = AbortSignal.timeout(20_000);
  const child = await runSteps(
    { program, steps, stdin: "ignore", stdout: "pipe", stderr: "ignore" },
    signal,
  );
  const { value } = await child.stdout.getReader().read();
  child.kill("SIGKILL");
  await child.exited;
  const pid = Number(new TextDecoder().decode(value));
  expect(pid).toBeGreaterThan(child.pid);
  await eventually(() => !isThere(pid));
});

test("a program that takes too long is killed when the signal aborts", async () => {
  const steps = new Steps();
  const time = new Uint8Array(BigUint64Array.of(1000n, 0n).buffer);
  steps.call("nanosleep", [time, 0]);
  const abort = new AbortController();
  const running = rejection(
    runSteps({ program, steps, stdin: "ignore", stdout: "ignore", stderr: "ignore" }, abort.signal),
  );
  await Bun.sleep(20);
  abort.abort(new Error("enough"));
  expect((await running).message).toBe("enough");
});

test("steps pass results on, tolerate, take the other way and compare", async () => {
  const steps = new Steps();
  const text = steps.memory(16);
  const file = join(directory, "greeting");
  writeFileSync(file, "greetings");
  const fd = steps.call("openat", [AT_FDCWD, file, 0x80000]);
  const length = steps.call("read", [fd, text, 16]);
  steps.expect({ at: text.at(0), equals: 0x676e697465657267n, error: "EPROTO", why: "be greeted" });
  steps.expect({ at: text.at(8), mask: 0xffn, equals: 0x73n, error: "EPROTO", why: "see the end" });
  steps.call("write", [1, text, length]);
  const kept = steps.memory(16);
  steps.put(length, kept.at(2), 4);
  steps.put(length, kept.at(8), 8);
  steps.call("write", [1, kept, 16]);
  const other = (name: string) => (otherwise: Steps) => {
    otherwise.call("write", [1, `|${name}`, name.length + 1]);
    otherwise.call("write", [1, "!", 1]);
  };
  steps.call("chdir", ["/nowhere"], { tolerate: ["ENOENT"], otherwise: other("absent") });
  steps.call("chdir", ["/"], { tolerate: ["ENOENT"], otherwise: other("present") });
  const { stdout, exitCode } = await outcome(steps);
  expect(stdout).toBe("greetings\0\0\t\0\0\0\0\0\t\0\0\0\0\0\0\0|absent!");
  expect(exitCode).toBe(0);
  steps.expect({ at: text.at(0), equals: 0n, error: "EPERM", why: "be ignored" });
  expect((await rejection(outcome(steps))).message).toBe("Cannot be ignored: EPERM");
});

test("a program starts with default signals, its own environment and nothing that is open", async () => {
  const fd = openSync(join(directory, "given"), "w+");
  writeFileSync(fd, "given");
  const executing = async (...command: readonly string[]): Promise<string> => {
    const steps = new Steps();
    steps.call("lseek", [5, 0, 0]);
    steps.call("dup3", [5, 0, 0]);
    steps.call("execve", ["/bin/busybox", command, ["KEY=value"]]);
    return (await outcome(steps, [fd])).stdout;
  };
  const text = await executing("cat", "-", "/proc/self/environ", "/proc/self/status");
  expect(text).toStartWith("givenKEY=value\0Name:");
  expect(text).toMatch(/^SigBlk:\s+0{16}$/m);
  expect(text).toMatch(/^SigIgn:\s+0{16}$/m);
  expect(await executing("ls", "/proc/self/fd")).toBe("0\n1\n2\n3\n"); // 3: the directory itself
  closeSync(fd);
});

test("neither the program nor the steps can be written to", () => {
  const files = [sealedFile("program", program), sealedFile("steps", Buffer.from("steps"))];
  for (const sealed of files) {
    const write = (): void => {
      const fd = openSync(`/proc/self/fd/${sealed}`, "r+");
      try {
        writeSync(fd, "x");
      } finally {
        closeSync(fd);
      }
    };
    expect(write).toThrow(/EPERM|ETXTBSY/);
    closeSync(sealed);
  }
});

test("what is no program is refused", async () => {
  using shim = executableFile(shimProgram(HOST_ARCH));
  for (const bytes of [Buffer.from("hello"), Buffer.alloc(100), Buffer.alloc(0)]) {
    const steps = sealedFile("steps", bytes);
    const child = Bun.spawn([shim.path], { stdio: ["ignore", "ignore", "ignore", steps] });
    closeSync(steps);
    expect(await child.exited).toBe(127);
  }
});

test.each(ARCHES)("the same steps run on %s", async (arch) => {
  using shim = executableFile(shimProgram(arch));
  const steps = new Steps();
  const text = steps.memory(8);
  const socket = steps.call("socket", [1, 0x80001, 0]);
  steps.put(socket, text.at(0), 4);
  steps.call("chdir", ["/nowhere"], { tolerate: ["ENOENT"] });
  steps.forkAndWait();
  steps.expect({ at: text.at(0), mask: 0xffn, equals: 3n + 2n, error: "EPROTO", why: "count" });
  steps.call("write", [1, "hello", 5]);
  steps.call("exit_group", [9]);
  const encoded = sealedFile("steps", steps.encode(arch));
  const child = Bun.spawn([...emulatorOf(arch), shim.path], {
    stdio: ["ignore", "pipe", "ignore", encoded, encoded],
  });
  closeSync(encoded);
  expect(await new Response(child.stdout).text()).toBe("hello");
  expect(await child.exited).toBe(9);
});

function isThere(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
