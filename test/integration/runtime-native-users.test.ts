/** Pods with users of their own, without an engine: whose their processes and files are, inside and on the host. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import type { Runtime } from "#edged/runtime/runtime.ts";
import type { Mount } from "#edged/runtime/types.ts";
import { must } from "#lib/errors.ts";
import { detectCgroups } from "#linux/cgroups/layout.ts";
import { compile } from "#linux/machine/compile.ts";
import { unmountBelow } from "#linux/mount.ts";
import { HOST_ARCH } from "#linux/syscalls.ts";
import { eventually, rejection } from "#test/kit/eventually.ts";
import { busyboxArchive } from "#test/kit/image.ts";
import { NativeHost } from "#test/kit/native-host.ts";
import { NativePod } from "#test/kit/native-pod.ts";
import { NativeProcess, type Wish } from "#test/kit/native-process.ts";
import { withOwnUsers } from "#test/kit/own-users.ts";
import { newPod, sandboxSpec } from "#test/kit/pod-specs.ts";
import { output } from "#test/kit/process.ts";

const TEST_MS = 60_000;
const IMAGE = "edgesite.test/owners:1";
/** CAP_SETGID, permitted and effective: `struct vfs_cap_data` of the second revision. */
const MAY_SET_GROUP = {
  "SCHILY.xattr.security.capability": Buffer.from(
    Uint32Array.of(0x02000001, 1 << 6, 0, 0, 0).buffer,
  ).toString(),
};
const signal = AbortSignal.timeout(600_000);

let host: NativeHost;
let plain: Runtime;
let runtime: Runtime;

beforeAll(async () => {
  host = await NativeHost.prepare();
  const who = "fn main() { return syscall(geteuid) + syscall(getegid); }";
  const content = compile({ who }, { arch: HOST_ARCH, entry: "main" });
  const group = "fn main() { syscall(setresgid, 0, 0, 0); return syscall(getegid) != 0; }";
  const anyGroup = compile({ group }, { arch: HOST_ARCH, entry: "main" });
  const layer = [
    { name: "srv/of-web", uid: 33, gid: 34, mode: 0o640, content: "web" },
    { name: "srv/of-nobody", uid: 65_534, gid: 65_534, mode: 0o600, content: "nobody" },
    { name: "bin/as-root", uid: 0, gid: 0, mode: 0o4755, content },
    { name: "bin/any-group", mode: 0o755, content: anyGroup, pax: MAY_SET_GROUP },
    { name: "bin/as-web", uid: 33, gid: 34, mode: 0o6755, content },
  ];
  await host.import(await busyboxArchive(IMAGE, { above: layer }));
  plain = host.runtime();
  runtime = withOwnUsers(plain);
}, TEST_MS);
afterAll(() => host[Symbol.asyncDispose](), TEST_MS);

const it = (title: string, body: () => Promise<void>): void => test(title, body, TEST_MS);
const directory = (name: string): string => {
  const path = join(host.directory, name);
  mkdirSync(path);
  return path;
};
const mountOf = (hostPath: string, containerPath: string): Mount => ({
  ...{ hostPath, containerPath, readOnly: false, propagation: "private" },
});
const owners = async (): Promise<Wish> => ({
  image: IMAGE,
  imageId: (await runtime.image(IMAGE, signal))?.id ?? "",
});

/** Which IDs of the host are a container's, and who its first process is on the host. */
async function onHost({ pod, id }: NativeProcess) {
  const { pid } = await pod.container(id);
  const [inside, first, count] = readFileSync(`/proc/${pid}/uid_map`, "utf8").trim().split(/\s+/);
  expect([inside, count]).toEqual(["0", "65536"]);
  expect(readFileSync(`/proc/${pid}/gid_map`, "utf8")).toBe(
    readFileSync(`/proc/${pid}/uid_map`, "utf8"),
  );
  const uid = Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  return { first: Number(first), uid, pid: must(pid, "a process that runs") };
}

it("root is nobody on the host, and two pods have no IDs in common", async () => {
  const [one, two] = await Promise.all([
    NativeProcess.sleeping(runtime),
    NativeProcess.sleeping(runtime),
  ]);
  const [first, second] = [await onHost(one), await onHost(two)];
  expect(first.uid).toBe(first.first);
  expect(first.first).toBeGreaterThanOrEqual(65_536);
  expect(Math.abs(first.first - second.first)).toBeGreaterThanOrEqual(65_536);
  expect(await one.sh("id -u; id -g; id -G")).toBe("0\n0\n0");
  const sibling = await NativeProcess.start(one.pod, ["sleep", "1000"]);
  expect((await onHost(sibling)).first).toBe(first.first);
  for (const { pod } of [one, two]) await pod.remove();
});

