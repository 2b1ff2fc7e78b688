// How long does a pull take, unpacked and durable, against fetching and hashing the same blobs?
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalImageStore } from "#edged/image/store/local-image-store.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLogger } from "#lib/log.ts";
import { noise } from "#test/kit/image-archives.ts";
import { MemoryImageRows } from "#test/kit/memory-image-rows.ts";
import { median, note, option, report, rounded, timed } from "./kit/report.ts";

const LAYERS = option("layers", 3);
const LAYER_MIB = option("layerMib", 8);
const ROUNDS = option("rounds", 3);
const MIB = 1024 * 1024;
/** Of all blobs together, which come at the same time. 0: as fast as loopback is. */
const LINKS = [20, 100, 300, 0];

interface Registry extends Disposable {
  readonly host: string;
  readonly digests: readonly string[];
}

async function startRegistry(mbits: number): Promise<Registry> {
  const program = join(import.meta.dir, "kit/registry-process.ts");
  const mibPerSecond = (mbits * 1_000_000) / 8 / MIB / LAYERS;
  const args = [LAYERS, LAYER_MIB, mibPerSecond].map(String);
  const child = Bun.spawn([process.execPath, program, ...args], { stdout: "pipe" });
  let said = "";
  for await (const bytes of child.stdout) {
    said += Buffer.from(bytes).toString();
    if (said.includes("\n")) break;
  }
  const told: { host: string; digests: string[] } = JSON.parse(said);
  return { ...told, [Symbol.dispose]: () => child.kill() };
}

/** Fetches and hashes all blobs; with a directory it writes them there, too, and syncs them. */
async function plain({ host, digests }: Registry, directory?: string): Promise<void> {
  const fetchOne = async (digest: string): Promise<void> => {
    const answer = await fetch(`http://${host}/v2/bench/blobs/${digest}`, { decompress: false });
    const hasher = new Bun.CryptoHasher("sha256");
    const file = directory === undefined ? undefined : openSync(join(directory, digest), "w");
    for await (const bytes of answer.body ?? []) {
      hasher.update(bytes);
      if (file !== undefined) writeSync(file, bytes);
    }
    if (file !== undefined) {
      fsyncSync(file);
      closeSync(file);
    }
    if (`sha256:${hasher.digest("hex")}` !== digest) throw new Error("The blob is corrupt");
  };
  await Promise.all(digests.map(fetchOne));
}

/** The most memory that the process had meanwhile. */
async function pull({ host }: Registry, directory: string): Promise<number> {
  await using store = new LocalImageStore({
    directory,
    rows: new MemoryImageRows(),
    registriesFile: join(directory, "registries.yaml"),
    clock: systemClock,
    log: silentLogger,
  });
  let rssBytes = 0;
  const onProgress = () => (rssBytes = Math.max(rssBytes, process.memoryUsage.rss()));
  await store.pull(`${host}/bench:1`, { onProgress }, new AbortController().signal);
  return rssBytes;
}

/** What the disk itself takes for as many bytes: what others do to it is in there. */
async function writeBare(directory: string): Promise<void> {
  const file = openSync(join(directory, "bare"), "w");
  const bytes = noise(MIB);
  for (let count = 0; count < LAYERS * LAYER_MIB; count += 1) writeSync(file, bytes);
  fsyncSync(file);
  closeSync(file);
}

/** In a directory that is removed afterwards. */
async function inDirectory<T>(run: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "edgesite-bench-"));
  try {
    return await run(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function measure(mbits: number): Promise<object> {
  using registry = await startRegistry(mbits);
  await plain(registry);
  const before = process.memoryUsage.rss();
  const took: Record<"plain" | "stored" | "pull" | "bare", number[]> = {
    plain: [],
    stored: [],
    pull: [],
    bare: [],
  };
  const cpuMs: Record<"plain" | "pull", number[]> = { plain: [], pull: [] };
  let rssBytes = 0;
  const used = async (into: number[], run: () => Promise<unknown>): Promise<void> => {
    const start = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(start);
    into.push((user + system) / 1000);
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    note(`${mbits} Mbit/s, round ${round + 1}`);
    await used(cpuMs.plain, async () => took.plain.push(await timed(() => plain(registry))));
    took.stored.push(await inDirectory((one) => timed(() => plain(registry, one))));
    await inDirectory((one) =>
      used(cpuMs.pull, async () =>
        took.pull.push(
          await timed(async () => (rssBytes = Math.max(rssBytes, await pull(registry, one)))),
        ),
      ),
    );
    took.bare.push(await inDirectory((one) => timed(() => writeBare(one))));
  }
  const plainMs = median(took.plain);
  const pullMs = median(took.pull);
  return {
    plainMs: rounded(plainMs, 0),
    pullMs: rounded(pullMs, 0),
    ratio: rounded(pullMs / plainMs, 2),
    againstStored: rounded(pullMs / median(took.stored), 2),
    diskAloneMs: took.bare.map((one) => rounded(one, 0)),
    plainCpuMs: rounded(median(cpuMs.plain), 0),
    pullCpuMs: rounded(median(cpuMs.pull), 0),
    growthMib: rounded((rssBytes - before) / MIB, 0),
  };
}

const results: Record<string, object> = {};
for (const mbits of LINKS)
  results[mbits === 0 ? "loopback" : `${mbits}Mbit`] = await measure(mbits);
report("pull", {
  aim: "≤ 1.2 × plain fetch and sha256",
  layers: LAYERS,
  layerMib: LAYER_MIB,
  ...results,
});
