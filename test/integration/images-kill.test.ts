import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Database } from "#db/database.ts";
import { ociArchive, tarOf, testImage } from "#test/kit/image-archives.ts";
import { imageStoreIn } from "#test/kit/image-store.ts";
import { rounds } from "#test/kit/soak.ts";

const KILLS = rounds({ gate: 8, soak: 100 });
const TEST_MS = 600_000;
/** Longer than an import takes. */
const LONGEST_MS = 400;
const LAYERS = 4;
const FILES = 40;
const FILE_BYTES = 100_000;

let directory = "";
beforeEach(() => {
  directory = mkdtempSync("/dev/shm/edgesite-images-kill-");
});
afterEach(() => rmSync(directory, { recursive: true }));

test(
  "an import that is killed leaves a whole image or none, and nothing else",
  async () => {
    let outcomes = "";
    for (let round = 0; round < KILLS; round += 1) {
      const archive = await writeArchive(round);
      const delayMs = (LONGEST_MS * round) / KILLS;
      const imported = await importAndKill(archive, delayMs);
      const found = await checkStore();
      // What was told stays; what was not may be there, whole, or not.
      if (imported) expect(found).toContain(nameOf(round));
      outcomes += found.includes(nameOf(round)) ? "+" : "-";
    }
    expect(outcomes).toContain("-");
    const archive = await writeArchive(KILLS);
    expect(await importAndKill(archive, undefined)).toBe(true);
    expect(await checkStore()).toContain(nameOf(KILLS));
  },
  TEST_MS,
);

const nameOf = (round: number): string => `kill.test/round:${round}`;

async function writeArchive(round: number): Promise<string> {
  const content = Buffer.alloc(FILE_BYTES, `${round}`);
  const layers = Array.from({ length: LAYERS }, (_, layer) =>
    tarOf(Array.from({ length: FILES }, (__, file) => ({ name: `${layer}/${file}`, content }))),
  );
  const path = join(directory, "archive.tar");
  writeFileSync(path, await ociArchive(testImage(await Promise.all(layers)), nameOf(round)));
  return path;
}

/** Whether the import was told to be done before its process was killed. */
async function importAndKill(archive: string, delayMs: number | undefined): Promise<boolean> {
  const program = join(import.meta.dir, "../kit/image-process.ts");
  const child = Bun.spawn([process.execPath, program, directory, "import", archive], {
    stdout: "pipe",
  });
  let said = "";
  for await (const bytes of child.stdout) {
    said += Buffer.from(bytes).toString();
    if (delayMs === undefined || !said.includes("begins")) continue;
    await Promise.race([Bun.sleep(delayMs), child.exited]);
    break;
  }
  if (delayMs !== undefined) child.kill("SIGKILL");
  await child.exited;
  return said.includes("done");
}

/** The names of the images that are there; every byte of theirs was read. */
async function checkStore(): Promise<readonly string[]> {
  await using db = await Database.open({ path: join(directory, "edgesite.db") });
  await using store = imageStoreIn(directory, db.images);
  const signal = AbortSignal.timeout(30_000);
  const images = store.list();
  for (const { id, names } of images) {
    const archive = await store.save([names[0] ?? id], signal);
    for await (const _ of archive);
  }
  // Any work cleans up first.
  await store
    .import({ name: "none", path: join(directory, "none") }, signal)
    .catch(() => undefined);
  expect(readdirSync(join(directory, "store/incoming"))).toEqual([]);
  expect(readdirSync(join(directory, "store/layers"))).toHaveLength(
    new Set(images.flatMap(({ lowerDirectories }) => lowerDirectories)).size,
  );
  return images.flatMap(({ names }) => names);
}