it("its namespaces are its own users', its shim is the host's", async () => {
  const main = await NativeProcess.sleeping(runtime);
  const { pid } = await onHost(main);
  const users = (of: number | string) => readlinkSync(`/proc/${of}/ns/user`);
  expect(users(pid)).not.toBe(users("self"));
  expect(users(main.pod.sandbox.pid ?? 0)).toBe(users("self"));
  // What CAP_SYS_ADMIN in there reaches is what its users own.
  const security = { addCapabilities: ["SYS_ADMIN", "NET_ADMIN"] };
  const admin = await NativeProcess.start(main.pod, ["sleep", "1000"], { security });
  expect(await admin.sh("hostname mine && hostname && ip link set lo mtu 1400 && echo set")).toBe(
    "mine\nset",
  );
  expect(await admin.sh("mkdir /m && mount -t tmpfs m /m && echo mounted")).toBe("mounted");
  expect(await admin.sh("umount /proc/sys 2>&1; umount /proc/keys 2>&1")).toContain("Invalid");
  await main.pod.remove();
});

it("a volume's files have the same owners inside as on the host", async () => {
  const volume = directory("volume");
  writeFileSync(join(volume, "of-web"), "web", { mode: 0o600 });
  chownSync(join(volume, "of-web"), 33, 34);
  const main = await NativeProcess.sleeping(runtime, { mounts: [mountOf(volume, "/volume")] });
  expect(await main.sh("stat -c '%u:%g' /volume /volume/of-web")).toBe("0:0\n33:34");
  await main.sh(
    "echo a >/volume/a; echo b >/volume/b; chown 1000:2000 /volume/b; cp /bin/true /volume/c",
  );
  const ownerOf = (name: string) => {
    const { uid, gid } = statSync(join(volume, name));
    return `${uid}:${gid}`;
  };
  expect(["a", "b", "c"].map(ownerOf)).toEqual(["0:0", "1000:2000", "0:0"]);
  await main.pod.remove();
});

it("the image's files keep their owners, and what is changed is the pod's own on disk", async () => {
  const main = await NativeProcess.sleeping(runtime, await owners());
  const { first } = await onHost(main);
  expect(await main.sh("stat -c '%u:%g %a' /srv/of-web /srv/of-nobody /bin/as-root")).toBe(
    "33:34 640\n65534:65534 600\n0:0 4755",
  );
  await main.sh("echo more >>/srv/of-web; mkdir /new; chown 7 /new");
  const upper = join(host.directory, "store/containers", main.id, "upper");
  const ids = (path: string) => statSync(join(upper, path)).uid - first;
  expect([ids("."), ids("srv/of-web"), ids("new")]).toEqual([0, 33, 7]);
  expect(await main.sh("stat -c %u /srv/of-web /new")).toBe("33\n7");
  const user = await NativeProcess.start(main.pod, ["sleep", "1000"], {
    ...(await owners()),
    security: { user: "1000:1000" },
  });
  expect(await user.sh("as-root; echo $?; as-web; echo $?")).toBe(
    `${(0 + 1000) % 256}\n${33 + 34}`,
  );
  expect(
    await user.sh("any-group; echo $?; cp /bin/any-group /tmp/; /tmp/any-group; echo $?"),
  ).toBe("0\n1");
  expect(await user.sh("cat /srv/of-web")).toContain("Permission denied");
  await main.pod.remove();
});

it("programs open their streams and terminals anew, whoever they run as", async () => {
  for (const user of ["0:0", "1000:1000"]) {
    const pod = await NativePod.start(runtime);
    const script = "echo out >/dev/stdout; echo err >/dev/stderr";
    const piped = await NativeProcess.start(pod, ["sh", "-c", script], { security: { user } });
    expect((await piped.output()).split("\n").toSorted()).toEqual(["err", "out"]);
    const shown = "echo $(stat -c '%u %g' $(tty)); echo out >$(tty)";
    const terminal = await NativeProcess.start(pod, ["sh", "-c", shown], {
      ...{ tty: true, security: { user } },
    });
    expect(await terminal.output()).toBe(`${user.split(":")[0]} 5\r\nout`);
    await pod.remove();
  }
});

