import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubeObject } from "#api/object.ts";
import { Database } from "./database.ts";
import type { ObjectKey } from "./object-store.ts";

const DISK_BYTES = 2 * 1024 * 1024;
const key = new Uint8Array(32).fill(7);
let directory: string;

function command(...args: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(args);
  if (exitCode !== 0) throw new Error(`${args.join(" ")}: ${stderr.toString()}`);
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "edgesite-full-"));
  command("mount", "-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "edgesite-test", directory);
});
afterEach(() => {
  command("umount", directory);
  rmSync(directory, { recursive: true });
});

const open = () => Database.open({ path: join(directory, "edgesite.db"), key });
const at = (name: string): ObjectKey => ({ collection: "/configmaps", namespace: "default", name });
const sized = (name: string, bytes: number): KubeObject => ({
  metadata: { name, namespace: "default", annotations: { payload: "x".repeat(bytes) } },
});

/** Takes all the room that is left. */
function fillUp(): void {
  try {
    writeFileSync(join(directory, "filler"), new Uint8Array(DISK_BYTES));
  } catch {
    // Full, as asked for.
  }
}

test("a full disk refuses writes and changes nothing; with room again all goes on", async () => {
  const events: string[] = [];
  {
    await using db = await open();
    db.objects.subscribe("/configmaps", db.objects.resourceVersion, ({ type, item }) =>
      events.push(`${type} ${item.value.metadata?.name}`),
    );
    await db.objects.write(at("before"), () => ({ put: sized("before", 10) }));
    fillUp();
    const refused = await Promise.allSettled(
      ["a", "b", "c"].map((name) =>
        db.objects.write(at(name), () => ({ put: sized(name, 100_000) })),
      ),
    );
    expect(refused.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    const gone = db.objects.write(at("before"), () => ({ put: sized("before", 200_000) }));
    expect(await gone.catch(({ cause }: Error) => String(cause))).toMatch(/full/);
    expect(db.objects.list("/configmaps").items).toHaveLength(1);
    const heartbeat = { put: sized("heartbeat", 10), durability: "never" } as const;
    await db.objects.write(at("heartbeat"), () => heartbeat);
    rmSync(join(directory, "filler"));
    await db.objects.write(at("after"), () => ({ put: sized("after", 100_000) }));
  }
  expect(events).toEqual(["ADDED before", "ADDED heartbeat", "ADDED after"]);
  await using again = await open();
  const names = again.objects.list("/configmaps").items.map(({ value }) => value.metadata?.name);
  expect(names).toEqual(["after", "before"]);
});
