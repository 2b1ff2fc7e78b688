/** What pods may ask for, without an engine: namespaces, volumes, terminals, and many of all. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Runtime } from "#edged/runtime/runtime.ts";
import type { ContainerSpec, Mount } from "#edged/runtime/types.ts";
import { mountTmpfs, unmountBelow } from "#linux/mount.ts";
import { processesOf } from "#test/kit/container-processes.ts";
import { eventually, rejection } from "#test/kit/eventually.ts";
import { NativeHost } from "#test/kit/native-host.ts";
import { NativePod } from "#test/kit/native-pod.ts";
import { UNPRIVILEGED } from "#test/kit/pod-specs.ts";
import { output } from "#test/kit/process.ts";

const TEST_MS = 60_000;
const signal = AbortSignal.timeout(600_000);

let host: NativeHost;
let runtime: Runtime;

beforeAll(async () => {
  host = await NativeHost.prepare();
  runtime = host.runtime();
}, TEST_MS);
afterAll(() => host[Symbol.asyncDispose](), TEST_MS);

const it = (title: string, body: () => Promise<void>): void => test(title, body, TEST_MS);
const FOREVER = ["sleep", "1000"];
const namespace = (name: string): string => readlinkSync(`/proc/thread-self/ns/${name}`);

describe("namespaces", () => {
  it("a pod on the host's network and among the host's processes sees both", async () => {
    const pod = await NativePod.start(runtime, { hostNetwork: true, hostPID: true, hostIPC: true });
    const id = await pod.run(FOREVER);
    for (const name of ["net", "pid", "ipc"])
      expect(await pod.exec(id, `readlink /proc/self/ns/${name}`)).toBe(namespace(name));
    for (const name of ["mnt", "cgroup"])
      expect(await pod.exec(id, `readlink /proc/self/ns/${name}`)).not.toBe(namespace(name));
    expect(await pod.exec(id, `test -d /proc/${process.pid} && echo seen`)).toBe("seen");
    await pod.remove();
  });

  it("a pod that asks for nothing shares nothing", async () => {
    const pod = await NativePod.start(runtime);
    const id = await pod.run(FOREVER);
    for (const name of ["net", "pid", "ipc", "uts", "mnt", "cgroup"])
      expect(await pod.exec(id, `readlink /proc/self/ns/${name}`)).not.toBe(namespace(name));
    await pod.remove();
  });

  it("containers that share their processes see and outlive each other", async () => {
    const pod = await NativePod.start(runtime);
    const shared = { sharedProcesses: true };
    const first = await pod.run(FOREVER, { ...shared, name: "first" });
    const second = await pod.shell("exec sleep 2000", { ...shared, name: "second" });
    expect(await pod.exec(first, "ps -o pid,args")).toMatch(/ 1 .*\n(.*\n)*.*sleep 2000/);
    await runtime.stopContainer(second, 0, signal);
    expect(await pod.container(second)).toMatchObject({ exitCode: 137 });
    expect(await pod.exec(first, "ps -o args")).not.toContain("sleep 2000");
    expect(await pod.container(first)).toMatchObject({ state: "running" });
    await pod.remove();
  });

  test.each([
    ["of its own", {}, {}],
    ["of its pod", {}, { sharedProcesses: true }],
    ["of the host", { hostPID: true }, {}],
  ] as const)(
    "daemons that a container leaves in a process namespace %s end with it",
    async (_, ofSandbox, ofContainer) => {
      const pod = await NativePod.start(runtime, ofSandbox);
      const id = await pod.shell(
        "setsid sleep 1000 & (sleep 1000 &) ; until test -e /tmp/go; do sleep 0.02; done; exit 4",
        ofContainer,
      );
      await eventually(() => processesOf(id).length >= 3, { what: "Daemons" });
      await pod.exec(id, "touch /tmp/go");
      expect(await pod.ended(id)).toMatchObject({ exitCode: 4 });
      await eventually(() => processesOf(id).length === 0, { what: "The daemons' end" });
      await pod.remove();
    },
    TEST_MS,
  );
});

describe("volumes", () => {
  let volume: string;

  beforeAll(async () => {
    volume = join(host.directory, "volume");
    mkdirSync(volume);
    mountTmpfs(volume);
    await output(["mount", "--make-shared", volume]);
  });
  afterAll(() => unmountBelow(host.directory));

  const mounted = (propagation: Mount["propagation"]): Partial<ContainerSpec> => ({
    mounts: [{ hostPath: volume, containerPath: "/volume", readOnly: false, propagation }],
    security: { ...UNPRIVILEGED, privileged: true },
  });
  const onHost = (path: string): Promise<string> => output(["sh", "-c", `cat ${path} || true`]);

  it("what a container mounts in an rshared volume is on the host too, and the reverse", async () => {
    const pod = await NativePod.start(runtime);
    const id = await pod.run(FOREVER, mounted("rshared"));
    await pod.exec(id, "mkdir /volume/in && mount -t tmpfs in /volume/in && echo a >/volume/in/a");
    expect(await onHost(join(volume, "in/a"))).toBe("a\n");
    mkdirSync(join(volume, "out"));
    mountTmpfs(join(volume, "out"));
    expect(await pod.exec(id, "grep -c ' /volume/out ' /proc/self/mountinfo")).toBe("1");
    await pod.remove();
    unmountBelow(volume);
  });

  it("an rslave volume follows the host's mounts, and keeps its own to itself", async () => {
    const pod = await NativePod.start(runtime);
    const id = await pod.run(FOREVER, mounted("rslave"));
    mkdirSync(join(volume, "later"));
    mountTmpfs(join(volume, "later"));
    expect(await pod.exec(id, "grep -c ' /volume/later ' /proc/self/mountinfo")).toBe("1");
    await pod.exec(
      id,
      "mkdir /volume/own && mount -t tmpfs in /volume/own && echo a >/volume/own/a",
    );
    expect(readdirSync(join(volume, "own"))).toEqual([]);
    await pod.remove();
    unmountBelow(volume);
  });

  it("a volume that is not shared is refused where mounts are to spread", async () => {
    const lonely = join(host.directory, "lonely");
    mkdirSync(lonely);
    mountTmpfs(lonely);
    await output(["mount", "--make-private", lonely]);
    const pod = await NativePod.start(runtime);
    const from = (propagation: Mount["propagation"]): Partial<ContainerSpec> => {
      const hostPath = join(lonely, "inside");
      const mount = { hostPath, containerPath: "/volume", readOnly: false, propagation };
      return { mounts: [mount], security: { ...UNPRIVILEGED, privileged: true } };
    };
    mkdirSync(join(lonely, "inside"));
    const place = `path "${join(lonely, "inside")}" is mounted on "${lonely}"`;
    for (const [propagation, kind] of [
      ["rshared", "a shared mount"],
      ["rslave", "a shared or slave mount"],
    ] as const) {
      const refusal = await rejection(pod.run(FOREVER, from(propagation)));
      expect(refusal.message).toContain(`${place} but it is not ${kind}`);
    }
    const id = await pod.run(FOREVER, from("private"));
    expect(await pod.container(id)).toMatchObject({ state: "running" });
    await pod.remove();
    unmountBelow(lonely);
  });

  it("a private volume follows nothing", async () => {
    const pod = await NativePod.start(runtime);
    const id = await pod.run(FOREVER, mounted("private"));
    mkdirSync(join(volume, "unseen"));
    mountTmpfs(join(volume, "unseen"));
    expect(await pod.exec(id, "grep -c ' /volume/unseen ' /proc/self/mountinfo")).toBe("0");
    await pod.remove();
    unmountBelow(volume);
  });

  it("a read-only root takes no write, its volumes do", async () => {
    const pod = await NativePod.start(runtime);
    const { mounts = [] } = mounted("private");
    const security = { ...UNPRIVILEGED, readOnlyRootFilesystem: true };
    const id = await pod.run(FOREVER, { security, mounts });
    for (const path of ["/file", "/etc/file", "/bin/busybox"])
      expect(await pod.exec(id, `touch ${path} 2>&1`)).toContain("Read-only file system");
    expect(await pod.exec(id, "echo kept >/volume/kept && echo x >/dev/null && echo fine")).toBe(
      "fine",
    );
    expect(await onHost(join(volume, "kept"))).toBe("kept\n");
    await pod.remove();
  });
});

describe("streams", () => {
  const both = { stdin: true, stdout: true, stderr: false, tty: false };
  const write = async (stream: WritableStream<Uint8Array> | undefined, text: string) => {
    const writer = stream?.getWriter();
    await writer?.write(new TextEncoder().encode(text));
    await writer?.close();
  };

  it("a program that is not root opens its outputs anew", async () => {
    const pod = await NativePod.start(runtime);
    const security = { ...UNPRIVILEGED, user: "1000:1000" };
    const script = "echo one >/dev/stdout; echo two >/proc/self/fd/2; echo three >$(tty)";
    const piped = await pod.shell(script, { name: "piped", security });
    await pod.ended(piped);
    expect(await pod.log(piped)).toMatch(/^one\ntwo\n|^two\none\n/);
    const shown = await pod.shell(script, { name: "shown", security, tty: true });
    await pod.ended(shown);
    expect(await pod.log(shown)).toBe("one\r\ntwo\r\nthree\r\n");
    await pod.remove();
  });

  it("a terminal that is attached to has the client's size", async () => {
    const pod = await NativePod.start(runtime);
    const id = await pod.shell("while read line; do stty size; done", { tty: true, stdin: true });
    const joined = await runtime.attach(id, { ...both, tty: true }, signal);
    joined.resize({ width: 123, height: 45 });
    await eventually(async () => {
      const again = await runtime.attach(id, { ...both, tty: true }, signal);
      await write(again.stdin, "go\n");
      return (await pod.log(id)).includes("45 123\r\n");
    });
    await runtime.stopContainer(id, 0, signal);
    expect(await new Response(joined.stdout).text()).toContain("45 123");
    expect(await joined.exitCode).toBe(137);
    await pod.remove();
  });

  it("an input that is for one client ends with it, others stay open", async () => {
    const pod = await NativePod.start(runtime);
    const once = await pod.run(["cat"], { name: "once", stdin: true, stdinOnce: true });
    const first = await runtime.attach(once, both, signal);
    await write(first.stdin, "all of it\n");
    expect(await new Response(first.stdout).text()).toBe("all of it\n");
    expect(await first.exitCode).toBe(0);
    const many = await pod.run(["cat"], { name: "many", stdin: true });
    for (const text of ["one\n", "two\n"]) {
      await write((await runtime.attach(many, both, signal)).stdin, text);
      await pod.wrote(many, text);
    }
    expect(await pod.container(many)).toMatchObject({ state: "running" });
    await pod.remove();
  });

  /** More than a log keeps. */
  const LINES = 600_000;

  it("a log is bounded, keeps what is newest and loses no line of that", async () => {
    const pod = await NativePod.start(runtime);
    const id = await pod.run([
      "awk",
      `BEGIN { for (i = 1; i <= ${LINES}; i++) printf "%d %0100d\\n", i, 0 }`,
    ]);
    expect(await pod.ended(id)).toMatchObject({ exitCode: 0 });
    const directory = join(host.directory, "store/containers", id);
    const files = readdirSync(directory).filter((name) => name.startsWith("log"));
    expect(files.toSorted()).toEqual(["log", "log.1", "log.2", "log.3", "log.4"]);
    for (const name of files)
      expect(statSync(join(directory, name)).size).toBeLessThanOrEqual(10 << 20);
    const lines = (await pod.log(id)).trim().split("\n").slice(1);
    const numbers = lines.map((line) => Number(line.split(" ", 1)[0]));
    expect(
      numbers.every((number, index) => index === 0 || number === (numbers[index - 1] ?? 0) + 1),
    ).toBe(true);
    expect(numbers.at(-1)).toBe(LINES);
    await pod.remove();
  });
});

it("a hundred pods start, run and end at once", async () => {
  const pods = await Promise.all(Array.from({ length: 100 }, () => NativePod.start(runtime)));
  const ids = await Promise.all(pods.map((pod) => pod.shell("hostname; exec sleep 1000")));
  await Promise.all(pods.map((pod, index) => pod.wrote(ids[index] ?? "", pod.ref.name)));
  expect(await runtime.list(signal)).toHaveLength(100);
  await Promise.all(pods.map((pod) => pod.remove()));
  expect(await runtime.list(signal)).toEqual([]);
  expect(host.cgroup.children()).toEqual([]);
  expect(readdirSync(join(host.runDirectory, host.siteId))).toEqual([]);
  expect(readdirSync(join(host.directory, "store/containers"))).toEqual([]);
});
