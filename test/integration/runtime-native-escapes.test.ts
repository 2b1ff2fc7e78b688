import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Runtime } from "#edged/runtime/runtime.ts";
import type { ContainerSecurity, Mount } from "#edged/runtime/types.ts";
import { resolveSubPath } from "#edged/volume/sub-path.ts";
import { compile } from "#linux/machine/compile.ts";
import { HOST_ARCH } from "#linux/syscalls.ts";
import { rejection } from "#test/kit/eventually.ts";
import { answersOf, forbiddenCalls } from "#test/kit/forbidden-calls.ts";
import { NativeHost } from "#test/kit/native-host.ts";
import { NativePod } from "#test/kit/native-pod.ts";
import { NativeProcess } from "#test/kit/native-process.ts";
import { withOwnUsers } from "#test/kit/own-users.ts";

/** Known ways out of a container, tried in containers as pods get them by default, and with users of their own. */

const TIMEOUT_MS = 60_000;
const life = new AbortController();
let directory: string;
let host: NativeHost;
let plain: Runtime;
/** That of the attack which runs. */
let runtime: Runtime;

beforeAll(async () => {
  host = await NativeHost.prepare();
  plain = host.runtime();
}, TIMEOUT_MS);
afterAll(async () => {
  life.abort();
  await host[Symbol.asyncDispose]();
}, TIMEOUT_MS);
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "escapes-"));
  chmodSync(directory, 0o755);
});
afterEach(() => rmSync(directory, { recursive: true }));

const attack = (title: string, body: () => Promise<void>): void => {
  for (const [users, choose] of [
    ["the host's users", (all: Runtime) => all],
    ["users of its own", withOwnUsers],
  ] as const) {
    const attempt = async (): Promise<void> => {
      runtime = choose(plain);
      await body();
    };
    test(`${title}, with ${users}`, attempt, TIMEOUT_MS);
  }
};
const mountOf = (hostPath: string, containerPath: string): Mount => ({
  ...{ hostPath, containerPath, readOnly: false, propagation: "private" },
});

