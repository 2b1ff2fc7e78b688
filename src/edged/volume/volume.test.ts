import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { resolve as absolute, join } from "node:path";
import type { Container, Pod } from "#api/object.ts";
import { must } from "#lib/errors.ts";
import type { Sources } from "../container/sources.ts";
import { containerMounts } from "../pod/container-mounts.ts";
import { PodFiles } from "../pod/pod-files.ts";
import { type Payload, writeAtomically } from "./atomic-writer.ts";
import { prepareHostPath } from "./host-path.ts";
import { volumePayload } from "./payload.ts";
import { resolveSubPath } from "./sub-path.ts";
import { resolveByNames } from "./sub-path-by-names.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "volume-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const payload = (files: Record<string, string>, mode = 0o644): Payload =>
  new Map(
    Object.entries(files).map(([path, text]) => [
      path,
      { content: new TextEncoder().encode(text), mode },
    ]),
  );
const message = (promise: Promise<unknown>) =>
  promise.then(
    () => "",
    (error: unknown) => String(error),
  );

describe("the file of a token", () => {
  const source = { serviceAccountToken: { path: "token", expirationSeconds: 3600 } };
  const volume = { name: "v", projected: { defaultMode: 0o644, sources: [source] } };
  const sources: Sources = {
    configMap: async () => undefined,
    secret: async () => undefined,
    services: async () => [],
    token: async () => "a token",
  };
  type Spec = NonNullable<Pod["spec"]>;
  const own = (runAsUser?: number): Container => ({
    ...{ name: "c", image: "busybox" },
    ...(runAsUser !== undefined && { securityContext: { runAsUser } }),
  });

  test.each<[what: string, spec: Spec, shown: readonly [owner: number, mode: number]]>([
    ["is for all where nobody is named", { containers: [own()] }, [0, 0o644]],
    ["is its user's alone", { containers: [own(7), own(7)] }, [7, 0o600]],
    [
      "is that of the pod's user where containers name none",
      { containers: [own()], initContainers: [own(7)], securityContext: { runAsUser: 7 } },
      [7, 0o600],
    ],
    [
      "is for all where there are two",
      { containers: [own(7)], initContainers: [own(8)] },
      [0, 0o644],
    ],
    ["is for all where one may be anybody", { containers: [own(7), own()] }, [0, 0o644]],
    [
      "is the group's to read",
      { containers: [own()], securityContext: { fsGroup: 9 } },
      [0, 0o640],
    ],
    [
      "is its user's and the group's to read",
      { containers: [own(7)], securityContext: { fsGroup: 9 } },
      [7, 0o640],
    ],
  ])("%s", async (_what, spec, shown) => {
    const pod: Pod = { metadata: { name: "web", namespace: "x" }, spec };
    const files = must(
      await volumePayload(volume, { pod, podIPs: [], hostIPs: [], allocatable: {} }, sources),
      "files",
    );
    const group = spec.securityContext?.fsGroup;
    await writeAtomically(directory, files, group);
    const found = await stat(join(directory, "token"));
    expect([found.uid, found.mode & 0o777]).toEqual([...shown]);
    expect(found.gid).toBe(group ?? 0);
  });
});

describe("writeAtomically()", () => {
  test("shows files through one link, so that all change at once", async () => {
    await writeAtomically(directory, payload({ a: "1", "deep/b": "2" }, 0o400));
    expect((await readdir(directory)).filter((name) => !name.startsWith("..")).sort()).toEqual([
      "a",
      "deep",
    ]);
    expect(await readlink(join(directory, "a"))).toBe("..data/a");
    expect(await readFile(join(directory, "deep/b"), "utf8")).toBe("2");
    expect((await stat(join(directory, "a"))).mode & 0o777).toBe(0o400);
  });

  test("writes nothing when nothing changed", async () => {
    await writeAtomically(directory, payload({ a: "1" }));
    const before = await readlink(join(directory, "..data"));
    await writeAtomically(directory, payload({ a: "1" }));
    expect(await readlink(join(directory, "..data"))).toBe(before);
  });

  test("takes away what is gone, and leaves no old generation behind", async () => {
    await writeAtomically(directory, payload({ a: "1", b: "2" }));
    await writeAtomically(directory, payload({ b: "3", c: "4" }));
    const names = await readdir(directory);
    expect(names.filter((name) => !name.startsWith("..")).sort()).toEqual(["b", "c"]);
    expect(names.filter((name) => name.startsWith("..2"))).toHaveLength(1);
    expect(await readFile(join(directory, "b"), "utf8")).toBe("3");
  });
});

