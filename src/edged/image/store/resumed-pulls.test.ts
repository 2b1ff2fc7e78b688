import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must } from "#lib/errors.ts";
import { eventually } from "#test/kit/eventually.ts";
import { blobsOf, noise, type TestImage, tarOf, testImage } from "#test/kit/image-archives.ts";
import { imageStoreIn } from "#test/kit/image-store.ts";
import { MemoryImageRows } from "#test/kit/memory-image-rows.ts";
import { TestRegistry, type TestRegistryOptions } from "#test/kit/test-registry.ts";
import { hexOf } from "../digest.ts";
import { KeptBlobs } from "../kept/kept-blobs.ts";
import type { LocalImageStore } from "./local-image-store.ts";

const PIECE_BYTES = 256 * 1024;
const LAYER_BYTES = 4 * 1024 * 1024;
/** Where a connection is cut, and how much of it is kept by then. */
const CUT_BYTES = 1_500_000;
const LEAST_KEPT_BYTES = CUT_BYTES - 2 * PIECE_BYTES;
const CUT: TestRegistryOptions = {
  ...{ cutAfterBytes: CUT_BYTES, cuts: 1 },
  beforeCut: () => eventually(() => keptBytes() > LEAST_KEPT_BYTES, { what: "What is kept" }),
};
/** The first failure of a connection ends the pull. */
const patience = { stallMs: 5000, tries: 1, firstDelayMs: 1, maxDelayMs: 1 };
const signal = AbortSignal.timeout(60_000);

let directory = "";
let rows: MemoryImageRows;
const open: AsyncDisposable[] = [];

beforeEach(() => {
  directory = mkdtempSync("/dev/shm/edgesite-resume-");
  rows = new MemoryImageRows();
});
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

/** The store of a site that starts: the one before was killed, or lives on and does nothing. */
function openStore(): LocalImageStore {
  const store = imageStoreIn(directory, rows, { patience });
  open.push(store);
  return store;
}

async function start(image: TestImage, options: TestRegistryOptions = {}): Promise<TestRegistry> {
  const registry = await new TestRegistry(options).ready();
  registry.add("app:1", blobsOf(image));
  open.push(registry);
  return registry;
}

async function imageOf(...layers: readonly (readonly [name: string, bytes: number])[]) {
  const tars = layers.map(([name, bytes], seed) => tarOf([{ name, content: noise(bytes, seed) }]));
  return testImage(await Promise.all(tars));
}

async function pull(store: LocalImageStore, { host }: TestRegistry): Promise<string> {
  const image = await store.pull(`${host}/app:1`, {}, signal);
  const [top = ""] = image.lowerDirectories;
  return join(store.layersDirectory, top);
}

/** How a pull ends that is broken off. */
async function brokenPull(registry: TestRegistry): Promise<string> {
  return await pull(openStore(), registry).then(() => "it was pulled", String);
}

const blobRequests = ({ requests }: TestRegistry): readonly string[] =>
  requests.filter((one) => /\/blobs\/\S+ /.test(`${one} `)).slice(1); // the first is the config's
const rangeOf = (request: string | undefined): number =>
  Number(/bytes=(\d+)-/.exec(request ?? "")?.[1] ?? 0);
const kept = (): readonly string[] => readdirSync(join(directory, "store/blobs"));
const keptBytes = (): number =>
  kept().reduce((sum, name) => sum + Bun.file(join(directory, "store/blobs", name)).size, 0);

describe("a pull that was broken off", () => {
  const ways: [string, TestRegistryOptions][] = [
    ["at a registry that knows ranges", {}],
    ["at one that begins anew", { ignoresRange: true }],
  ];
  for (const [way, options] of ways) {
    test(`goes on where it broke, after a kill, ${way}`, async () => {
      const image = await imageOf(["noise", LAYER_BYTES]);
      expect(await brokenPull(await start(image, CUT))).toMatch(/stops at 1\d+ of 4\d+ bytes/);
      expect(kept()).toHaveLength(1);
      const registry = await start(image, options);
      const files = await pull(openStore(), registry);
      expect(readFileSync(join(files, "noise"))).toEqual(noise(LAYER_BYTES, 0));
      const [request, ...others] = blobRequests(registry);
      expect(others).toEqual([]);
      expect(rangeOf(request)).toBeGreaterThan(LEAST_KEPT_BYTES);
      expect(kept()).toEqual([]);
    });
  }

  test("goes on before the first piece that the disk lost", async () => {
    const image = await imageOf(["noise", LAYER_BYTES]);
    await brokenPull(await start(image, CUT));
    const path = join(directory, "store/blobs", kept()[0] ?? "");
    const bytes = readFileSync(path);
    bytes.fill(0, PIECE_BYTES * 2, PIECE_BYTES * 2 + 4096);
    writeFileSync(path, bytes);
    const registry = await start(image);
    await pull(openStore(), registry);
    expect(blobRequests(registry).map(rangeOf)).toEqual([PIECE_BYTES]);
  });

  /** A copy whose pieces are whole, and of another blob. */
  function keepWrong(image: TestImage): void {
    const [, [digest = "", { length = 0 } = {}] = []] = [...blobsOf(image).blobs];
    const blobs = new KeptBlobs({ directory: join(directory, "store/blobs"), reserveBytes: 0 });
    using copy = must(blobs.open({ digest, size: length }), "a copy");
    copy.add(Buffer.alloc(PIECE_BYTES * 3));
    expect(kept()).toEqual([hexOf(digest)]);
  }

  test("begins anew once where what came before belongs to other bytes", async () => {
    const image = await imageOf(["noise", LAYER_BYTES]);
    keepWrong(image);
    const registry = await start(image);
    const files = await pull(openStore(), registry);
    expect(readFileSync(join(files, "noise"))).toEqual(noise(LAYER_BYTES, 0));
    expect(blobRequests(registry).map(rangeOf)).toEqual([PIECE_BYTES * 3, 0]);
    expect(kept()).toEqual([]);
  });

  test("says so where the registry has other bytes, and keeps none of them", async () => {
    const image = await imageOf(["noise", LAYER_BYTES]);
    await brokenPull(await start(image, CUT));
    const registry = await start(image, { corruptsFromBytes: PIECE_BYTES });
    expect(await brokenPull(registry)).toMatch(/the blob sha256:\w+ is corrupt: its bytes are/);
    expect(blobRequests(registry)).toHaveLength(2);
    expect(kept()).toEqual([]);
    expect(readdirSync(join(directory, "store/layers"))).toEqual([]);
  });

  test("has the layers that came, until the image is removed", async () => {
    const image = await imageOf(["small", 100_000], ["noise", LAYER_BYTES]);
    expect(await brokenPull(await start(image, CUT))).toContain("stops at");
    expect(readdirSync(join(directory, "store/layers"))).toHaveLength(1);
    const registry = await start(image);
    const store = openStore();
    await pull(store, registry);
    expect(blobRequests(registry)).toHaveLength(1);
    await store.remove(`${registry.host}/app:1`, signal);
    expect(readdirSync(store.layersDirectory)).toEqual([]);
    expect(kept()).toEqual([]);
  });
});
