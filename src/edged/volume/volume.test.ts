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
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Container } from "#api/object.ts";
import { containerMounts } from "../pod/container-mounts.ts";
import { PodFiles } from "../pod/pod-files.ts";
import { type Payload, writeAtomically } from "./atomic-writer.ts";
import { prepareHostPath } from "./host-path.ts";
import { resolveSubPath } from "./sub-path.ts";

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

describe("resolveSubPath()", () => {
  test("makes what is missing inside the volume", async () => {
    expect(await resolveSubPath(directory, "a/b")).toBe(join(directory, "a/b"));
    expect((await stat(join(directory, "a/b"))).isDirectory()).toBe(true);
  });

  test("what it makes may be written by whom the volume may", async () => {
    await chmod(directory, 0o2777);
    await resolveSubPath(directory, "a/b");
    for (const made of ["a", "a/b"]) {
      expect((await stat(join(directory, made))).mode & 0o7777).toBe(0o2777);
    }
  });

  test("follows links inside the volume and none out of it", async () => {
    await mkdir(join(directory, "real"));
    await symlink("real", join(directory, "inside"));
    await symlink("/etc", join(directory, "outside"));
    expect(await resolveSubPath(directory, "inside/x")).toBe(join(directory, "real/x"));
    expect(await message(resolveSubPath(directory, "outside/x"))).toContain("leads out");
    expect(await message(resolveSubPath(directory, "../x"))).toContain("must not contain");
    expect(await message(resolveSubPath(directory, "/x"))).toContain("must be relative");
  });
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
    ["config", { path: directory, readOnly: true }],
    ["data", { path: directory, readOnly: false }],
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
});
