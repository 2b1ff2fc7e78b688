import { expect } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { mountTmpfs, unmount } from "#linux/mount.ts";
import { Steps } from "#linux/steps.ts";
import { eventually, rejection } from "#test/kit/eventually.ts";
import {
  childrenOf,
  logText,
  type SandboxShim,
  shell,
  statusOf,
  testShim,
  writeInput,
} from "#test/kit/sandbox-shim.ts";
import { sendDescriptor, takeTerminal } from "../program/terminal.ts";

const MS_REC_PRIVATE = 0x44000;
/** What the shim may cost whatever its containers do. */
const MAX_SHIM_KIB = 200;

testShim("input comes through a FIFO until it is closed", async (shim) => {
  const client = await shim.connect();
  const request = shim.container(shell("cat; echo end"), { stdin: true });
  await client.start(request, shim.signal);
  const fifo = join(request.directory, "stdin");
  const log = join(request.directory, "log");
  for (const text of ["one ", "two "]) {
    // Each writer comes and goes, and the container's input goes on.
    await writeInput(fifo, text);
    await eventually(() => logText(log).endsWith(text));
  }
  await client.closeStdin(request.key, shim.signal);
  expect((await shim.exitOf(request.key)).exit?.code).toBe(0);
  expect(logText(log)).toBe("one two end\n");
});

/** A container with a terminal in a devpts of its own. */
function withTerminal(shim: SandboxShim, script: string) {
  const steps = new Steps();
  const at = join(shim.directory, "pts");
  steps.call("mount", ["", "/", "", MS_REC_PRIVATE, 0]);
  steps.call("mkdirat", [-100, at, 0o755], { tolerate: ["EEXIST"] });
  steps.call("mount", ["devpts", at, "devpts", 0, "newinstance,ptmxmode=0666,mode=620"]);
  const master = steps.call("openat", [-100, join(at, "ptmx"), 0x80102]);
  steps.call("setsid");
  sendDescriptor(steps, master);
  takeTerminal(steps, master);
  steps.call("execve", ["/bin/busybox", ["sh", "-c", script], ["PATH=/bin:/usr/bin"]]);
  return shim.container(steps, { tty: true, stdin: true });
}

testShim("a terminal takes input, is resized, and its last words are kept", async (shim) => {
  const client = await shim.connect();
  const request = withTerminal(shim, "read word; stty size; echo got $word; tty -s && exit 6");
  await client.start(request, shim.signal);
  await client.resize(request.key, { rows: 33, columns: 101 }, shim.signal);
  await writeInput(join(request.directory, "stdin"), "hello\n");
  expect((await shim.exitOf(request.key)).exit?.code).toBe(6);
  expect(logText(join(request.directory, "log"))).toBe("hello\r\n33 101\r\ngot hello\r\n");
  const plain = shim.container(shell("sleep 1000"));
  await client.start(plain, shim.signal);
  const refused = client.resize(plain.key, { rows: 1, columns: 1 }, shim.signal);
  expect(await rejection(refused)).toMatchObject({ code: "ENOTTY" });
});

testShim("a terminal that nobody has open can be opened again", async (shim) => {
  const client = await shim.connect();
  const script = "t=$(tty); exec <&- >&- 2>&-; sleep 0.2; exec >$t; echo again; seq 1 3000";
  const request = withTerminal(shim, script);
  await client.start(request, shim.signal);
  expect((await shim.exitOf(request.key)).exit?.code).toBe(0);
  expect(logText(join(request.directory, "log"))).toEndWith("2999\r\n3000\r\n");
});

testShim("much input for a terminal that is slow to read arrives whole", async (shim) => {
  const client = await shim.connect();
  const request = withTerminal(
    shim,
    "stty raw -echo; echo ready; sleep 0.3; head -c 100000 | md5sum",
  );
  await client.start(request, shim.signal);
  const log = join(request.directory, "log");
  await eventually(() => logText(log).startsWith("ready"));
  const text = "0123456789".repeat(10_000);
  await writeInput(join(request.directory, "stdin"), text);
  await shim.exitOf(request.key);
  expect(logText(log)).toContain(new Bun.CryptoHasher("md5").update(text).digest("hex"));
});