describe.each([
  ["resolveSubPath()", resolveSubPath],
  ["resolveByNames()", resolveByNames],
])("%s", (_, resolve) => {
  test("makes what is missing inside the volume", async () => {
    expect(await resolve(directory, "a/b")).toBe(join(directory, "a/b"));
    expect((await stat(join(directory, "a/b"))).isDirectory()).toBe(true);
  });

  test("answers a file as well", async () => {
    await writeFile(join(directory, "file"), "");
    expect(await resolve(directory, "file")).toBe(join(directory, "file"));
  });

  test("what it makes may be written by whom the volume may", async () => {
    await chmod(directory, 0o2777);
    await resolve(directory, "a/b");
    for (const made of ["a", "a/b"]) {
      expect((await stat(join(directory, made))).mode & 0o7777).toBe(0o2777);
    }
  });

  test("follows links inside the volume and none out of it", async () => {
    await mkdir(join(directory, "real"));
    await symlink("real", join(directory, "inside"));
    await symlink("/etc", join(directory, "outside"));
    await symlink("../..", join(directory, "real/above"));
    expect(await resolve(directory, "inside/x")).toBe(join(directory, "real/x"));
    expect(await message(resolve(directory, "outside/x"))).toContain("leads out");
    expect(await message(resolve(directory, "real/above/x"))).toContain("leads out");
  });
});

test("resolveSubPath() takes relative paths without '..' alone", async () => {
  expect(await message(resolveSubPath(directory, "../x"))).toContain("must not contain");
  expect(await message(resolveSubPath(directory, "/x"))).toContain("must be relative");
});

/** Exchanges two names again and again, as a container can in a volume of its own. */
const EXCHANGE = `
import { stableCString, systemCall } from ${JSON.stringify(absolute("src/linux/system-call.ts"))};
const names = ["directory", "link"].map(stableCString);
console.log("at work");
for (;;) systemCall({ name: "renameat2", args: [-100, names[0], -100, names[1], 2], what: "exchange" });
`;

test("resolveSubPath() makes nothing outside while a container exchanges a directory for a link", async () => {
  const outside = await mkdtemp(join(tmpdir(), "edgesite-outside-"));
  await mkdir(join(directory, "directory"));
  await symlink(outside, join(directory, "link"));
  const container = Bun.spawn([process.execPath, "-e", EXCHANGE], {
    cwd: directory,
    stdout: "pipe",
    stderr: "inherit",
  });
  await container.stdout.getReader().read();
  const places: string[] = [];
  for (let index = 0; index < 2000; index++) {
    const path = await resolveSubPath(directory, `directory/made-${index}`).catch(() => undefined);
    if (path !== undefined) places.push(path);
  }
  container.kill();
  await container.exited;
  expect(await readdir(outside)).toEqual([]);
  expect(places.filter((path) => !path.startsWith(`${directory}/`))).toEqual([]);
  expect(places.length).toBeGreaterThan(0);
  await rm(outside, { recursive: true });
});

test("prepareHostPath() makes what it may and refuses what is something else", async () => {
  const path = join(directory, "made");
  await prepareHostPath(path, "DirectoryOrCreate");
  await prepareHostPath(path, "Directory");
  await prepareHostPath(join(directory, "file"), "FileOrCreate");
  expect(await message(prepareHostPath(path, "File"))).toContain(
    `hostPath type check failed: ${path} is not a file`,
  );
  expect(await message(prepareHostPath(join(directory, "none"), "Socket"))).toContain(
    "is not a socket file",
  );
});

test("volumes that the node writes are read-only in containers, whatever they ask for", async () => {
  const volumes = new Map([
    ["config", { path: directory, readOnly: true, isOwn: true }],
    ["data", { path: directory, readOnly: false, isOwn: false }],
  ]);
  const files = new PodFiles(directory);
  const container: Container = {
    name: "main",
    volumeMounts: [
      { name: "config", mountPath: "/config" },
      { name: "data", mountPath: "/data" },
    ],
  };
  const mounts = await containerMounts(container, {
    volumes,
    files,
    env: {},
    terminationLog: "/t",
  });
  const readOnly = mounts.filter((mount) => mount.readOnly).map((mount) => mount.containerPath);
  expect(readOnly).toEqual(["/config"]);
  const own = mounts.filter((mount) => mount.isOwn).map((mount) => mount.containerPath);
  expect(own).toEqual(["/config", "/etc/resolv.conf", "/etc/hosts", "/dev/termination-log"]);
});