it("a session has the users, the rights and the terminal of its container", async () => {
  const main = await NativeProcess.sleeping(runtime);
  const { first } = await onHost(main);
  expect(await main.sh("cat /proc/self/uid_map")).toContain(String(first));
  const caps = "grep -h Cap /proc/1/status | md5sum";
  expect(await main.sh(caps)).toBe(await main.sh(caps.replace("/1/", "/self/")));
  const request = { stdin: false, stdout: true, stderr: false, tty: true };
  const command = ["sh", "-c", "stat -c '%u %g' $(tty); echo written >$(tty)"];
  const session = await runtime.exec(main.id, { ...request, command }, signal);
  expect(await new Response(session.stdout).text()).toBe("0 5\r\nwritten\r\n");
  await main.pod.remove();
});

it("containers that share their processes share their users", async () => {
  const pod = await NativePod.start(runtime);
  const start = (security: Wish["security"] = {}) =>
    NativeProcess.start(pod, ["sleep", "1000"], { sharedProcesses: true, security });
  const [one, two] = [await start(), await start({ user: "1000" })];
  const { first } = await onHost(one);
  expect((await onHost(two)).uid).toBe(first + 1000);
  expect(await one.sh("grep Uid /proc/1/status; kill -9 1 2>&1")).toBe(
    "Uid:\t65535\t65535\t65535\t65535",
  );
  await pod.remove();
});

it("what is the host's alone stays so, for a privileged container too", async () => {
  const main = await NativeProcess.sleeping(runtime, {
    security: { privileged: true, unmaskedProc: true },
  });
  const { kind, hierarchies } = detectCgroups();
  const unified = hierarchies.find(({ version }) => version === 2);
  if (unified) {
    const group =
      kind === "unified" ? "/sys/fs/cgroup" : join("/sys/fs/cgroup", basename(unified.mountPoint));
    const made = "mkdir own && echo $$ >own/cgroup.procs && tail -n 1 /proc/self/cgroup";
    expect(await main.sh(`cd ${group} && ${made}`)).toBe("0::/own");
    expect(await main.sh(`echo 1 2>/dev/null >${group}/cgroup.max.depth || echo kept`)).toContain(
      "kept",
    );
  }
  expect(await main.sh("mkdir /m && mount -t tmpfs m /m && unshare -m true && echo may")).toBe(
    "may",
  );
  const secret = join(directory("hosts"), "secret");
  writeFileSync(secret, "host", { mode: 0o600 });
  const owned = readdirSync("/dev").filter((name) => {
    const found = statSync(join("/dev", name));
    return (found.isBlockDevice() || found.isCharacterDevice()) && (found.mode & 0o7) === 0;
  });
  expect(owned).not.toEqual([]);
  const opened = owned
    .map((name) => `test -e /dev/${name} && (: <>/dev/${name}) 2>/dev/null && echo /dev/${name}`)
    .join("; ");
  expect(await main.sh(`test -e /dev/${owned[0]} && echo there`)).toBe("there");
  expect(await main.sh(`${opened}; chmod 666 /dev/* 2>/dev/null; ${opened}`)).toBe("");
  const written = [
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/vm/swappiness",
    "/proc/sysrq-trigger",
  ]
    .map((path) => `(echo 1 >${path}) 2>/dev/null && echo ${path}`)
    .join("; ");
  expect(await main.sh(written)).toBe("");
  for (const call of ["mknod /x c 1 3", "mount -t ext4 /dev/root /m", "dmesg"]) {
    expect(await main.sh(`${call} && echo done`)).toMatch(/not permitted|permission denied/);
  }
  await main.pod.remove();
});

it("a pod sets what the kernel keeps apart for it, in numbers of its own", async () => {
  const sysctls = {
    ...{ "net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 1000" },
    ...{ "kernel.shmmax": "1000000", "kernel.msgmax": "9000", "fs.mqueue.msg_max": "20" },
    "kernel.domainname": "edge",
  };
  const main = await NativeProcess.sleeping(runtime, {}, { sysctls });
  const paths = Object.keys(sysctls).map((name) => `/proc/sys/${name.replaceAll(".", "/")}`);
  expect((await main.sh(`cat ${paths.join(" ")}`)).replaceAll("\t", " ")).toBe(
    Object.values(sysctls).join("\n"),
  );
  await main.pod.remove();
});

