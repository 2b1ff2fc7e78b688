import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Database } from "#db/database.ts";
import { rounds } from "#test/kit/soak.ts";

const KILLS = rounds({ gate: 200, soak: 2000 });
/** A run is killed after this many acknowledged writes, at the latest; sooner by chance. */
const MAX_ACKNOWLEDGED = 60;

interface Acknowledged {
  readonly name: string;
  readonly value: string;
  readonly resourceVersion: number;
}

/** Starts the writer, kills it after a number of acknowledged writes, and answers all of those. */
async function writeAndKill(path: string, run: number): Promise<readonly Acknowledged[]> {
  const child = Bun.spawn([process.execPath, "test/kit/store-writer.ts", path, String(run)], {
    stdout: "pipe",
    stderr: "inherit",
  });
  const enough = 1 + ((run * 37) % MAX_ACKNOWLEDGED);
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    text += decoder.decode(chunk, { stream: true });
    if (text.split("\n").length > enough) child.kill("SIGKILL");
  }
  await child.exited;
  const lines = text.slice(0, text.lastIndexOf("\n")).split("\n");
  return lines.map((line) => {
    const [name = "", value = "", resourceVersion = ""] = line.split(" ");
    return { name, value, resourceVersion: Number(resourceVersion) };
  });
}

test(
  `a writer killed ${KILLS} times loses no acknowledged write and reuses no number`,
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "edgesite-kill-"));
    const path = join(directory, "edgesite.db");
    const numbers = new Set<number>();
    let acknowledged = 0;
    try {
      for (let run = 0; run < KILLS; run += 1) {
        const writes = await writeAndKill(path, run);
        expect(writes.length).toBeGreaterThan(0);
        for (const { resourceVersion } of writes) {
          expect(numbers.has(resourceVersion)).toBe(false);
          numbers.add(resourceVersion);
        }
        acknowledged += writes.length;
        const newest = new Map(writes.map((write) => [write.name, write]));
        await using db = await Database.open({ path, key: new Uint8Array(32) });
        expect(db.objects.resourceVersion).toBeGreaterThan(Math.max(...numbers));
        for (const { name, value } of newest.values()) {
          const key = { collection: "/configmaps", namespace: "default", name };
          const found = db.objects.get(key)?.value.metadata?.annotations?.["value"] ?? "";
          // A later write of the same run may have been stored without being acknowledged.
          const [foundRun, foundTurn] = found.split("-").map(Number);
          const [ackRun, ackTurn] = value.split("-").map(Number);
          expect(foundRun).toBe(ackRun);
          expect(foundTurn).toBeGreaterThanOrEqual(ackTurn ?? 0);
        }
      }
      expect(numbers.size).toBe(acknowledged);
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
  rounds({ gate: 300_000, soak: 3_600_000 }),
);
