// How long does a LIST of 10,000 pods of 2 KB take over TLS, and what do they cost in memory?
import { Connection } from "./kit/connection.ts";
import { drive } from "./kit/lanes.ts";
import { parkedPod } from "./kit/objects.ts";
import { median, option, report, rounded } from "./kit/report.ts";
import { connect, endpointOf, startSite } from "./kit/site.ts";
import { usageOf } from "./kit/usage.ts";

const PODS = option("pods", 10_000);
const ROUNDS = 15;
const CLIENTS = 32;
const PATH = "/api/v1/namespaces/default/pods";
const MIB = 1024 * 1024;
const SETTLE_MS = 3000;

await using started = await startSite();
const { site } = started;
await Bun.sleep(SETTLE_MS);
const before = usageOf(site.pid);
const clients = await connect(site, CLIENTS);
await drive(clients, {
  count: PODS,
  request: (index) => ({ method: "POST", path: PATH, body: parkedPod(`pod-${index}`) }),
});
for (const client of clients) client[Symbol.dispose]();
await Bun.sleep(SETTLE_MS);
const filled = usageOf(site.pid);

using connection = await Connection.open(endpointOf(site));
const firstByteMs: number[] = [];
const lastByteMs: number[] = [];
let bodyBytes = 0;
for (let round = 0; round < ROUNDS; round += 1) {
  const startMs = performance.now();
  let firstMs = 0;
  const answer = await connection.send({ path: "/api/v1/pods" }, () => {
    firstMs ||= performance.now() - startMs;
  });
  if (answer.status !== 200) throw new Error(`The LIST was answered with ${answer.status}`);
  bodyBytes = answer.bodyBytes;
  firstByteMs.push(firstMs);
  lastByteMs.push(performance.now() - startMs);
}
const listed = usageOf(site.pid);
report("list", {
  pods: PODS,
  bodyMiB: rounded(bodyBytes / MIB),
  medianMs: rounded(median(lastByteMs)),
  bestMs: rounded(Math.min(...lastByteMs)),
  firstListMs: rounded(lastByteMs[0] ?? 0),
  medianFirstByteMs: rounded(median(firstByteMs)),
  rssBeforeMiB: rounded(before.rssMiB),
  rssWithPodsMiB: rounded(filled.rssMiB),
  rssAfterListsMiB: rounded(listed.rssMiB),
  aim: "<= 60 ms over TLS",
});
