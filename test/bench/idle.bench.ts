// What does a site use when nothing happens: memory, processor, disk; with no pods, 10 and 50?
import { DockerEngine } from "#test/kit/docker-engine.ts";
import { dockerRuntime } from "#test/kit/docker-runtime.ts";
import { Connection } from "./kit/connection.ts";
import { note, option, report, rounded } from "./kit/report.ts";
import { endpointOf, startSite } from "./kit/site.ts";
import { cpuPercent, type Usage, usageOf, usageOfAll } from "./kit/usage.ts";
import { deploy, scale } from "./kit/workload.ts";

const SECONDS = option("seconds", 60);
const PODS = option("pods", 50);
/** What a start or new pods leave to do must be over. */
const SETTLE_MS = option("settle", 15) * 1000;

await using engine = await DockerEngine.start();
await using started = await startSite({ runtime: dockerRuntime(engine) });
const { site } = started;
await site.nodeReady();

interface Idle {
  readonly rssMiB: number;
  readonly pssMiB: number;
  readonly cpuPercent: number;
  readonly writtenBytesPerMinute: number;
}

/** What the site, and apart from it its engine, use while nothing happens. */
async function idle(seconds: number): Promise<{ readonly site: Idle; readonly engine: Idle }> {
  await Bun.sleep(SETTLE_MS);
  const look = () => ({ site: usageOf(site.pid), engine: usageOfAll(engine.pids) });
  const before = look();
  const startMs = performance.now();
  await Bun.sleep(seconds * 1000);
  const elapsedMs = performance.now() - startMs;
  const after = look();
  return {
    site: between(before.site, after.site, elapsedMs),
    engine: between(before.engine, after.engine, elapsedMs),
  };
}

function between(before: Usage, after: Usage, elapsedMs: number): Idle {
  const written = after.writtenBytes - before.writtenBytes;
  return {
    rssMiB: rounded(after.rssMiB),
    pssMiB: rounded(after.pssMiB),
    cpuPercent: rounded(cpuPercent(before, after, elapsedMs), 2),
    writtenBytesPerMinute: rounded((written * 60_000) / elapsedMs, 0),
  };
}

const empty = await idle(SECONDS);
note(JSON.stringify(empty));
using api = await Connection.open(endpointOf(site), { keepBody: true });
await deploy(api, "idle");
const sizes = [10, 50].filter((size) => size <= PODS);
const withPods: Record<string, unknown> = {};
for (const replicas of sizes) {
  await scale(api, { name: "idle", replicas });
  withPods[`with${replicas}Pods`] = await idle(SECONDS / 2);
  note(`${replicas} pods: ${JSON.stringify(withPods[`with${replicas}Pods`])}`);
}
report("idle", {
  seconds: SECONDS,
  ...empty.site,
  engine: empty.engine,
  ...withPods,
  aim: "<= 110 MB RSS, <= 0.5 % of a core, 0 bytes written; 50 pods: <= 160 MB",
});
