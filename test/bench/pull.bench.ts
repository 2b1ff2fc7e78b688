// How long does a pull take, unpacked and durable, against fetching and hashing the same blobs?
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalImageStore } from "#edged/image/store/local-image-store.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLogger } from "#lib/log.ts";
import { MemoryImageRows } from "#test/kit/memory-image-rows.ts";
import { option, report, rounded } from "./kit/report.ts";

const LAYERS = option("layers", 3);
const LAYER_MIB = option("layerMib", 32);
/** Of each blob; 12 is a line of 300 Mbit/s for three at once. 0: as fast as loopback is. */
const LINKS = { loopback: 0, line: option("mibPerSecond", 12) };

interface Registry extends Disposable {
  readonly host: string;
  readonly digests: readonly string[];
}

async function startRegistry(mibPerSecond: number): Promise<Registry> {
  const program = join(import.meta.dir, "kit/registry-process.ts");
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

async function plain({ host, digests }: Registry): Promise<number> {
  const start = performance.now();
  await Promise.all(
    digests.map(async (digest) => {
      const answer = await fetch(`http://${host}/v2/bench/blobs/${digest}`, { decompress: false });
      const hasher = new Bun.CryptoHasher("sha256");
      for await (const bytes of answer.body ?? []) hasher.update(bytes);
      if (`sha256:${hasher.digest("hex")}` !== digest) throw new Error("The blob is corrupt");
    }),
  );
  return performance.now() - start;
}

/** Milliseconds, and the most memory that the process had meanwhile. */
async function pull({ host }: Registry): Promise<{ ms: number; rssBytes: number }> {
  const directory = mkdtempSync(join(tmpdir(), "edgesite-bench-"));
  try {
    await using store = new LocalImageStore({
      directory,
      rows: new MemoryImageRows(),
      registriesFile: join(directory, "registries.yaml"),
      clock: systemClock,
      log: silentLogger,
    });
    let rssBytes = 0;
    const start = performance.now();
    const onProgress = () => (rssBytes = Math.max(rssBytes, process.memoryUsage.rss()));
    await store.pull(`${host}/bench:1`, { onProgress }, new AbortController().signal);
    return { ms: performance.now() - start, rssBytes };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const results: Record<string, number> = {};
for (const [link, mibPerSecond] of Object.entries(LINKS)) {
  using registry = await startRegistry(mibPerSecond);
  await plain(registry);
  const before = process.memoryUsage.rss();
  const plainMs = await plain(registry);
  const { ms, rssBytes } = await pull(registry);
  results[`${link}PlainMs`] = rounded(plainMs, 0);
  results[`${link}PullMs`] = rounded(ms, 0);
  results[`${link}Ratio`] = rounded(ms / plainMs, 2);
  results[`${link}GrowthMib`] = rounded((rssBytes - before) / 1024 / 1024, 0);
}
report("pull", {
  aim: "≤ 1.2 × plain fetch and sha256",
  layers: LAYERS,
  layerMib: LAYER_MIB,
  ...results,
});
