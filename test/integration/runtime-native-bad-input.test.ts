import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Container } from "#api/object.ts";
import { mountTmpfs, unmount } from "#linux/mount.ts";
import { type EdgedHarness, podOf, startEdged } from "#test/kit/edged-harness.ts";
import { eventually } from "#test/kit/eventually.ts";
import { blobsOf, sha256, tarOf, testImage } from "#test/kit/image-archives.ts";
import { NATIVE_IMAGE, NativeHost } from "#test/kit/native-host.ts";
import { TestRegistry, type TestRegistryOptions } from "#test/kit/test-registry.ts";

/** What a pod says of itself when it cannot run, and that nothing of the attempt is left. */

const TIMEOUT_MS = 60_000;
const pods = mkdtempSync(join(tmpdir(), "bad-input-"));
const registries: TestRegistry[] = [];
let host: NativeHost;
let edged: EdgedHarness;
let count = 0;

beforeAll(async () => {
  host = await NativeHost.prepare();
  const runtime = host.runtime();
  // It has looked at what an earlier one left, and removed what is no container.
  await runtime.list(AbortSignal.timeout(TIMEOUT_MS));
  edged = await startEdged({ runtime, podsDirectory: pods });
}, TIMEOUT_MS);
afterAll(async () => {
  await edged.stop();
  for (const registry of registries) await registry[Symbol.asyncDispose]();
  await host[Symbol.asyncDispose]();
  rmSync(pods, { recursive: true });
}, TIMEOUT_MS);

const bad = (title: string, body: () => Promise<void>): void => test(title, body, TIMEOUT_MS);

/** Empty when it has just ended. */
function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8");
  } catch {
    return "";
  }
}

/** The reason and message of the waiting state that a pod of one container comes to, as `reason: message`. */
async function fate(container: Partial<Container>) {
  const name = `bad-${count++}`;
  const main = { name: "main", image: NATIVE_IMAGE, command: ["sleep", "1000"], ...container };
  const pod = podOf(name, { containers: [main], terminationGracePeriodSeconds: 0 });
  await edged.send("insert", `default/pod/${name}`, pod);
  const waiting = await edged.meta.until(`${name} says why`, () => {
    const state = edged.meta.last(name)?.containerStatuses?.[0]?.state;
    const found = state?.waiting;
    return found?.message === undefined ? undefined : found;
  });
  const events = edged.meta.events.filter(({ involvedObject }) => involvedObject.name === name);
  const told = events.filter(({ message }) => message?.includes(waiting.message ?? "?"));
  expect(told.map(({ type }) => type)).toContain("Warning");
  await edged.send("delete", `default/pod/${name}`, pod);
  return `${waiting.reason}: ${waiting.message}`;
}

async function registry(options: TestRegistryOptions = {}): Promise<TestRegistry> {
  const made = await new TestRegistry(options).ready();
  registries.push(made);
  return made;
}
const layersAndIncoming = () =>
  ["layers", "incoming"].map((name) => readdirSync(join(host.directory, "store", name)).length);
const image = async () => testImage([await tarOf([{ name: "hello", content: "hello" }])]);