testShim("a terminal that is never sent is a failure", async (shim) => {
  const client = await shim.connect();
  const request = shim.container(shell("sleep 1000"), { tty: true });
  expect((await rejection(client.start(request, shim.signal))).message).toContain("EPROTO");
  await eventually(() => childrenOf(shim.process.pid).length === 0);
});

testShim("logs move on at their limit, and no frame is cut", async (shim) => {
  const client = await shim.connect();
  const request = shim.container(shell("seq 1 200000"), { logLimitBytes: 100_000, logFiles: 4 });
  await client.start(request, shim.signal);
  await shim.exitOf(request.key);
  const names = readdirSync(request.directory).filter((name) => name.startsWith("log"));
  expect(names.toSorted()).toEqual(["log", "log.1", "log.2", "log.3"]);
  const texts = names
    .toSorted((a, b) => Number(b.slice(4)) - Number(a.slice(4)))
    .map((name) => {
      const path = join(request.directory, name);
      expect(statSync(path).size).toBeLessThanOrEqual(100_000);
      return logText(path);
    });
  expect(texts.join("")).toEndWith("199999\n200000\n");
  const all = Array.from({ length: 200_000 }, (_, index) => `${index + 1}\n`).join("");
  expect(all).toEndWith(texts.join(""));
});

testShim("one log file is begun anew at its limit", async (shim) => {
  const client = await shim.connect();
  const request = shim.container(shell("seq 1 20000"), { logLimitBytes: 1000, logFiles: 1 });
  await client.start(request, shim.signal);
  await shim.exitOf(request.key);
  expect(readdirSync(request.directory).toSorted()).toEqual(["exit", "log"]);
  expect(logText(join(request.directory, "log"))).toEndWith("20000\n");
});

testShim("a flood of output is kept whole, in little memory", async (shim) => {
  const client = await shim.connect();
  const bytes = 32 * 1024 * 1024;
  const request = shim.container(shell(`yes 0123456 | head -c ${bytes}; echo end >&2`));
  await client.start(request, shim.signal);
  await shim.exitOf(request.key);
  const log = join(request.directory, "log");
  expect(logText(log, 1)).toBe("0123456\n".repeat(bytes / 8));
  expect(logText(log, 2)).toBe("end\n");
  const [, kib = "0"] = /VmRSS:\s+(\d+) kB/.exec(statusOf(shim.process.pid)) ?? [];
  expect(Number(kib)).toBeLessThan(MAX_SHIM_KIB);
});

testShim("a full disk holds up nobody", async (shim) => {
  const client = await shim.connect();
  const request = shim.container(shell("yes 0123456 | head -c 4000000; exit 7"));
  mountTmpfs(request.directory, { sizeBytes: 256 * 1024 });
  try {
    await client.start(request, shim.signal);
    expect((await shim.exitOf(request.key)).exit?.code).toBe(7);
    const text = logText(join(request.directory, "log"));
    expect(text.length).toBeGreaterThan(100_000);
    expect(text).toBe("0123456\n".repeat(text.length / 8));
    // Its end is known all the same, until it is forgotten.
    expect((await shim.connect()).containers[0]?.exit?.code).toBe(7);
  } finally {
    unmount(request.directory);
  }
});

testShim("output that is closed costs no work, and the container lives on", async (shim) => {
  const client = await shim.connect();
  const request = shim.container(shell("exec >&- 2>&-; sleep 1; exit 3"));
  const cpuMs = (): number => {
    const fields = readFileSync(`/proc/${shim.process.pid}/stat`, "utf8").split(" ");
    return (Number(fields[13]) + Number(fields[14])) * 10;
  };
  await client.start(request, shim.signal);
  const beforeMs = cpuMs();
  expect((await shim.exitOf(request.key)).exit?.code).toBe(3);
  expect(cpuMs() - beforeMs).toBeLessThan(200);
});