attack("nothing of the host is open in a container (CVE-2024-21626)", async () => {
  const list = "cd /; ls /proc/self/fd | tr '\\n' ' '; pwd";
  const pod = await NativePod.start(runtime);
  const first = await NativeProcess.start(pod, ["sh", "-c", `${list}; ls -l /proc/self/fd`]);
  // 3 is the directory that ls reads.
  const printed = await first.output();
  expect(printed).toStartWith("0 1 2 3 /");
  expect(printed).not.toMatch(/\/(var|run|sys|store)\//);
  const main = await NativeProcess.start(pod, ["sleep", "1000"]);
  expect(await main.sh(list)).toBe("0 1 2 3 /");
});

attack("a working directory that leads out is refused (CVE-2024-21626)", async () => {
  const pod = await NativePod.start(runtime);
  const paths = ["/proc/self/fd/3", "/proc/self/fd/5/..", "/proc/self/cwd", "/proc/1/root"];
  for (const workingDir of paths) {
    const error = await rejection(NativeProcess.start(pod, ["ls", "/"], { workingDir }));
    expect(error.message).toMatch(/^Cannot (make|open|enter) \/proc\/.*: E[A-Z]+$/);
  }
  const inside = await NativeProcess.start(pod, ["pwd"], { workingDir: "/../../tmp/new" });
  expect(await inside.output()).toBe("/tmp/new");
});

attack("a working directory that turned into a link leads nobody out", async () => {
  const volume = join(directory, "working");
  mkdirSync(volume);
  const mounts = [mountOf(volume, "/volume")];
  const main = await NativeProcess.sleeping(runtime, { mounts, workingDir: "/volume/work" });
  const swapper = await NativeProcess.sleeping(runtime, { mounts });
  const seen = async (target: string): Promise<string> => {
    await swapper.sh(`cd /volume; rm -r work; ln -s ${target} work`);
    return await main.sh("ls -d bin/busybox; pwd").catch(String);
  };
  expect(await seen("../../../..")).toBe("bin/busybox\n/");
  for (const target of ["/proc/self/fd/5", "/proc/self/fd/3", "/proc/self/cwd", "/nowhere"]) {
    expect(await seen(target)).toContain("Cannot enter the working directory /volume/work: E");
  }
});

attack(
  "what runs in a container cannot be written, nor taken from others (CVE-2019-5736)",
  async () => {
    const main = await NativeProcess.sleeping(runtime);
    await main.sh("printf '#!/proc/self/exe\\n' >/shebang; chmod 755 /shebang; mkdir /caught");
    const spoil = `
    while :; do for exe in /proc/[0-9]*/exe; do
      case $(readlink $exe) in *edgesite*|*memfd*)
        chmod 0 $exe && touch /caught/mode
        (echo spoilt >$exe) 2>/dev/null && touch /caught/written;;
      esac
    done; done`;
    const spoiling = runtime.run(main.id, ["sh", "-c", spoil], life.signal).catch(() => undefined);
    for (let round = 0; round < 10; round++) {
      for (const command of ["/proc/self/exe", "/shebang"]) {
        await runtime.run(main.id, [command], life.signal).catch(() => undefined);
      }
    }
    expect(await main.sh("ls /caught")).not.toContain("written");
    const other = await NativeProcess.sleeping(runtime);
    expect(await other.sh("echo fine")).toBe("fine");
    await runtime.stopContainer(main.id, 0, life.signal);
    await spoiling;
  },
);

attack("who joins a container has no more rights than it, ever (CVE-2016-9962)", async () => {
  const security = { addCapabilities: ["SYS_PTRACE"] };
  const main = await NativeProcess.sleeping(runtime, { security });
  const watch = `
    touch /watching
    while [ ! -e /stop ]; do grep -h CapEff /proc/[0-9]*/status; done 2>/dev/null | sort -u`;
  const watching = main.sh(watch);
  await main.until("test -e /watching");
  for (let round = 0; round < 25; round++) await main.sh("true");
  await main.sh("touch /stop");
  const own = await main.sh("grep -h CapEff /proc/self/status");
  expect(await watching).toBe(own);
});

attack("the first of shared processes has neither files nor rights", async () => {
  const security = { addCapabilities: ["SYS_PTRACE"] };
  const main = await NativeProcess.sleeping(runtime, { sharedProcesses: true, security });
  const seen = await main.sh("ls -A /proc/1/root/ /proc/1/cwd/ /proc/1/fd 2>/dev/null");
  // It was the host's before it had users of its own, so these see nothing of it at all.
  const empty = "/proc/1/cwd/:\n\n/proc/1/fd:\n\n/proc/1/root/:";
  expect(seen).toBe(runtime === plain ? empty : "/proc/1/fd:");
  const status = await main.sh("grep -E '^(Uid|CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/1/status");
  expect(status.replaceAll("\t", " ")).toBe(
    "Uid: 65535 65535 65535 65535\nCapEff: 0000000000000000\nCapBnd: 0000000000000000\nNoNewPrivs: 1\nSeccomp: 2",
  );
});

attack("a pod among the host's processes sees nothing of those with more rights", async () => {
  const main = await NativeProcess.sleeping(runtime, {}, { hostPID: true });
  const shim = main.pod.sandbox.pid;
  for (const pid of [shim, process.pid, 1]) {
    for (const name of ["root/etc", "cwd/.", "fd/0", "environ", "mem", "maps", "exe"]) {
      const printed = await main.sh(
        `cat /proc/${pid}/${name} | head -c 10; ls /proc/${pid}/${name}`,
      );
      expect(printed).toMatch(/Permission denied|Operation not permitted/);
    }
    const printed = await main.sh(`readlink /proc/${pid}/exe || echo hidden`);
    expect(printed).toBe("hidden");
  }
});

attack("calls that would let it out are refused", async () => {
  const program = join(directory, "forbidden");
  writeFileSync(program, forbiddenCalls());
  chmodSync(program, 0o755);
  const pod = await NativePod.start(runtime);
  const main = await NativeProcess.start(pod, ["/forbidden"], {
    mounts: [mountOf(program, "/forbidden")],
  });
  const answers = answersOf(await main.output());
  const allowed = Object.entries(answers).filter(
    ([, answer]) =>
      !/^(001|038)$/ /* EPERM, ENOSYS */
        .test(answer),
  );
  expect(allowed).toEqual([]);
});

attack("what the kernel shows of itself is hidden or cannot be changed", async () => {
  const main = await NativeProcess.sleeping(runtime);
  const files = [
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/modprobe",
    "/proc/sys/vm/panic_on_oom",
    "/proc/sysrq-trigger",
    "/proc/irq/default_smp_affinity",
    "/sys/kernel/uevent_helper",
    "/sys/power/state",
    "/sys/fs/cgroup/release_agent",
    "/sys/fs/cgroup/*/release_agent",
    "/sys/fs/cgroup/*/notify_on_release",
    "/sys/fs/cgroup/*/cgroup.procs",
    "/sys/fs/cgroup/*/devices.allow",
    "/sys/fs/cgroup/cgroup.procs",
  ];
  const script = files.map(
    (file) => `for f in ${file}; do test -e $f && echo 1 >$f && echo $f; done`,
  );
  const printed = await main.sh(`(${script.join("; ")}) 2>/dev/null`);
  expect(printed).toBe("");
  const hidden = ["interrupts", "kcore", "keys", "sched_debug", "timer_list"]
    .map((name) => `/proc/${name}`)
    .filter((path) => existsSync(path));
  expect(await main.sh(`cat ${hidden.join(" ")} | wc -c`)).toBe("0");
  expect(await main.sh("ls -A /sys/firmware /proc/acpi /proc/scsi 2>/dev/null")).not.toContain(
    "acpi/",
  );
  expect(await main.sh("mkdir /sys/fs/cgroup/x /sys/fs/cgroup/*/x 2>/dev/null && echo made")).toBe(
    "",
  );
});

attack("the host's own devices are out of reach", async () => {
  const before = statSync("/dev/null").mode;
  const main = await NativeProcess.sleeping(runtime);
  await main.sh("chmod 0 /proc/kcore /proc/keys /proc/1/fd/0 /proc/self/fd/0 /dev/null");
  expect(statSync("/dev/null").mode).toBe(before);
  const nodes =
    "mknod /tmp/disk b 254 0; mknod /tmp/mem c 1 1; mknod /tmp/kmsg c 1 11; mknod /tmp/loop b 7 0";
  const printed = await main.sh(
    `{ ${nodes}; } 2>/dev/null; for n in disk mem kmsg loop; do head -c 1 /tmp/$n 2>&1 | grep -cE 'Operation not permitted|No such file'; done`,
  );
  expect(printed).toBe("1\n1\n1\n1");
});

attack("rights that are given up do not come back", async () => {
  const main = await NativeProcess.sleeping(runtime);
  expect(await main.sh("grep CapEff /proc/self/status")).toContain("00000000a80425fb");
  const user = "1000:1000";
  const plain = await NativeProcess.sleeping(runtime, { security: { user } });
  expect(await plain.sh("grep -E 'Cap(Eff|Prm|Amb)' /proc/self/status | sort -u -k2")).toMatch(
    /^Cap...:\t0{16}$/,
  );
  const path = join(directory, "who");
  const source = "fn main() { return syscall(geteuid) != 0; }";
  writeFileSync(path, compile({ who: source }, { arch: HOST_ARCH, entry: "main" }));
  chmodSync(path, 0o4755);
  const who = async (security: Partial<ContainerSecurity>): Promise<string> => {
    const pod = await NativeProcess.sleeping(runtime, {
      security,
      mounts: [mountOf(path, "/who")],
    });
    return await pod.sh("/who && echo root || echo user");
  };
  expect(await who({ user })).toBe("root");
  expect(await who({ user, allowPrivilegeEscalation: false })).toBe("user");
});

attack("sockets and files of the host are out of reach", async () => {
  const name = `edgesite-test-${host.siteId}`;
  using _server = Bun.listen({ unix: `\0${name}`, socket: { data: () => undefined } });
  expect(readFileSync("/proc/net/unix", "utf8")).toContain(name);
  const main = await NativeProcess.sleeping(runtime);
  expect(await main.sh("grep -c edgesite /proc/net/unix")).toBe("0");
  expect(await main.sh("ls /run /var/lib 2>&1")).not.toContain("edgesite");
  const mounts = await main.sh("grep -E ' /(run|var|home|root|work|mnt)' /proc/mounts");
  expect(mounts).toBe("");
});

attack(
  "a subPath that becomes a link leads nobody out (CVE-2017-1002101, CVE-2021-30465)",
  async () => {
    const volume = join(directory, "volume");
    const outside = join(directory, "outside");
    for (const path of [volume, outside]) mkdirSync(path);
    writeFileSync(join(outside, "canary"), "caught");
    const before = statSync(outside).mode;
    const racer = await NativeProcess.sleeping(runtime, { mounts: [mountOf(volume, "/volume")] });
    const swap = `cd /volume; while :; do mkdir x; rmdir x; ln -s ${outside} x; rm x; done 2>/dev/null`;
    const racing = runtime.run(racer.id, ["sh", "-c", swap], life.signal).catch(() => undefined);
    const outcomes = new Set<string>();
    const pod = await NativePod.start(runtime);
    for (let round = 0; round < 30; round++) {
      try {
        const mount = mountOf(await resolveSubPath(volume, "x/y"), "/mnt");
        const main = await NativeProcess.start(pod, ["sh", "-c", "cat /mnt/* /mnt/../mnt/canary"], {
          mounts: [mount],
        });
        outcomes.add(await main.output());
      } catch (error) {
        outcomes.add(String(error));
      }
    }
    for (const outcome of outcomes) expect(outcome).not.toContain("caught");
    expect(readdirSync(outside)).toEqual(["canary"]);
    expect(statSync(outside).mode).toBe(before);
    await runtime.stopContainer(racer.id, 0, life.signal);
    await racing;
  },
);

attack("a pod that eats memory, processes or disk takes nothing else along", async () => {
  const pod = await NativePod.start(runtime);
  const hungry = await NativeProcess.start(pod, ["tail", "/dev/zero"]);
  await pod.ended(hungry.id);
  expect(await pod.container(hungry.id)).toMatchObject({ oomKilled: true });
  expect((await runtime.inspect(pod.ref.uid, life.signal)).sandboxes[0]?.running).toBe(true);
  const [group] = host.cgroup
    .child(`pod${pod.ref.uid}-0`)
    .directories.map((path) => join(path, "pids.max"))
    .filter((path) => statSync(path, { throwIfNoEntry: false }));
  expect(readFileSync(group ?? "", "utf8").trim()).toBe("4096");
  const loud = await NativeProcess.start(pod, [
    "sh",
    "-c",
    "timeout 2 yes 'a line of a log'; exit 0",
  ]);
  await pod.ended(loud.id);
  const own = join(host.directory, "store/containers", loud.id);
  const logs = readdirSync(own).filter((name) => name.startsWith("log"));
  const bytes = logs.reduce((sum, name) => sum + statSync(join(own, name)).size, 0);
  expect(bytes).toBeLessThanOrEqual(logs.length * (10 << 20));
  expect(logs.length).toBeLessThanOrEqual(5);
});