it("a container nests others where it may: with a /proc of theirs", async () => {
  const security = { addCapabilities: ["SYS_ADMIN"], unmaskedProc: true };
  const main = await NativeProcess.sleeping(runtime, { security });
  expect(
    await main.sh("unshare -mpf sh -c 'mount -t proc proc /proc && echo $$; ls -d /proc/[0-9]*'"),
  ).toBe("1\n/proc/1");
  await main.pod.remove();
});

it("a client attaches to a terminal in there", async () => {
  const pod = await NativePod.start(runtime);
  const id = await pod.shell("read line; echo heard $line", { tty: true, stdin: true });
  const request = { stdin: true, stdout: true, stderr: false, tty: true };
  const joined = await runtime.attach(id, request, signal);
  const writer = joined.stdin?.getWriter();
  await writer?.write(new TextEncoder().encode("this\n"));
  await pod.wrote(id, "heard this");
  await pod.remove();
});

it("a volume on a file system that cannot map owners is refused by name", async () => {
  const volume = directory("ramfs");
  await output(["mount", "-t", "ramfs", "none", volume]);
  try {
    const pod = await NativePod.start(runtime);
    const refused = rejection(pod.run(["true"], { mounts: [mountOf(volume, "/volume")] }));
    expect((await refused).message).toMatch(
      /^Cannot map the owners of \/\S+\/ramfs to the pod's users \(ramfs with Linux \d\S+ may have no idmapped mounts\): EINVAL$/,
    );
    await pod.remove();
  } finally {
    unmountBelow(host.directory);
  }
});

it("a mount that is to spread to the host is refused", async () => {
  const pod = await NativePod.start(runtime);
  const mount = { ...mountOf(directory("spreading"), "/volume"), propagation: "rshared" } as const;
  const error = await rejection(pod.run(["true"], { mounts: [mount] }));
  expect(error.message).toBe(
    'mounts in "/volume" cannot spread to the host: the pod has users of its own',
  );
  await pod.remove();
});

it("users that the pod does not have are refused, and so is what it would share with the host", async () => {
  const pod = await NativePod.start(runtime);
  for (const [security, what] of [
    [{ user: "65536" }, "user 65536"],
    [{ user: "1:70000" }, "group 70000"],
    [{ supplementalGroups: [65_535, 65_536] }, "group 65536"],
  ] as const) {
    const error = await rejection(NativeProcess.start(pod, ["true"], { security }));
    expect(error.message).toBe(
      `There is no ${what} in the pod's user namespace: the highest is 65535`,
    );
  }
  for (const shared of ["hostNetwork", "hostPID", "hostIPC"] as const) {
    const error = await rejection(NativePod.start(plain, { hostUsers: false, [shared]: true }));
    expect(error.message).toBe(`A pod with users of its own cannot have ${shared}`);
  }
  await pod.remove();
});

it("the next process of the site finds a pod's IDs, gives them to nobody else, and lets go of them", async () => {
  const before = await NativeProcess.sleeping(runtime);
  const { first } = await onHost(before);
  const next = withOwnUsers(host.runtime());
  await next.list(signal);
  before.pod.adoptedBy(next);
  const other = await NativeProcess.sleeping(next);
  expect((await onHost(other)).first).not.toBe(first);
  expect(await before.sh("id -u")).toBe("0");
  const sibling = await NativeProcess.start(before.pod, ["sleep", "1000"]);
  expect((await onHost(sibling)).first).toBe(first);
  await before.pod.remove();
  const later = await NativeProcess.sleeping(next);
  expect((await onHost(later)).first).toBe(first);
  for (const { pod } of [other, later]) await pod.remove();
  await eventually(() => host.cgroup.children().length === 0, { what: "Nothing left" });
});

it("a start that is called off leaves neither processes nor IDs", async () => {
  for (const afterMs of [0, 5, 15, 40]) {
    const spec = sandboxSpec(newPod(), { hostUsers: false });
    const sandbox = await plain
      .startSandbox(spec, AbortSignal.timeout(afterMs))
      .catch(() => undefined);
    if (sandbox) await plain.removeSandbox(sandbox.id, signal);
  }
  expect(host.cgroup.children()).toEqual([]);
  expect(readdirSync(join(host.runDirectory, host.siteId))).toEqual([]);
});
