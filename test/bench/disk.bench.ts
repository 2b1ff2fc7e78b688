// How many bytes go to disk for each pod that is created: by the store alone and by the whole site?
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Database } from "#db/database.ts";
import { drive } from "./kit/lanes.ts";
import { parkedPod } from "./kit/objects.ts";
import { option, report, rounded } from "./kit/report.ts";
import { connect, startSite } from "./kit/site.ts";
import { usageOf } from "./kit/usage.ts";

const COUNT = option("count", 2000);
const CLIENTS = 64;
const PATH = "/api/v1/namespaces/default/pods";

/** Runs creates in some lanes and answers the bytes that process `pid` wrote for each. */
async function bytesEach(pid: number, create: () => Promise<void>): Promise<number> {
  const before = usageOf(pid).writtenBytes;
  await create();
  return rounded((usageOf(pid).writtenBytes - before) / COUNT, 0);
}

async function store(lanes: number): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "edgesite-bench-"));
  try {
    const key = new Uint8Array(32);
    await using db = await Database.open({ path: join(directory, "edgesite.db"), key });
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < COUNT) {
        next += 1;
        const name = `pod-${next}`;
        const put = JSON.parse(parkedPod(name));
        await db.objects.write({ collection: "/pods", namespace: "default", name }, () => ({
          put,
        }));
      }
    };
    return await bytesEach(process.pid, async () => {
      await Promise.all(Array.from({ length: lanes }, lane));
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function site(clients: number): Promise<number> {
  await using started = await startSite();
  const connections = await connect(started.site, clients);
  const written = await bytesEach(started.site.pid, () =>
    drive(connections, {
      count: COUNT,
      request: (index) => ({ method: "POST", path: PATH, body: parkedPod(`pod-${index}`) }),
    }),
  );
  for (const connection of connections) connection[Symbol.dispose]();
  return written;
}

report("disk", {
  pods: COUNT,
  storeBytesPerPodOneByOne: await store(1),
  storeBytesPerPod64AtOnce: await store(CLIENTS),
  siteBytesPerPodOneByOne: await site(1),
  siteBytesPerPod64AtOnce: await site(CLIENTS),
  aim: "group commit: 64 at once write far less than one by one",
});
