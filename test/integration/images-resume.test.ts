import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Database } from "#db/database.ts";
import { KeptBlobs } from "#edged/image/kept/kept-blobs.ts";
import { mountTmpfs, unmount } from "#linux/mount.ts";
import { eventually } from "#test/kit/eventually.ts";
import { blobsOf, noise, tarOf, testImage } from "#test/kit/image-archives.ts";
import { imageStoreIn } from "#test/kit/image-store.ts";
import { MemoryImageRows } from "#test/kit/memory-image-rows.ts";
import { rounds } from "#test/kit/soak.ts";
import { TestRegistry } from "#test/kit/test-registry.ts";

const KILLS = rounds({ gate: 5, soak: 50 });
const TEST_MS = 600_000;
const MIB = 1024 * 1024;
/** A piece of a blob as it is kept, and its checksum. */
const PIECE_BYTES = 256 * 1024;
const SUM_BYTES = 8;

let directory = "";
beforeEach(() => {
  directory = mkdtempSync("/dev/shm/edgesite-images-resume-");
});
afterEach(() => rmSync(directory, { recursive: true }));

/** An image of a layer for each size, of a file with so many bytes. */
async function imageOf(...sizes: readonly number[]) {
  const tars = sizes.map((bytes, seed) => tarOf([{ name: "noise", content: noise(bytes, seed) }]));
  return testImage(await Promise.all(tars));
}

/** A pull in a process of its own, that is killed once `bytes` of its blob are there. */
async function pullAndKill(name: string, bytes: number): Promise<void> {
  const program = join(import.meta.dir, "../kit/image-process.ts");
  const child = Bun.spawn([process.execPath, program, directory, "pull", name]);
  const signal = AbortSignal.timeout(60_000);
  while (keptBytes() < bytes && child.exitCode === null) {
    signal.throwIfAborted();
    await Bun.sleep(5);
  }
  child.kill("SIGKILL");
  await child.exited;
  if (child.signalCode !== "SIGKILL" && child.exitCode !== 0) throw new Error("The pull failed");
}

function keptBytes(): number {
  const blobs = join(directory, "store/blobs");
  try {
    return readdirSync(blobs).reduce((sum, one) => sum + Bun.file(join(blobs, one)).size, 0);
  } catch {
    return 0; // nothing began yet
  }
}

/** Gives `body` a disk of that size to fill. */
async function onSmallDisk(sizeBytes: number, body: (place: string) => Promise<void>) {
  const place = join(directory, "small");
  mkdirSync(place);
  mountTmpfs(place, { sizeBytes });
  try {
    await body(place);
  } finally {
    unmount(place);
  }
}

test(
  "a pull that is killed again and again fetches hardly more than its bytes",
  async () => {
    const sizeBytes = KILLS * 3 * MIB;
    await using registry = new TestRegistry({ bytesPerSecond: 20 * MIB });
    registry.add("app:1", blobsOf(await imageOf(sizeBytes)));
    const name = `${registry.host}/app:1`;
    const begun = (): readonly number[] =>
      registry.requests.flatMap((one) => /bytes=(\d+)-/.exec(one)?.slice(1).map(Number) ?? []);
    // What a pull asked for that was killed then may be heard of one round later.
    const right: number[] = [];
    for (let round = 0; round < KILLS; round += 1) {
      const keptAtFirst = keptBytes();
      right.push(Math.floor(keptAtFirst / (PIECE_BYTES + SUM_BYTES)) * PIECE_BYTES);
      const known = begun().length;
      await pullAndKill(name, keptAtFirst + 2 * MIB);
      for (const at of begun().slice(known)) expect(right.slice(-2)).toContain(at);
    }
    expect(begun().length).toBeGreaterThan(1);
    await using db = await Database.open({ path: join(directory, "edgesite.db") });
    await using store = imageStoreIn(directory, db.images);
    const image = await store.pull(name, {}, AbortSignal.timeout(60_000));
    const file = join(store.layersDirectory, image.lowerDirectories[0] ?? "", "noise");
    expect(readFileSync(file)).toEqual(noise(sizeBytes));
    expect(keptBytes()).toBe(0);
    expect(readdirSync(join(directory, "store/incoming"))).toEqual([]);
  },
  TEST_MS,
);

test(
  "what is kept of other blobs makes room for a layer",
  async () => {
    await onSmallDisk(8 * MIB, async (place) => {
      const blobs = new KeptBlobs({ directory: join(place, "store/blobs"), reserveBytes: 0 });
      for (const digest of [`sha256:${"1".repeat(64)}`, `sha256:${"2".repeat(64)}`]) {
        using copy = blobs.open({ digest, size: 4 * MIB });
        copy?.add(noise(2 * MIB));
      }
      await using registry = new TestRegistry();
      registry.add("app:1", blobsOf(await imageOf(5 * MIB)));
      await using store = imageStoreIn(place, new MemoryImageRows());
      const image = await store.pull(`${registry.host}/app:1`, {}, AbortSignal.timeout(60_000));
      expect(image.sizeBytes).toBe(5 * MIB);
      expect(readdirSync(join(place, "store/blobs"))).toEqual([]);
      registry.add("app:2", blobsOf(await imageOf(10 * MIB)));
      const failure = store.pull(`${registry.host}/app:2`, {}, AbortSignal.timeout(60_000));
      expect(await failure.then(() => "", String)).toContain("no space is left on the disk of");
      expect(readdirSync(join(place, "store/incoming"))).toEqual([]);
      expect(readdirSync(join(place, "store/blobs"))).toEqual([]);
    });
  },
  TEST_MS,
);

test(
  "layers of a pull that an earlier run broke off make room for another image",
  async () => {
    await onSmallDisk(20 * MIB, async (place) => {
      const rows = new MemoryImageRows();
      const layers = join(place, "store/layers");
      const pull = async (host: string): Promise<string> => {
        const patience = { stallMs: 5000, tries: 1, firstDelayMs: 1, maxDelayMs: 1 };
        await using store = imageStoreIn(place, rows, { patience, reserveBytes: MIB });
        const image = store.pull(`${host}/app:1`, {}, AbortSignal.timeout(60_000));
        return await image.then(() => "it was pulled", String);
      };
      const image = blobsOf(await imageOf(4 * MIB, 5 * MIB));
      const larger = [...image.blobs].find(([, bytes]) => bytes.length > 4.5 * MIB)?.[0];
      const unpacked = () => readdirSync(layers).length === 1;
      await using cut = await new TestRegistry({
        cutAfterBytes: 4.5 * MIB,
        cuts: 1,
        beforeBlob: async (digest) =>
          digest === larger && eventually(unpacked, { what: "The smaller layer, unpacked" }),
      }).ready();
      cut.add("app:1", image);
      expect(await pull(cut.host)).toContain("stops at");
      expect(readdirSync(layers)).toHaveLength(1);
      await using registry = new TestRegistry();
      registry.add("app:1", blobsOf(await imageOf(17 * MIB)));
      expect(await pull(registry.host)).toBe("it was pulled");
      expect(readdirSync(layers)).toHaveLength(1);
    });
  },
  TEST_MS,
);