bad("an image that cannot be had: ErrImagePull, and nothing of it is kept", async () => {
  const before = layersAndIncoming();
  const good = blobsOf(await image());
  const corrupt = await registry({ corruptsFromBytes: 0 });
  corrupt.add("a:1", good);
  expect(await fate({ image: `${corrupt.host}/a:1` })).toMatch(
    /^ErrImagePull: .*the blob sha256:\w+ is corrupt/,
  );
  const other = await registry();
  other.add("a:1", good);
  expect(await fate({ image: `${other.host}/none:1` })).toMatch(/^ErrImagePull: .*none:1/);
  expect(await fate({ image: `${other.host}/a@sha256:${"0".repeat(64)}` })).toMatch(
    /^ErrImagePull: /,
  );
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: "text/strange" }));
  other.addDocument("strange:1", { type: "text/strange", bytes: manifest });
  expect(await fate({ image: `${other.host}/strange:1` })).toMatch(
    /^ErrImagePull: .*unknown media type "text\/strange"/,
  );
  const noTar = testImage([Buffer.alloc(4096, "no tar")]);
  other.add("notar:1", blobsOf(noTar));
  expect(await fate({ image: `${other.host}/notar:1` })).toMatch(/^ErrImagePull: .*notar:1/);
  const lying = {
    ...(await image()),
    config: JSON.stringify({ rootfs: { diff_ids: [sha256("")] } }),
  };
  other.add("lying:1", blobsOf(lying));
  expect(await fate({ image: `${other.host}/lying:1` })).toMatch(/^ErrImagePull: .*lying:1/);
  expect(layersAndIncoming()).toEqual(before);
});

bad("a name that is none, and one that may not be pulled", async () => {
  expect(await fate({ image: "UPPER:1" })).toMatch(/^InvalidImageName: .*invalid reference format/);
  const absent = { image: "127.0.0.1:1/absent:1", imagePullPolicy: "Never" };
  expect(await fate(absent)).toBe(
    'ErrImageNeverPull: Container image "127.0.0.1:1/absent:1" is not present with pull policy of Never',
  );
});

bad("a container that cannot be made: CreateContainerError", async () => {
  const empty = await registry();
  empty.add(
    "empty:1",
    blobsOf(testImage([await tarOf([{ name: "x", content: "x" }])], { Cmd: null })),
  );
  expect(await fate({ image: `${empty.host}/empty:1`, command: [] })).toStartWith(
    "CreateContainerError: no command specified",
  );
  empty.add(
    "user:1",
    blobsOf(testImage([await tarOf([{ name: "x", content: "x" }])], { User: "ghost" })),
  );
  expect(await fate({ image: `${empty.host}/user:1` })).toBe(
    "CreateContainerError: Unable to find user ghost: no matching entries in passwd file",
  );
  const capabilities = { add: ["FLY"] };
  expect(await fate({ securityContext: { capabilities } })).toMatch(/^CreateContainerError: .*FLY/);
  const seccompProfile = { type: "Localhost", localhostProfile: "none.json" };
  expect(await fate({ securityContext: { seccompProfile } })).toMatch(
    /^CreateContainerError: .*none\.json/,
  );
});

bad("a container that cannot be started: RunContainerError, and no process is left", async () => {
  expect(await fate({ command: ["/nowhere"] })).toBe(
    'RunContainerError: exec: "/nowhere": no such file or directory',
  );
  expect(await fate({ command: ["nowhere"] })).toBe(
    'RunContainerError: exec: "nowhere": executable file not found in $PATH',
  );
  expect(await fate({ command: ["/etc/passwd"] })).toBe(
    'RunContainerError: exec: "/etc/passwd": permission denied',
  );
  expect(await fate({ workingDir: "/etc/passwd" })).toBe(
    "RunContainerError: Cannot open /etc/passwd in the container: ENOTDIR",
  );
  const left = () => host.cgroup.processes().map(nameOf);
  await eventually(() => left().every((name) => name === "edgesite-shim\n"));
});

bad("a disk without room: CreateContainerError, and no half of a container is left", async () => {
  const containers = join(host.directory, "store/containers");
  const full = join(containers, "full");
  mkdirSync(containers, { recursive: true });
  mountTmpfs(containers, { sizeBytes: 64 << 10, mode: 0o700 });
  try {
    expect(() => writeFileSync(full, Buffer.alloc(1 << 20))).toThrow("ENOSPC");
    expect(await fate({})).toMatch(/^CreateContainerError: ENOSPC: no space left on device/);
    // Other pods of this file try again meanwhile.
    await eventually(() => readdirSync(containers).join() === "full");
  } finally {
    unmount(containers);
  }
});
