import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { must } from "#lib/errors.ts";
import {
  dockerArchive,
  ociArchive,
  sha256,
  type TestImage,
  tarOf,
  testImage,
} from "#test/kit/image-archives.ts";
import { imageStoreIn } from "#test/kit/image-store.ts";
import { MemoryImageRows } from "#test/kit/memory-image-rows.ts";
import type { LocalImageStore } from "./local-image-store.ts";

const NAME = "docker.io/library/app:1";
const signal = new AbortController().signal;

let directory = "";
let rows: MemoryImageRows;
let open: LocalImageStore[] = [];

beforeEach(() => {
  directory = mkdtempSync("/dev/shm/edgesite-images-");
  rows = new MemoryImageRows();
});

afterEach(async () => {
  for (const store of open.splice(0)) await store[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

function openStore(): LocalImageStore {
  const store = imageStoreIn(directory, rows);
  open.push(store);
  return store;
}

/** A store whose site was killed. */
function abandon(store: LocalImageStore): void {
  open = open.filter((one) => one !== store);
}

async function anImage(text = "hello"): Promise<TestImage> {
  const base = await tarOf([
    { name: "etc/", type: "directory", mode: 0o755 },
    { name: "etc/passwd", content: "root:x:0:0::/:/bin/sh\n" },
    { name: "gone", content: "x" },
  ]);
  const top = await tarOf([{ name: "hello", content: text }, { name: ".wh.gone" }]);
  return testImage([base, top], { User: "app", StopSignal: "SIGINT" });
}

function put(name: string, bytes: Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
}

async function importOf(store: LocalImageStore, path: string) {
  return await store.import({ name: path, path }, signal);
}

describe("LocalImageStore", () => {
  const gzip = (bytes: Uint8Array) => Bun.gzipSync(Buffer.from(bytes));
  const forms: [string, (image: TestImage) => Promise<Uint8Array>][] = [
    ["docker's, plain", (image) => dockerArchive(image, { names: [NAME] })],
    ["docker's, by gzip", async (image) => gzip(await dockerArchive(image, { names: [NAME] }))],
    [
      "docker's, by zstd",
      async (i) => Bun.zstdCompressSync(await dockerArchive(i, { names: [NAME] })),
    ],
    ["OCI's, layers by gzip", (image) => ociArchive(image, NAME)],
    ["OCI's, layers by zstd", (image) => ociArchive(image, NAME, (l) => Bun.zstdCompressSync(l))],
  ];
  for (const [form, make] of forms) {
    test(`takes in an archive: ${form}`, async () => {
      const store = openStore();
      const image = await anImage();
      const [taken] = await importOf(store, put("a.tar", await make(image)));
      expect(taken).toMatchObject({ id: sha256(image.config), names: [NAME], user: "app" });
      const [top = "", base = ""] = must(taken, "an image").lowerDirectories;
      const layers = store.layersDirectory;
      expect(readFileSync(join(layers, top, "hello"), "utf8")).toBe("hello");
      expect(readFileSync(join(layers, base, "gone"), "utf8")).toBe("x");
      expect(lstatSync(join(layers, top, "gone")).isCharacterDevice()).toBe(true);
      for (const name of [
        "app:1",
        "docker.io/library/app:1",
        taken?.id ?? "",
        taken?.id.slice(7, 19) ?? "",
      ]) {
        expect(store.find(name)?.id).toBe(taken?.id ?? "none");
      }
    });
  }

  test("gives an archive back from which the same image comes", async () => {
    const store = openStore();
    const image = await anImage();
    await importOf(store, put("a.tar", await ociArchive(image, NAME)));
    const saved = await store.save([NAME], signal);
    const bytes = await Bun.readableStreamToBytes(saved);
    await store.remove(NAME, signal);
    expect(store.list()).toEqual([]);
    expect(readdirSync(store.layersDirectory)).toEqual([]);
    const [again] = await importOf(store, put("b.tar", bytes));
    expect(again).toMatchObject({ id: sha256(image.config), names: [NAME] });
  });

  test("shares layers, and removes those that no other image has", async () => {
    const store = openStore();
    await importOf(store, put("a.tar", await ociArchive(await anImage("one"), "a.test/one:1")));
    await importOf(store, put("b.tar", await ociArchive(await anImage("two"), "a.test/two:1")));
    expect(readdirSync(store.layersDirectory)).toHaveLength(3);
    await store.remove("a.test/one:1", signal);
    expect(readdirSync(store.layersDirectory)).toHaveLength(2);
    expect(store.list().map(({ names }) => names)).toEqual([["a.test/two:1"]]);
  });

  test("does not remove what a container has", async () => {
    const store = openStore();
    const [image] = await importOf(store, put("a.tar", await ociArchive(await anImage(), NAME)));
    const hold = store.hold(image?.id ?? "");
    expect(store.remove(NAME, signal)).rejects.toThrow("a container has it");
    hold[Symbol.dispose]();
    await store.remove(NAME, signal);
    expect(store.list()).toEqual([]);
  });

  test("knows its images after a restart, and moves a name to the image that came last", async () => {
    const first = openStore();
    const [old] = await importOf(first, put("a.tar", await ociArchive(await anImage("old"), NAME)));
    await first.pin(NAME, true);
    await first[Symbol.asyncDispose]();
    abandon(first);
    const store = openStore();
    expect(store.find(NAME)).toMatchObject({ id: old?.id, pinned: true });
    const [fresh] = await importOf(
      store,
      put("b.tar", await ociArchive(await anImage("new"), NAME)),
    );
    expect(store.find(NAME)?.id).toBe(fresh?.id ?? "none");
    expect(store.find(old?.id ?? "")?.names).toEqual([]);
  });

  test("mends an image from its archive when a power cut took bytes of it", async () => {
    const killed = openStore();
    const [image] = await importOf(killed, put("a.tar", await ociArchive(await anImage(), NAME)));
    const [top = ""] = must(image, "an image").lowerDirectories;
    const file = join(killed.layersDirectory, top, "hello");
    abandon(killed);
    truncateSync(file, 0);
    const store = openStore();
    await store.ensureWhole(must(image, "an image").id, signal);
    expect(readFileSync(file, "utf8")).toBe("hello");
    // Same length, other bytes: only a layer of the run that ended badly is read to the last one.
    abandon(store);
    writeFileSync(file, "jello");
    const again = openStore();
    await again.ensureWhole(must(image, "an image").id, signal);
    expect(readFileSync(file, "utf8")).toBe("hello");
  });

  test("says what is wrong with an archive, and keeps nothing of it", async () => {
    const store = openStore();
    const image = await anImage();
    const whole = await ociArchive(image, NAME);
    const wrong = { ...image, config: image.config.replace(/sha256:..../, "sha256:0000") };
    const cases: [Uint8Array, string][] = [
      [whole.subarray(0, whole.length / 2), "it ends in the middle"],
      [Buffer.from("hello"), "it is no whole archive"],
      [Buffer.alloc(0), "it is empty"],
      [await tarOf([{ name: "x", content: "y" }]), "neither manifest.json nor index.json"],
      [await ociArchive(wrong, NAME), "its content is sha256:"],
      [gzip(whole).subarray(0, 900), "cannot be decompressed"],
      [Buffer.from("fd377a585a000000", "hex"), "compressed by xz"],
    ];
    for (const [index, [bytes, reason]] of cases.entries()) {
      const failure = await importOf(store, put(`${index}.tar`, bytes)).catch(String);
      expect(failure).toContain(reason);
      expect(failure).toContain(`Cannot import ${directory}/${index}.tar`);
    }
    const ofDirectory = await importOf(store, directory).catch(String);
    expect(ofDirectory).toContain(`Cannot import ${directory}: it is a directory`);
    expect(store.list()).toEqual([]);
    expect(readdirSync(store.layersDirectory)).toEqual([]);
    expect(readdirSync(join(directory, "store/incoming"))).toEqual([]);
  });
});
